//! A LINE to send to: the emulator over TCP, in the clear or behind TLS, and what it saw.

mod tls;

use std::sync::{Arc, Mutex};

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use line_channel_token::cache::{ShortLivedSource, TokenCache};
use line_channel_token::emulator::{EmulatedChannel, Emulator, EmulatorServer, RequestRecord, TokenFamily};
use line_channel_token::{BaseUrl, ChannelId, ChannelSecret, Client, ReqwestBackend};
use tls::Terminator;

const CHANNEL_ID: &str = "1234567890";
const CHANNEL_SECRET: &str = "0123456789abcdef0123456789abcdef";
const PUSH: &str = "/v2/bot/message/push";
const ISSUE: &str = "/v2/oauth/accessToken";

pub type Hyper<B> = hyper_util::client::legacy::Client<HttpsConnector<HttpConnector>, B>;

#[derive(Clone, Copy)]
pub enum Scheme {
    Http,
    Https,
}

pub struct Line {
    pub url: String,
    pub tokens: TokenCache,
    emulator: Emulator,
    records: Arc<Mutex<Vec<RequestRecord>>>,
    terminator: Option<Terminator>,
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
        let terminator = match scheme {
            Scheme::Http => None,
            Scheme::Https => Some(Terminator::start(server.local_addr()).await),
        };
        let url = terminator.as_ref().map_or_else(|| server.url(), |terminator| terminator.url.clone());
        let tokens = TokenCache::new(ShortLivedSource::new(
            client(&url, terminator.as_ref()),
            ChannelId::new(CHANNEL_ID).unwrap(),
            ChannelSecret::new(CHANNEL_SECRET).unwrap(),
        ));
        Self { url, tokens, emulator, records, terminator, _server: server }
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
        let builder = HttpsConnectorBuilder::new();
        let builder = match &self.terminator {
            Some(terminator) => builder.with_tls_config(terminator.client_config()).https_only(),
            None => builder.with_tls_config(no_roots()).https_or_http(),
        };
        builder.enable_http1().build()
    }

    /// A client of reqwest.
    pub fn reqwest(&self) -> reqwest::Client {
        let builder = reqwest::Client::builder().no_proxy();
        let builder = match &self.terminator {
            Some(terminator) => builder.tls_backend_preconfigured(terminator.client_config()).https_only(true),
            None => builder,
        };
        builder.build().unwrap()
    }

    /// Somebody else revokes all tokens.
    pub fn revoke_all(&self) {
        self.records.lock().unwrap().clear();
        assert_eq!(self.emulator.revoke_all(&ChannelId::new(CHANNEL_ID).unwrap()), 1);
    }

    /// What came since the last look, in order, such as `POST /v2/bot/message/push 200`.
    pub fn seen(&self) -> Vec<String> {
        let records = std::mem::take(&mut *self.records.lock().unwrap());
        records.iter().map(|record| format!("{} {} {}", record.method, record.path, record.status.as_u16())).collect()
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

fn client(url: &str, terminator: Option<&Terminator>) -> Client {
    let builder = ReqwestBackend::builder().no_proxy();
    let builder = match terminator {
        Some(terminator) => builder.add_root_certificate_pem(terminator.ca_pem().as_bytes()).unwrap(),
        None => builder,
    };
    Client::builder(builder.build().unwrap()).base_url(BaseUrl::new(url).unwrap()).build()
}

fn no_roots() -> rustls::ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth()
}
