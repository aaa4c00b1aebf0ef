//! Both backends without a TLS provider: building one is an error that says what is missing, and a client of one's own works.

use std::error::Error;

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use line_channel_token::{BaseUrl, ChannelId, ChannelSecret, Client, ErrorKind, HyperBackend, ReqwestBackend};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    for refusal in [ReqwestBackend::new().err(), HyperBackend::new().err()] {
        let refusal = refusal.ok_or("a backend without TLS was built")?;
        assert_eq!(refusal.kind(), ErrorKind::Backend);
        assert!(refusal.to_string().contains("enable the feature aws-lc-rs or ring"), "{refusal}");
    }
    let (id, secret) = (ChannelId::new("1234567890")?, ChannelSecret::new(std::env::var("EMULATOR_SECRET")?)?);
    let base = BaseUrl::new(std::env::var("EMULATOR_URL")?)?;
    let reqwest = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let over_reqwest = Client::builder(ReqwestBackend::from_client(reqwest)).base_url(base.clone()).build();
    over_reqwest.issue_stateless(&id, &secret).await?;
    let hyper = hyper_util::client::legacy::Client::builder(TokioExecutor::new());
    let hyper = hyper.build::<_, Full<Bytes>>(HttpConnector::new());
    let over_hyper = Client::builder(HyperBackend::from_client(hyper)).base_url(base).build();
    over_hyper.issue_stateless(&id, &secret).await?;
    Ok(())
}
