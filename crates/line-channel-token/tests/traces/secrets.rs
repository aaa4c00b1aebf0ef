//! No secret is in what goes to `tracing` or to `log`, whoever says it: our crates, hyper, reqwest or rustls.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use line_channel_token::cache::{JwtSource, ShortLivedSource, Shutdown, StatelessSource, TokenCache};
use line_channel_token::mock::FakeSigner;
use line_channel_token::{
    AccessToken, Assertion, AssertionKid, BaseUrl, Client, HttpBackend, Limits, RetryPolicy, TokenLifetime,
};
use tracing::level_filters::LevelFilter;

use crate::calls::channel;
use crate::capture::Capture;
use crate::guide::the_guide_lists;
use crate::server::{Server, Step, response};

/// As LINE's v2 tokens are, which a URL must encode.
const TOKEN: &str = "s3cret+v2/TOKENofTHEcallerWHICHhasTHEformOFaREQUESTid==";
const ENCODED_TOKEN: &str = "s3cret%2Bv2%2FTOKENofTHEcallerWHICHhasTHEformOFaREQUESTid%3D%3D";
/// A part of it, which could be a request id.
const PART_OF_TOKEN: &str = "2FTOKENofTHEcallerWHICHhasTHEformOFaREQUESTid";
const ISSUED: &str = "eyJpc3N1ZWQ.s3cretISSUED.dG9rZW4";
const PROXY_USER: &str = "s3cret-proxy-user";
const PROXY_PASSWORD: &str = "s3cret-proxy-password";
/// `user:password` in base64.
const PROXY_BASIC: &str = "czNjcmV0LXByb3h5LXVzZXI6czNjcmV0LXByb3h5LXBhc3N3b3Jk";

/// What goes to the crate `log`, of the whole process.
struct Log(Mutex<Vec<(String, String)>>);

impl log::Log for Log {
    /// All but the parser of ureq, whose backend sends nothing if that shows each byte.
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        !metadata.target().starts_with("ureq_proto")
    }

    fn log(&self, record: &log::Record<'_>) {
        // The macros of `log` do not ask.
        if !self.enabled(record.metadata()) {
            return;
        }
        self.0.lock().unwrap().push((record.target().to_owned(), record.args().to_string()));
    }

    fn flush(&self) {}
}

fn log() -> &'static Log {
    static LOG: OnceLock<&'static Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log: &'static Log = Box::leak(Box::new(Log(Mutex::default())));
        log::set_logger(log).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
        log
    })
}

fn assertion() -> Assertion {
    FakeSigner::new(channel().0, AssertionKid::new("kid").unwrap())
        .sign_for(TokenLifetime::from_days(30).unwrap())
        .unwrap()
}

/// A success for any operation, and what servers and gateways may send instead, with all that they were sent in it.
fn misbehave(how: usize, request: &str) -> Step {
    let echo: String = request.chars().filter(|character| !"\r\n\"\\".contains(*character)).collect();
    // What has the form of a request id, of the values that were sent.
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let values = if body.is_empty() { head.lines().next().unwrap() } else { body };
    let runs = values.split(|character: char| !character.is_ascii_alphanumeric() && !"-_".contains(character));
    let last = runs.max_by_key(|run| run.len()).unwrap_or_default();
    let id = format!("x-line-request-id: {}\r\nretry-after: {last}\r\n", &last[..last.len().min(60)]);
    match how {
        0 => {
            let body = format!(
                r#"{{"access_token":"{ISSUED}","token_type":"Bearer","expires_in":900,"key_id":"k","client_id":"1","kids":["k"]}}"#
            );
            response(200, "x-line-request-id: of-the-server\r\n", if request.contains("revoke") { "" } else { &body })
        }
        1 => response(400, &id, &format!(r#"{{"error":"invalid_request","error_description":"{echo}"}}"#)),
        2 => response(500, &id, &format!("<html>{echo}</html>")),
        3 => response(302, &format!("{id}location: https://localhost/?{last}\r\n"), ""),
        4 => response(200, &id, &format!(r#"{{"access_token":"{echo}","token_type":"{echo}"}}"#)),
        5 => Step::Respond(format!("{echo}\r\n\r\n")),
        6 => Step::Respond(format!("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n{id}\r\n{echo}")),
        7 => Step::Never,
        _ => Step::Close,
    }
}

const WAYS: usize = 9;

async fn each_operation(client: &Client) -> usize {
    let ((id, secret), token, assertion) = (channel(), AccessToken::new(TOKEN).unwrap(), assertion());
    let outcomes = [
        client.issue(&id, &secret).await.is_ok(),
        client.verify(&token).await.is_ok(),
        client.revoke(&token).await.is_ok(),
        client.issue_stateless(&id, &secret).await.is_ok(),
        client.issue_stateless_with_jwt(&assertion).await.is_ok(),
        client.issue_jwt(&assertion).await.is_ok(),
        client.verify_jwt(&token).await.is_ok(),
        client.revoke_jwt(&id, &secret, &token).await.is_ok(),
        client.key_ids(&assertion).await.is_ok(),
    ];
    outcomes.into_iter().filter(|ok| *ok).count()
}

fn client(backend: Arc<dyn HttpBackend>, base_url: BaseUrl) -> Client {
    let retry = RetryPolicy::default().with_max_attempts(2).with_min_delay(Duration::from_millis(1));
    let limits = Limits::default().with_timeout(Duration::from_millis(150));
    Client::builder(backend).base_url(base_url).retry(retry).limits(limits).build()
}

/// Each source once, with a token that is refused and one that is revoked, if there is any.
async fn each_source(client: &Client) {
    let signer = FakeSigner::new(channel().0, AssertionKid::new("kid").unwrap());
    let (id, secret) = channel();
    let jwt = JwtSource::new(client.clone(), signer, TokenLifetime::from_days(1).unwrap())
        .revoke_previous_after(secret.clone(), Duration::ZERO);
    let short = ShortLivedSource::new(client.clone(), id.clone(), secret.clone()).revoke_previous_after(Duration::ZERO);
    let stateless = StatelessSource::from_secret(client.clone(), id, secret);
    for cache in [TokenCache::new(jwt), TokenCache::new(short), TokenCache::new(stateless)] {
        if let Ok(token) = cache.token().await {
            cache.invalidate(&token);
            let _ = cache.token().await;
        }
        cache.shutdown(Shutdown::default()).await;
    }
}

/// Everything that was said, with its target.
fn said(capture: &Capture) -> Vec<(String, String)> {
    let recorded = capture.spans().into_iter().chain(capture.events());
    let mut said: Vec<_> = recorded.map(|it| (it.target.clone(), format!("{it:?}"))).collect();
    said.extend(log().0.lock().unwrap().iter().cloned());
    said
}

fn holds_no_secret(said: &[(String, String)]) {
    let (secret, assertion) = (channel().1, assertion());
    let parts: Vec<&str> = assertion.expose_secret().split('.').collect();
    let mut secrets = vec![
        secret.expose_secret(),
        "s3cret",
        TOKEN,
        PART_OF_TOKEN,
        ENCODED_TOKEN,
        ISSUED,
        PROXY_USER,
        PROXY_PASSWORD,
        PROXY_BASIC,
    ];
    // The header of a JWT is no secret, and the claims differ from one assertion to the next by the time.
    secrets.extend([parts[1].get(..40).unwrap(), parts[2], "client_assertion", "access_token="]);
    for (target, text) in said {
        for secret in &secrets {
            assert!(!text.contains(secret), "{secret} is in what {target} says: {text}");
        }
    }
}

#[tokio::test]
async fn no_operation_shows_a_secret_however_the_server_responds() {
    log();
    let (capture, _guard) = Capture::start(LevelFilter::TRACE);
    for how in 0..WAYS {
        let server = Server::tls(move |_, request| misbehave(how, request)).await;
        for (_, backend) in server.backends(None) {
            let client = client(backend, server.base_url());
            let successes = each_operation(&client).await;
            // A 200 with an object that is no error says that the token was revoked.
            let expected = [9, 0, 0, 0, 2, 0, 0, 0, 0];
            assert_eq!(successes, expected[how], "{how}");
            each_source(&client).await;
        }
    }
    let said = said(&capture);
    for target in ["line_channel_token_core", "line_channel_token_cache", "hyper_util", "reqwest", "rustls"] {
        assert!(
            said.iter().any(|(by, _)| by.starts_with(target)),
            "{target} says nothing, so this shows nothing of it"
        );
    }
    assert!(the_guide_lists(&capture) > 30, "spans and fields");
    let outcomes = ["\"ok\"", "\"error\""]
        .map(|outcome| said.iter().any(|(_, text)| text.contains(&format!("\"outcome\": {outcome}"))));
    assert_eq!(outcomes, [true, true]);
    holds_no_secret(&said);
}

#[tokio::test]
async fn no_proxy_shows_a_secret() {
    log();
    let (capture, _guard) = Capture::start(LevelFilter::TRACE);
    let server = Server::tls(|_, request| misbehave(0, request)).await;
    for how in 0..WAYS {
        let proxy = Server::plain(move |_, request| match how {
            0 => response(407, &format!("proxy-authenticate: Basic realm={PROXY_USER}\r\n"), PROXY_PASSWORD),
            how => misbehave(how, request),
        })
        .await;
        for base_url in ["https://line.example", "http://line.example"] {
            let url = format!("http://{PROXY_USER}:{PROXY_PASSWORD}@{}", proxy.address);
            for (_, backend) in server.backends(Some(&url)) {
                let client = client(backend, BaseUrl::insecure(base_url).unwrap());
                let (id, secret) = channel();
                client.issue_stateless(&id, &secret).await.unwrap_err();
                client.verify_jwt(&AccessToken::new(TOKEN).unwrap()).await.unwrap_err();
            }
        }
    }
    let said = said(&capture);
    let address = "127.0.0.1";
    assert!(
        said.iter().any(|(_, text)| text.contains(&format!("\"proxy\": \"http://{address}:"))),
        "the proxy is named"
    );
    holds_no_secret(&said);
}
