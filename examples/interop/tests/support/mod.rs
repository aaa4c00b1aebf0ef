//! A LINE to send to: the emulator over TCP, in the clear or behind TLS, and what it saw.

mod ca;
mod relay;

use std::sync::{Arc, Mutex};

use ca::{Ca, client_config};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use interop::{with_hyper_util, with_reqwest_middleware, with_reqwest_service};
use line_channel_token::authorization::Authorization;
use line_channel_token::cache::{ShortLivedSource, TokenCache};
use line_channel_token::emulator::{EmulatedChannel, Emulator, EmulatorServer, RequestRecord, TokenFamily};
use line_channel_token::{BaseUrl, ChannelId, ChannelSecret, Client, ReqwestBackend};
use relay::Relay;
use reqwest_middleware::ClientWithMiddleware;

const CHANNEL_ID: &str = "1234567890";
const CHANNEL_SECRET: &str = "0123456789abcdef0123456789abcdef";
const PUSH: &str = "/v2/bot/message/push";
const ISSUE: &str = "/v2/oauth/accessToken";

pub type AuthorizedHyper = Authorization<Hyper<String>>;
pub type Hyper<B> = hyper_util::client::legacy::Client<HttpsConnector<HttpConnector>, B>;

#[derive(Clone, Copy)]
pub enum Scheme {
    Http,
    Https,
}

pub struct Line {
    pub url: String,
    pub base_url: BaseUrl,
    pub tokens: TokenCache,
    emulator: Emulator,
    records: Arc<Mutex<Vec<RequestRecord>>>,
    relay: Relay,
    _server: EmulatorServer,
}

impl Line {
    pub async fn start(scheme: Scheme) -> Self {
        let records: Arc<Mutex<Vec<RequestRecord>>> = Arc::default();
        let sink = Arc::clone(&records);
        let emulator = Emulator::builder()
            .channel(EmulatedChannel::new(CHANNEL_ID, CHANNEL_SECRET).unwrap())
            .on_request(move |record| sink.lock().unwrap().push(record.clone()))
            .build()
            .unwrap();
        let server = emulator.serve(([127, 0, 0, 1], 0).into()).await.unwrap();
        let ca = match scheme {
            Scheme::Http => None,
            Scheme::Https => Some(Ca::new()),
        };
        let relay = Relay::start(server.local_addr(), ca).await;
        let base_url = BaseUrl::new(&relay.url).unwrap();
        let tokens = TokenCache::new(ShortLivedSource::new(
            client(&base_url, relay.ca.as_ref()),
            ChannelId::new(CHANNEL_ID).unwrap(),
            ChannelSecret::new(CHANNEL_SECRET).unwrap(),
        ));
        Self { url: relay.url.clone(), base_url, tokens, emulator, records, relay, _server: server }
    }

    /// A client of hyper-util.
    pub fn hyper<B>(&self) -> Hyper<B>
    where
        B: http_body::Body + Send,
        B::Data: Send,
    {
        hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build(self.connector())
    }

    fn connector(&self) -> HttpsConnector<HttpConnector> {
        let builder = HttpsConnectorBuilder::new().with_tls_config(client_config(self.relay.ca.as_ref()));
        let builder = if self.relay.ca.is_some() { builder.https_only() } else { builder.https_or_http() };
        builder.enable_http1().build()
    }

    /// A client of reqwest.
    pub fn reqwest(&self) -> reqwest::Client {
        let builder = reqwest::Client::builder().no_proxy().https_only(self.relay.ca.is_some());
        builder.tls_backend_preconfigured(client_config(self.relay.ca.as_ref())).build().unwrap()
    }

    pub fn authorized_hyper(&self) -> AuthorizedHyper {
        with_hyper_util::authorized(self.tokens.clone(), self.hyper(), &self.base_url)
    }

    pub fn authorized_reqwest(&self) -> Authorization<reqwest::Client> {
        with_reqwest_service::authorized(self.tokens.clone(), self.reqwest(), &self.base_url)
    }

    pub fn reqwest_with_middleware(&self) -> ClientWithMiddleware {
        with_reqwest_middleware::authorized(self.tokens.clone(), self.reqwest(), &self.base_url)
    }

    /// Somebody else revokes all tokens.
    pub fn revoke_all(&self) {
        self.seen();
        assert_eq!(self.emulator.revoke_all(&ChannelId::new(CHANNEL_ID).unwrap()), 1);
    }

    /// What came since the last look, in order, such as `POST /v2/bot/message/push 200`.
    pub fn seen(&self) -> Vec<String> {
        self.relay.take_sent();
        let records = std::mem::take(&mut *self.records.lock().unwrap());
        records.iter().map(|record| format!("{} {} {}", record.method, record.path, record.status.as_u16())).collect()
    }

    /// What clients sent since the last look, byte by byte.
    pub fn sent(&self) -> String {
        self.relay.take_sent()
    }

    pub fn live_tokens(&self) -> usize {
        self.emulator.live_tokens(&ChannelId::new(CHANNEL_ID).unwrap(), TokenFamily::ShortLived)
    }
}

pub fn push(status: u16) -> String {
    format!("POST {PUSH} {status}")
}

pub fn issue() -> String {
    format!("POST {ISSUE} 200")
}

fn client(base_url: &BaseUrl, ca: Option<&Ca>) -> Client {
    let builder = ReqwestBackend::builder().no_proxy();
    let builder = match ca {
        Some(ca) => builder.add_root_certificate_pem(ca.pem().as_bytes()).unwrap(),
        None => builder,
    };
    Client::builder(builder.build().unwrap()).base_url(base_url.clone()).build()
}
