//! A server that echoes what it was sent, wherever it can: nothing of it reaches what is printed or logged.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use async_trait::async_trait;
use bytes::Bytes;
use futures_executor::block_on;
use http::{Request, Response, StatusCode};
use line_channel_token_core::{
    AccessToken, Assertion, ChannelId, ChannelSecret, Client, Error, HttpBackend, Limits, RetryPolicy, TransportError,
};

const SECRET: &str = "s3cr3t-0f1e2d3c-4b5a-6978";
const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9_echoed_token_that_is_secret";
const SIGNATURE: &str = "c2lnbmF0dXJl_that_is_secret";

/// Puts `echo` into each header and member that a client reads, and responds with this status.
#[derive(Debug)]
struct Parrot {
    status: StatusCode,
    echo: &'static str,
}

#[async_trait]
impl HttpBackend for Parrot {
    async fn send(&self, _: Request<Bytes>, _: Limits) -> Result<Response<Bytes>, TransportError> {
        let echo = self.echo;
        let body = format!(
            r#"{{"access_token":"another","token_type":"Bearer","expires_in":900,"key_id":"{echo}.{echo}","client_id":"1",
            "scope":"P {echo}","kids":["{echo}.{echo}"],"error":"{echo}","error_description":"{echo}",
            "message":"{echo}","details":[{{"message":"{echo}","property":"{echo}"}}]}}"#
        );
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = self.status;
        for name in ["x-line-request-id", "retry-after", "location", "content-type", "content-encoding", "set-cookie"] {
            response.headers_mut().insert(name, echo.parse().unwrap());
        }
        Ok(response)
    }
}

fn forms<T: std::fmt::Debug>(outcome: Result<T, Error>) -> String {
    match outcome {
        Ok(value) => format!("{value:?} {value:#?}"),
        Err(error) => {
            let mut text = format!("{error} {error:?} {error:#?} {:?}", error.request_id());
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                text += &format!("{cause} {cause:?}");
                source = cause.source();
            }
            text
        }
    }
}

#[test]
fn nothing_that_a_server_echoes_is_printed() {
    let id = ChannelId::new("1234567890").unwrap();
    let secret = ChannelSecret::new(SECRET).unwrap();
    let token = AccessToken::new(TOKEN).unwrap();
    let assertion = Assertion::new(format!("e30.e30.{SIGNATURE}")).unwrap();
    for status in [200, 202, 301, 400, 401, 403, 404, 429, 500] {
        let status = StatusCode::from_u16(status).unwrap();
        let client = |echo| Client::builder(Parrot { status, echo }).retry(RetryPolicy::never()).build();
        let (of_secret, of_token, of_assertion) = (client(SECRET), client(TOKEN), client(SIGNATURE));
        for text in [
            forms(block_on(of_secret.issue(&id, &secret))),
            forms(block_on(of_secret.issue_stateless(&id, &secret))),
            forms(block_on(of_secret.revoke_jwt(&id, &secret, &token))),
            forms(block_on(of_token.revoke_jwt(&id, &secret, &token))),
            forms(block_on(of_token.verify(&token))),
            forms(block_on(of_token.revoke(&token))),
            forms(block_on(of_token.verify_jwt(&token))),
            forms(block_on(of_assertion.issue_stateless_with_jwt(&assertion))),
            forms(block_on(of_assertion.issue_jwt(&assertion))),
            forms(block_on(of_assertion.key_ids(&assertion))),
        ] {
            for echoed in [SECRET, TOKEN, SIGNATURE] {
                assert!(!text.contains(echoed), "{status}: {text}");
            }
        }
    }
}

#[test]
fn an_honest_request_id_is_kept() {
    let client = Client::new(Parrot { status: StatusCode::BAD_REQUEST, echo: "bb9744f9-47fa-4a29-941e-1234567890ab" });
    let id = ChannelId::new("1234567890").unwrap();
    let error = block_on(client.issue_stateless(&id, &ChannelSecret::new(SECRET).unwrap())).unwrap_err();
    assert_eq!(error.request_id().unwrap().as_str(), "bb9744f9-47fa-4a29-941e-1234567890ab");
}
