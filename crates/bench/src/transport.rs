//! `issue_stateless` over a backend against the same client by hand, over loopback keep-alive.

use std::error::Error;
use std::hint::black_box;
use std::net::SocketAddr;

use bytes::Bytes;
use futures_util::future::join_all;
use http::Uri;
use http_body_util::Full;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use line_channel_token::{BaseUrl, ChannelId, ChannelSecret, Client, HyperBackend, ReqwestBackend};
use tokio::runtime::Runtime;

use crate::by_hand::{self, HyperClient};
use crate::fixtures::{CHANNEL_ID, CHANNEL_SECRET};
use crate::measure::compare;
use crate::report::Row;

/// Our clients as they come, and the same HTTP clients by hand.
#[derive(Debug)]
pub struct Scene {
    runtime: Runtime,
    id: ChannelId,
    secret: ChannelSecret,
    hyper: HyperClient,
    reqwest: reqwest::Client,
    over_hyper: Client,
    over_reqwest: Client,
    uri: Uri,
    url: reqwest::Url,
}

impl Scene {
    /// The clients of a server at `server`.
    ///
    /// # Errors
    ///
    /// If a client cannot be built.
    pub fn new(server: SocketAddr) -> Result<Self, Box<dyn Error>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let base = BaseUrl::new(format!("http://{server}"))?;
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let hyper: HyperClient =
            hyper_util::client::legacy::Client::builder(TokioExecutor::new()).build::<_, Full<Bytes>>(connector);
        let reqwest = reqwest::Client::builder().build()?;
        let endpoint = format!("http://{server}/oauth2/v3/token");
        Ok(Self {
            id: ChannelId::new(CHANNEL_ID)?,
            secret: ChannelSecret::new(CHANNEL_SECRET)?,
            over_hyper: Client::builder(HyperBackend::new()?).base_url(base.clone()).build(),
            over_reqwest: Client::builder(ReqwestBackend::new()?).base_url(base).build(),
            hyper,
            reqwest,
            uri: endpoint.parse()?,
            url: endpoint.parse()?,
            runtime,
        })
    }

    /// One call of ours over hyper.
    pub fn ours_over_hyper(&self) {
        let token = self.runtime.block_on(self.over_hyper.issue_stateless(&self.id, &self.secret));
        assert!(black_box(token).is_ok());
    }

    /// The same by hand.
    pub fn hyper_by_hand(&self) {
        let token = self.runtime.block_on(by_hand::hyper(&self.hyper, &self.uri));
        assert!(black_box(token).is_ok());
    }

    /// One call of ours over reqwest.
    pub fn ours_over_reqwest(&self) {
        let token = self.runtime.block_on(self.over_reqwest.issue_stateless(&self.id, &self.secret));
        assert!(black_box(token).is_ok());
    }

    /// The same by hand.
    pub fn reqwest_by_hand(&self) {
        let token = self.runtime.block_on(by_hand::reqwest(&self.reqwest, &self.url));
        assert!(black_box(token).is_ok());
    }

    fn ours_at_once(&self, calls: usize) {
        let call = || self.over_hyper.issue_stateless(&self.id, &self.secret);
        let tokens = self.runtime.block_on(join_all((0..calls).map(|_| call())));
        assert!(black_box(tokens).iter().all(Result::is_ok));
    }

    fn by_hand_at_once(&self, calls: usize) {
        let call = || by_hand::hyper(&self.hyper, &self.uri);
        let tokens = self.runtime.block_on(join_all((0..calls).map(|_| call())));
        assert!(black_box(tokens).iter().all(Result::is_ok));
    }
}

/// Sequential calls over both, and 64 at once.
///
/// # Errors
///
/// If a client cannot be built.
pub fn rows(server: SocketAddr) -> Result<Vec<Row>, Box<dyn Error>> {
    let scene = Scene::new(server)?;
    let hyper = compare(61, 200, || scene.ours_over_hyper(), || scene.hyper_by_hand());
    let reqwest = compare(61, 200, || scene.ours_over_reqwest(), || scene.reqwest_by_hand());
    let mut at_once = compare(61, 8, || scene.ours_at_once(64), || scene.by_hand_at_once(64));
    at_once.ours /= 64.0;
    at_once.reference /= 64.0;
    Ok(vec![
        Row::new("issue_stateless over hyper / by hand", hyper, 1.10),
        Row::new("issue_stateless over reqwest / by hand", reqwest, 1.10),
        Row::new("64 issue_stateless at once / by hand", at_once, 1.10),
    ])
}
