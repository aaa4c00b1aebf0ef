//! A clock to move, keys to sign with, and requests as bytes: nothing here comes from the client under `crates/`.
#![allow(dead_code, unreachable_pub, reason = "each test file uses a part of it")]

use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Method, Request, Response};
use line_channel_token_core::{Clock, Moment, Sleep};
use line_channel_token_emulator::{EmulatedChannel, Emulator, EmulatorBuilder, RequestRecord};
use serde_json::{Map, Value, json};

pub const CHANNEL: &str = "1234567890";
pub const SECRET: &str = "s3cr3t+/=";
pub const KID: &str = "6b2f3f0e-6a52-4f8e-9a2e-0d3f6f1b7c11";
pub const OTHER_CHANNEL: &str = "2000000002";
pub const OTHER_SECRET: &str = "0ther";
pub const OTHER_KID: &str = "other-kid";
pub const NOW: u64 = 1_790_000_000;
pub const ASSERTION_TYPE: &str = "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
pub const FORM: &str = "application/x-www-form-urlencoded";

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct TestClock(Mutex<Moment>);

impl TestClock {
    pub fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(Moment { monotonic: Duration::from_secs(50), unix: Duration::from_secs(NOW) })))
    }

    pub fn advance(&self, seconds: u64) {
        self.advance_millis(seconds * 1000);
    }

    pub fn advance_millis(&self, millis: u64) {
        let mut now = self.0.lock().unwrap();
        now.monotonic += Duration::from_millis(millis);
        now.unix += Duration::from_millis(millis);
    }

    /// A suspended machine: the calendar goes on, the monotonic clock does not.
    pub fn advance_calendar(&self, seconds: u64) {
        self.0.lock().unwrap().unix += Duration::from_secs(seconds);
    }

    /// A calendar that is set back while time passes.
    pub fn advance_and_set_back(&self, seconds: u64, back: u64) {
        let mut now = self.0.lock().unwrap();
        now.monotonic += Duration::from_secs(seconds);
        now.unix -= Duration::from_secs(back);
    }

    pub fn unix(&self) -> u64 {
        self.0.lock().unwrap().unix.as_secs()
    }
}

impl Clock for TestClock {
    fn now(&self) -> Moment {
        *self.0.lock().unwrap()
    }

    fn sleep(&self, _: Duration) -> Sleep {
        Box::pin(std::future::ready(()))
    }
}

pub static RSA: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());
pub static OTHER_RSA: LazyLock<RsaKeyPair> = LazyLock::new(|| RsaKeyPair::generate(KeySize::Rsa2048).unwrap());
pub static EC: LazyLock<EcdsaKeyPair> =
    LazyLock::new(|| EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap());

/// The public JWK of an RSA key of 2048 bits with a public exponent of 3 bytes, read from its DER (RFC 8017, A.1.1):
/// `SEQUENCE { INTEGER 00 n, INTEGER e }`.
pub fn rsa_jwk(key: &RsaKeyPair) -> String {
    let der = key.public_key().as_ref();
    assert_eq!(der.len(), 270, "a sequence of a 257-byte and a 3-byte integer");
    let n = &der[9..265];
    let e = &der[267..];
    json!({"kty": "RSA", "alg": "RS256", "use": "sig", "n": encode(n), "e": encode(e)}).to_string()
}

pub fn ec_jwk(key: &EcdsaKeyPair) -> String {
    let point = key.public_key().as_ref();
    json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "key_ops": ["verify"],
           "x": encode(&point[1..33]), "y": encode(&point[33..])})
    .to_string()
}

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// RS256 over a header and claims as they are.
pub fn sign_text(key: &RsaKeyPair, header: &str, claims: &str) -> String {
    let signed = format!("{}.{}", encode(header), encode(claims));
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", encode(signature))
}

pub fn sign_es256(key: &EcdsaKeyPair, header: &str, claims: &str) -> String {
    let signed = format!("{}.{}", encode(header), encode(claims));
    let signature = key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
    format!("{signed}.{}", encode(signature.as_ref()))
}

pub fn header(kid: &str) -> String {
    json!({"alg": "RS256", "typ": "JWT", "kid": kid}).to_string()
}

/// Good claims for a v2.1 issue at `now`.
pub fn claims(channel: &str, now: u64) -> Map<String, Value> {
    let claims = json!({"iss": channel, "sub": channel, "aud": "https://api.line.me/", "exp": now + 300,
                        "token_exp": 86_400});
    claims.as_object().unwrap().clone()
}

pub fn assertion_with(change: impl FnOnce(&mut Map<String, Value>)) -> String {
    let mut claims = claims(CHANNEL, NOW);
    change(&mut claims);
    sign_text(&RSA, &header(KID), &Value::Object(claims).to_string())
}

pub fn assertion() -> String {
    assertion_at(NOW, 86_400)
}

pub fn assertion_at(now: u64, token_exp: u64) -> String {
    let mut claims = claims(CHANNEL, now);
    claims.insert("token_exp".to_owned(), token_exp.into());
    sign_text(&RSA, &header(KID), &Value::Object(claims).to_string())
}

pub fn other_assertion() -> String {
    sign_text(&OTHER_RSA, &header(OTHER_KID), &Value::Object(claims(OTHER_CHANNEL, NOW)).to_string())
}

/// Two channels with a key each.
pub fn builder(clock: &Arc<TestClock>) -> EmulatorBuilder {
    let first = EmulatedChannel::new(CHANNEL, SECRET).unwrap().with_key(KID, rsa_jwk(&RSA)).unwrap();
    let other =
        EmulatedChannel::new(OTHER_CHANNEL, OTHER_SECRET).unwrap().with_key(OTHER_KID, rsa_jwk(&OTHER_RSA)).unwrap();
    Emulator::builder().channel(first).channel(other).clock(Arc::clone(clock) as Arc<dyn Clock>)
}

pub fn emulator() -> (Emulator, Arc<TestClock>) {
    let clock = TestClock::new();
    (builder(&clock).build().unwrap(), clock)
}

/// An emulator whose records are kept.
pub fn observed() -> (Emulator, Arc<Mutex<Vec<RequestRecord>>>) {
    let records = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&records);
    let observer = move |record: &RequestRecord| kept.lock().unwrap().push(record.clone());
    (builder(&TestClock::new()).on_request(observer).build().unwrap(), records)
}

pub fn percent(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() {
            out.push(byte.into());
        } else {
            write!(out, "%{byte:02X}").unwrap();
        }
        out
    })
}

/// A response: status, and body as text.
pub type Reply = (u16, String);

pub fn read(response: &Response<Bytes>) -> Reply {
    let id = response.headers()["x-line-request-id"].to_str().unwrap();
    assert_eq!(id.len(), 36, "every response has a request id");
    let body = String::from_utf8(response.body().to_vec()).unwrap();
    assert_eq!(response.headers()["content-length"], body.len().to_string());
    assert_eq!(
        response.headers().get("content-type").is_some_and(|value| value == "application/json"),
        !body.is_empty()
    );
    (response.status().as_u16(), body)
}

pub fn post(emulator: &Emulator, path: &str, form: &str) -> Reply {
    let request = Request::post(path).header("content-type", FORM).body(Bytes::from(form.to_owned())).unwrap();
    read(&emulator.handle(&request))
}

pub fn get(emulator: &Emulator, path_and_query: &str) -> Reply {
    read(&emulator.handle(&Request::get(path_and_query).body(Bytes::new()).unwrap()))
}

pub fn other(emulator: &Emulator, method: Method, path: &str) -> Response<Bytes> {
    emulator.handle(&Request::builder().method(method).uri(path).body(Bytes::new()).unwrap())
}

pub fn issue(emulator: &Emulator) -> Reply {
    let form = format!("grant_type=client_credentials&client_id={CHANNEL}&client_secret={}", percent(SECRET));
    post(emulator, "/v2/oauth/accessToken", &form)
}

pub fn verify(emulator: &Emulator, token: &str) -> Reply {
    post(emulator, "/v2/oauth/verify", &format!("access_token={}", percent(token)))
}

pub fn revoke(emulator: &Emulator, token: &str) -> Reply {
    post(emulator, "/v2/oauth/revoke", &format!("access_token={}", percent(token)))
}

pub fn issue_stateless(emulator: &Emulator) -> Reply {
    let form = format!("grant_type=client_credentials&client_id={CHANNEL}&client_secret={}", percent(SECRET));
    post(emulator, "/oauth2/v3/token", &form)
}

pub fn with_assertion(assertion: &str) -> String {
    format!("client_assertion_type={ASSERTION_TYPE}&client_assertion={assertion}")
}

pub fn issue_jwt(emulator: &Emulator, assertion: &str) -> Reply {
    let form = format!("grant_type=client_credentials&{}", with_assertion(assertion));
    post(emulator, "/oauth2/v2.1/token", &form)
}

pub fn issue_stateless_with_jwt(emulator: &Emulator, assertion: &str) -> Reply {
    let form = format!("grant_type=client_credentials&{}", with_assertion(assertion));
    post(emulator, "/oauth2/v3/token", &form)
}

pub fn verify_jwt(emulator: &Emulator, token: &str) -> Reply {
    get(emulator, &format!("/oauth2/v2.1/verify?access_token={}", percent(token)))
}

pub fn revoke_jwt(emulator: &Emulator, token: &str) -> Reply {
    revoke_jwt_as(emulator, CHANNEL, SECRET, token)
}

pub fn revoke_jwt_as(emulator: &Emulator, id: &str, secret: &str, token: &str) -> Reply {
    let form = format!("client_id={id}&client_secret={}&access_token={}", percent(secret), percent(token));
    post(emulator, "/oauth2/v2.1/revoke", &form)
}

pub fn key_ids(emulator: &Emulator, assertion: &str) -> Reply {
    get(emulator, &format!("/oauth2/v2.1/tokens/kid?{}", with_assertion(assertion)))
}

/// A member of a 200.
#[track_caller]
pub fn member(response: &Reply, name: &str) -> Value {
    assert_eq!(response.0, 200, "{}", response.1);
    let body: Value = serde_json::from_str(&response.1).unwrap();
    body[name].clone()
}

#[track_caller]
pub fn token(response: &Reply) -> String {
    member(response, "access_token").as_str().unwrap().to_owned()
}

#[track_caller]
pub fn refused(response: &Reply, status: u16, body: &str) {
    assert_eq!((response.0, &*response.1), (status, body));
}

/// `{"error":"invalid_client", …}`, as the assertion's refusals have it.
#[track_caller]
pub fn invalid_client(response: &Reply, description: &str) {
    refused(response, 400, &format!(r#"{{"error":"invalid_client","error_description":"{description}"}}"#));
}

/// Sends a request with an access token, as the Messaging API takes one.
pub fn with_bearer(emulator: &Emulator, method: Method, path: &str, token: &str, body: &str) -> Response<Bytes> {
    let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
    let request = request.header("content-type", "application/json");
    emulator.handle(&request.body(Bytes::from(body.to_owned())).unwrap())
}

pub fn bot_info(emulator: &Emulator, token: &str) -> Reply {
    read(&with_bearer(emulator, Method::GET, "/v2/bot/info", token, ""))
}
