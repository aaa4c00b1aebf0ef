//! What a user writes without us: the same bytes over the same client, and serde.

use std::error::Error;

use bytes::Bytes;
use form_urlencoded::Serializer;
use http::header::{CONTENT_TYPE, HeaderValue, USER_AGENT};
use http::{Method, Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use serde::Deserialize;

use crate::fixtures::{CHANNEL_ID, CHANNEL_SECRET};

const AGENT: HeaderValue = HeaderValue::from_static("line-channel-token/0.1.0");
const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");

/// The client of hyper-util, as it comes.
pub type HyperClient = Client<HttpConnector, Full<Bytes>>;

/// The fields of the response that a user would take.
#[derive(Debug, Deserialize)]
pub struct Issued {
    /// The token.
    pub access_token: String,
    /// Its lifetime in seconds.
    pub expires_in: u64,
    /// `Bearer`.
    pub token_type: String,
}

fn form() -> String {
    Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("client_id", CHANNEL_ID)
        .append_pair("client_secret", CHANNEL_SECRET)
        .finish()
}

/// Issues a stateless token over hyper-util.
///
/// # Errors
///
/// Whatever goes wrong.
pub async fn hyper(client: &HyperClient, uri: &Uri) -> Result<Issued, Box<dyn Error>> {
    let mut request = Request::new(Full::new(Bytes::from(form())));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri.clone();
    request.headers_mut().insert(USER_AGENT, AGENT);
    request.headers_mut().insert(CONTENT_TYPE, FORM);
    let response = client.request(request).await?;
    if !response.status().is_success() {
        return Err(response.status().to_string().into());
    }
    let body = response.into_body().collect().await?.to_bytes();
    Ok(serde_json::from_slice(&body)?)
}

/// Issues a stateless token over reqwest.
///
/// # Errors
///
/// Whatever goes wrong.
pub async fn reqwest(client: &reqwest::Client, url: &reqwest::Url) -> Result<Issued, Box<dyn Error>> {
    let request = client.post(url.clone()).header(USER_AGENT, AGENT).header(CONTENT_TYPE, FORM).body(form());
    let response = request.send().await?.error_for_status()?;
    Ok(serde_json::from_slice(&response.bytes().await?)?)
}
