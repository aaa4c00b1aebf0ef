//! yup-oauth2: a service account, whose key file names the endpoint; its tokens are kept in memory.

use std::error::Error;

use line_channel_token_cache::TokenCache;
use yup_oauth2::ServiceAccountAuthenticator;

use crate::key;
use crate::measure::{Row, compare};
use crate::server::{Server, expect_token};

pub(crate) async fn row(server: &Server, pem: &str, ours: &TokenCache) -> Result<Row, Box<dyn Error>> {
    let account = serde_json::from_value(key::service_account(server, pem))?;
    let authenticator = ServiceAccountAuthenticator::builder(account).build().await?;
    let scopes = [key::SCOPE];
    expect_token(authenticator.token(&scopes).await?.token())?;
    compare("yup-oauth2: service account", server, ours, async || authenticator.token(&scopes).await).await
}
