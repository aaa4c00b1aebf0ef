//! The emulator's faults as our own backends report them, over real TCP: the kind of the error, and whether the request may have had an effect.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use line_channel_token::emulator::{EmulatedChannel, Emulator, EmulatorServer, Fault, FaultKind, TokenFamily};
use line_channel_token::{
    AccessToken, ChannelId, ChannelSecret, Client, Error, ErrorKind, HttpBackend, HyperBackend, Limits, Operation,
    ReqwestBackend, RetryPolicy, Sent, UreqBackend, blocking,
};

/// More than a loaded machine takes.
const AMPLE: Duration = Duration::from_secs(60);
/// For calls that nobody responds to.
const SHORT: Duration = Duration::from_secs(2);

struct Setting {
    emulator: Emulator,
    server: EmulatorServer,
    id: ChannelId,
    secret: ChannelSecret,
}

async fn setting() -> Setting {
    let channel = EmulatedChannel::new("1234567890", "s3cret").unwrap();
    let emulator = Emulator::builder().channel(channel).build().unwrap();
    let server = emulator.serve(([127, 0, 0, 1], 0).into()).await.unwrap();
    let id = ChannelId::new("1234567890").unwrap();
    let secret = ChannelSecret::new("s3cret").unwrap();
    Setting { emulator, server, id, secret }
}

impl Setting {
    fn client(&self, backend: impl HttpBackend, timeout: Duration) -> Client {
        let builder = Client::builder(backend).base_url(self.server.base_url()).retry(RetryPolicy::never());
        builder.limits(Limits::default().with_timeout(timeout)).build()
    }

    /// The same call over each backend, each after the fault was injected.
    async fn issue_over_each(&self, fault: &Fault, timeout: Duration) -> Vec<(&'static str, Result<(), Error>)> {
        let mut outcomes = Vec::new();
        let reqwest = self.client(ReqwestBackend::builder().no_proxy().build().unwrap(), timeout);
        let hyper = self.client(HyperBackend::builder().no_proxy().build().unwrap(), timeout);
        for (name, client) in [("in process", self.emulator_client(timeout)), ("reqwest", reqwest), ("hyper", hyper)] {
            self.emulator.inject(fault.clone());
            outcomes.push((name, client.issue(&self.id, &self.secret).await.map(drop)));
        }
        self.emulator.inject(fault.clone());
        let ureq = blocking::Client::from(self.client(UreqBackend::builder().no_proxy().build().unwrap(), timeout));
        let (id, secret) = (self.id.clone(), self.secret.clone());
        let outcome = tokio::task::spawn_blocking(move || ureq.issue(&id, &secret).map(drop)).await.unwrap();
        outcomes.push(("ureq", outcome));
        outcomes
    }

    fn emulator_client(&self, timeout: Duration) -> Client {
        let builder = self.emulator.client_builder().retry(RetryPolicy::never());
        builder.limits(Limits::default().with_timeout(timeout)).build()
    }

    fn issued(&self) -> usize {
        self.emulator.live_tokens(&self.id, TokenFamily::ShortLived)
    }
}

/// Each kind of fault, and the kind of the error; `None` if the call succeeds.
fn matrix() -> Vec<(Fault, Option<ErrorKind>)> {
    let retry_after = Fault::status(429).unwrap().with_retry_after(Duration::from_secs(7));
    vec![
        (Fault::status(503).unwrap(), Some(ErrorKind::Server)),
        (Fault::status(500).unwrap().with_html_body(), Some(ErrorKind::Server)),
        (Fault::status(429).unwrap(), Some(ErrorKind::RateLimited)),
        (retry_after, Some(ErrorKind::RateLimited)),
        (Fault::status(204).unwrap(), Some(ErrorKind::UnexpectedResponse)),
        (Fault::delay(Duration::from_millis(20)), None),
        (Fault::delay(Duration::from_secs(60)), Some(ErrorKind::Timeout)),
        (Fault::hang(), Some(ErrorKind::Timeout)),
        (Fault::connection_reset_before(), Some(ErrorKind::Interrupted)),
        (Fault::connection_reset_after(), Some(ErrorKind::Interrupted)),
        (Fault::connection_reset_after().with_delay(Duration::from_millis(20)), Some(ErrorKind::Interrupted)),
        (Fault::garbage(), Some(ErrorKind::Transport)),
        (Fault::truncated_body(), Some(ErrorKind::Interrupted)),
        (Fault::invalid_json(), Some(ErrorKind::UnexpectedResponse)),
        (Fault::html(), Some(ErrorKind::Server)),
        (Fault::empty_body(), Some(ErrorKind::UnexpectedResponse)),
        (Fault::slow_body(), Some(ErrorKind::Timeout)),
        (Fault::oversized_body(), Some(ErrorKind::BodyTooLarge)),
        (Fault::redirect(), Some(ErrorKind::UnexpectedResponse)),
        (Fault::wrong_content_type(), None),
    ]
}

async fn check_each_backend(fault: Fault, kind: Option<ErrorKind>) {
    let setting = setting().await;
    let timeout = if kind == Some(ErrorKind::Timeout) { SHORT } else { AMPLE };
    let outcomes = setting.issue_over_each(&fault, timeout).await;
    let effects = if fault.kind().has_effect() { outcomes.len() } else { 0 };
    for (backend, outcome) in outcomes {
        let error = outcome.err();
        assert_eq!(error.as_ref().map(Error::kind), kind, "{backend}: {fault:?}: {error:?}");
        if let Some(error) = error {
            assert_eq!(error.sent(), Sent::Unknown, "{backend}: {fault:?}");
            let says_when = format!("{fault:?}").contains("retry_after: Some(7s)");
            assert_eq!(error.retry_after(), says_when.then_some(Duration::from_secs(7)), "{backend}: {fault:?}");
        }
    }
    assert_eq!(setting.issued(), effects, "{fault:?}");
}

#[tokio::test]
async fn each_backend_reports_the_same() {
    let tested: Vec<FaultKind> = matrix().iter().map(|(fault, _)| fault.kind()).collect();
    assert!(FaultKind::ALL.iter().all(|kind| tested.contains(kind)), "a kind is not tested");
    let mut checks = tokio::task::JoinSet::new();
    for (fault, kind) in matrix() {
        checks.spawn(check_each_backend(fault, kind));
    }
    checks.join_all().await;
}

#[tokio::test]
async fn no_backend_follows_the_redirect() {
    let (sender, records) = std::sync::mpsc::channel();
    let channel = EmulatedChannel::new("1234567890", "s3cret").unwrap();
    let observer = std::sync::Mutex::new(sender);
    let emulator = Emulator::builder()
        .channel(channel)
        .on_request(move |record| observer.lock().unwrap().send(record.path.clone()).unwrap())
        .build()
        .unwrap();
    let server = emulator.serve(([127, 0, 0, 1], 0).into()).await.unwrap();
    let setting = Setting { server, emulator, ..setting().await };
    setting.issue_over_each(&Fault::redirect(), AMPLE).await;
    let paths: Vec<String> = records.try_iter().collect();
    assert_eq!(paths, ["/v2/oauth/accessToken"; 4]);
}

#[tokio::test]
async fn only_harmless_calls_are_repeated() {
    for (fault, kind) in [
        (Fault::connection_reset_after(), ErrorKind::Interrupted),
        (Fault::connection_reset_before(), ErrorKind::Interrupted),
        (Fault::truncated_body(), ErrorKind::Interrupted),
    ] {
        let setting = setting().await;
        let backend = HyperBackend::builder().no_proxy().build().unwrap();
        let retry = RetryPolicy::default().with_min_delay(Duration::from_millis(1));
        let client = Client::builder(backend).base_url(setting.server.base_url()).retry(retry).build();
        setting.emulator.inject(fault.clone().for_operation(Operation::Issue));
        let error = client.issue(&setting.id, &setting.secret).await.unwrap_err();
        assert_eq!(error.kind(), kind, "a token may have been issued: {fault:?}");

        setting.emulator.inject(fault.clone().for_operation(Operation::IssueStateless));
        client.issue_stateless(&setting.id, &setting.secret).await.unwrap();
        setting.emulator.inject(fault.for_operation(Operation::Revoke));
        client.revoke(&AccessToken::new("abc+").unwrap()).await.unwrap();
        assert!(setting.emulator.faults().is_empty(), "each was met");
    }
}
