//! A bot that greets: it needs a channel access token for each message, and keeps one while it is valid.

use std::sync::Arc;
use std::time::Duration;

use http::header::AUTHORIZATION;
use line_channel_token::{AssertionSource, Client, Error, ErrorKind, StatelessToken};

/// Greets the users of one channel.
#[derive(Debug)]
pub struct Greeter {
    client: Client,
    signers: Vec<Arc<dyn AssertionSource>>,
    token: Option<StatelessToken>,
}

impl Greeter {
    /// A greeter that signs with the first key, and with the next one if the Console does not know the first any more.
    pub fn new(client: Client, signers: Vec<Arc<dyn AssertionSource>>) -> Self {
        Self { client, signers, token: None }
    }

    /// The request that greets `user`.
    pub async fn greeting(&mut self, user: &str) -> Result<http::Request<String>, Error> {
        let body = format!(r#"{{"to":"{user}","messages":[{{"type":"text","text":"Hello!"}}]}}"#);
        let mut request = http::Request::new(body);
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = http::Uri::from_static("https://api.line.me/v2/bot/message/push");
        request.headers_mut().insert(AUTHORIZATION, self.token().await?.access_token().header_value());
        Ok(request)
    }

    async fn token(&mut self) -> Result<&StatelessToken, Error> {
        let now = self.client.clock().now();
        let fresh = self.token.take().filter(|token| token.remaining(now) > Duration::from_secs(60));
        let token = match fresh {
            Some(token) => token,
            None => self.issue().await?,
        };
        Ok(self.token.insert(token))
    }

    async fn issue(&self) -> Result<StatelessToken, Error> {
        let mut last_error = Error::signing("the greeter has no key");
        for signer in &self.signers {
            match self.client.issue_stateless_with_jwt(&signer.assertion(None).await?).await {
                Err(error) if error.kind() == ErrorKind::UnknownAssertionKey => last_error = error,
                outcome => return outcome,
            }
        }
        Err(last_error)
    }
}
