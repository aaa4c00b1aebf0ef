//! A token service on a thread of its own, and caches of it over both backends.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use line_channel_token_cache::{JwtSource, StatelessSource, TokenCache, TokenSource};
use line_channel_token_core::{
    AssertionKid, BaseUrl, ChannelId, ChannelSecret, Client, Clock, Limits, Moment, Sleep, SystemClock, TokenLifetime,
};
use line_channel_token_hyper::HyperBackend;
use line_channel_token_mock::FakeSigner;
use line_channel_token_reqwest::ReqwestBackend;

pub(crate) const MILLISECOND: Duration = Duration::from_millis(1);

/// Responds to each request after `delay`, with tokens of this lifetime.
pub(crate) struct Service {
    url: BaseUrl,
    requests: Arc<AtomicUsize>,
}

impl Service {
    pub(crate) fn start(delay: Duration, lifetime: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = BaseUrl::new(format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let requests = Arc::new(AtomicUsize::new(0));
        let count = requests.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let count = count.clone();
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    let mut request = [0; 8192];
                    while stream.read(&mut request).is_ok_and(|read| read > 0) {
                        let nth = count.fetch_add(1, SeqCst);
                        real_sleep(delay);
                        let body = format!(
                            r#"{{"access_token":"t{nth}","token_type":"Bearer","expires_in":{lifetime},"key_id":"k{nth}"}}"#
                        );
                        let length = body.len();
                        if write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{body}").is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { url, requests }
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(SeqCst)
    }

    pub(crate) fn url(&self) -> BaseUrl {
        self.url.clone()
    }

    /// A client over each backend.
    fn clients(&self, clock: &Arc<dyn Clock>) -> [(&'static str, Client); 2] {
        let client = |builder: line_channel_token_core::ClientBuilder| {
            let limits = Limits::default().with_timeout(Duration::from_secs(2));
            builder.base_url(self.url.clone()).limits(limits).clock(clock.clone()).build()
        };
        [
            ("reqwest", client(Client::builder(ReqwestBackend::new().unwrap()))),
            ("hyper", client(Client::builder(HyperBackend::new().unwrap()))),
        ]
    }

    /// A cache over each backend and for each family that differs: one with slots, and one without.
    pub(crate) fn caches(&self, clock: &Arc<dyn Clock>) -> Vec<(String, TokenCache)> {
        let id = || ChannelId::new("1234567890").unwrap();
        let mut caches = Vec::new();
        for (backend, client) in self.clients(clock) {
            let secret = ChannelSecret::new("s3cret").unwrap();
            let signer = FakeSigner::new(id(), AssertionKid::new("kid").unwrap());
            let sources: [(&str, Arc<dyn TokenSource>); 2] = [
                ("stateless", Arc::new(StatelessSource::from_secret(client.clone(), id(), secret))),
                ("v2.1", Arc::new(JwtSource::new(client, signer, TokenLifetime::MAX))),
            ];
            for (family, source) in sources {
                let cache = TokenCache::builder(source).clock(clock.clone()).build();
                caches.push((format!("{family} over {backend}"), cache));
            }
        }
        caches
    }
}

/// The machine's clock, running faster, so that what takes seconds is tested in less.
#[derive(Debug)]
pub(crate) struct Fast {
    start: Moment,
    speed: u32,
}

impl Fast {
    pub(crate) fn start(speed: u32) -> Arc<dyn Clock> {
        Arc::new(Self { start: SystemClock.now(), speed })
    }
}

impl Clock for Fast {
    fn now(&self) -> Moment {
        let time = SystemClock.now().monotonic.saturating_sub(self.start.monotonic) * self.speed;
        Moment { monotonic: self.start.monotonic + time, unix: self.start.unix + time }
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        SystemClock.sleep(duration / self.speed)
    }
}

pub(crate) fn current_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

pub(crate) fn multi_thread() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// What `call` returns, and how long it took; it panics if that is not over in 20 s.
pub(crate) fn within<T: Send + 'static>(call: impl FnOnce() -> T + Send + 'static) -> (T, Duration) {
    let (tell, result) = mpsc::channel();
    #[expect(clippy::disallowed_methods, reason = "real runtimes are measured by real time")]
    let start = Instant::now();
    thread::spawn(move || {
        let _ = tell.send(call());
    });
    let result = result.recv_timeout(Duration::from_secs(20)).expect("it hangs");
    (result, start.elapsed())
}

#[expect(clippy::disallowed_methods, reason = "real runtimes and real TCP take real time")]
pub(crate) fn real_sleep(time: Duration) {
    thread::sleep(time);
}
