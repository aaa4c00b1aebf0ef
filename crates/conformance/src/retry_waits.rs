//! How a client over a backend waits between its tries. Cases for a test binary of their own, so that nothing else starts a
//! timer thread there.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use line_channel_token_core::{
    BaseUrl, ChannelId, ChannelSecret, Client, Clock, HttpBackend, RetryPolicy, SystemClock,
};

/// Fails the first request and answers the second, on a thread of its own.
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

/// The threads of this process that carry the timer's name, which Linux cuts at 15 bytes.
fn timer_threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok());
    names.filter(|name| name.trim_end() == "line-channel-to").count()
}

/// A retry waits on the runtime: it starts no timer thread beside the runtime's timers. On Linux only.
pub fn on_the_runtime(backend: impl HttpBackend) {
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
    assert!(SystemClock.now().since(before) >= Duration::from_millis(20), "the retry waited");
    assert_eq!(timer_threads(), 0);

    runtime.block_on(SystemClock.sleep(Duration::from_millis(1)));
    assert_eq!(timer_threads(), 1, "the case has lost its point: the thread goes by another name");
}

/// A wait outside of a runtime is left to the clock.
pub fn outside_of_a_runtime(backend: &impl HttpBackend) {
    assert!(backend.sleep(Duration::from_millis(1)).is_none());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        backend.sleep(Duration::from_millis(1)).unwrap().await;
        let endless = backend.sleep(Duration::MAX).unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(5), endless).await.is_err());
    });
}
