//! What delays the retries of a client over a backend. Cases for a test binary of their own, so that nothing else starts a timer
//! thread there.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use line_channel_token_core::{
    BaseUrl, ChannelId, ChannelSecret, Client, Clock, HttpBackend, RetryPolicy, SystemClock,
};

use super::runtimes::on_own_thread;
use crate::run::Rule;

/// Responds to the first request with 503 and to the second with a token, on a thread of its own.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for response in
            ["HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0", "HTTP/1.1 200 OK\r\nContent-Length: 59"]
        {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"client_secret=s3cr3t") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                request.push(byte[0]);
            }
            let body = if response.ends_with("59") {
                r#"{"token_type":"Bearer","access_token":"t","expires_in":900}"#
            } else {
                ""
            };
            write!(stream, "{response}\r\nConnection: close\r\n\r\n{body}").unwrap();
        }
    });
    url
}

pub const RULE: Rule = Rule {
    says: "`HttpBackend::sleep` returns a timer of the runtime that drives the backend",
    hint: "return `tokio::time::sleep`, boxed, if `Handle::try_current` finds a runtime, and `None` otherwise",
};

/// Makes the backend under test with its default settings.
pub type MakeDefault = fn() -> Arc<dyn HttpBackend>;

/// The threads of this process that have the timer's name, of which Linux keeps 15 bytes.
fn timer_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok());
    names.filter(|name| name.trim_end() == "line-channel-to").count()
}

/// A retry is delayed by a timer of the runtime, and no timer thread is started. On Linux only.
pub async fn a_retry_starts_no_timer_thread(make: MakeDefault) {
    on_own_thread(move || retry(make())).await;
}

fn retry(backend: Arc<dyn HttpBackend>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = Client::builder(backend)
        .base_url(BaseUrl::new(server()).unwrap())
        .retry(
            RetryPolicy::default().with_min_delay(Duration::from_millis(20)).with_max_delay(Duration::from_millis(20)),
        )
        .build();
    let (id, secret) = (ChannelId::new("1234567890").unwrap(), ChannelSecret::new("s3cr3t").unwrap());
    let before = SystemClock.now();
    runtime.block_on(client.issue_stateless(&id, &secret)).unwrap();
    assert!(SystemClock.now().since(before) >= Duration::from_millis(20), "the retry was delayed");
    assert_eq!(timer_threads(), 0);

    runtime.block_on(SystemClock.sleep(Duration::from_millis(1)));
    assert_eq!(timer_threads(), 1, "the case tests nothing: the timer thread has another name");
}

/// Outside of a runtime the client's clock delays the retry, so `sleep` returns `None`.
pub async fn sleep_outside_of_a_runtime_is_none(make: MakeDefault) {
    on_own_thread(move || check_sleep(&*make())).await;
}

fn check_sleep(backend: &dyn HttpBackend) {
    assert!(backend.sleep(Duration::from_millis(1)).is_none());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        backend.sleep(Duration::from_millis(1)).unwrap().await;
        let endless = backend.sleep(Duration::MAX).unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(5), endless).await.is_err());
    });
}
