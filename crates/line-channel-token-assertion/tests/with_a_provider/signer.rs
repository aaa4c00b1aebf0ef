//! The keys that a signer accepts, and the assertions that it signs.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use line_channel_token_assertion::{AssertionSigner, SigningAlgorithm, SigningKey};
use line_channel_token_core::{
    Assertion, AssertionKid, AssertionLifetime, ChannelId, Clock, ErrorKind, Moment, Sleep, TokenLifetime,
};
use serde_json::{Value, json};

/// A clock that stands still, in seconds since 1970.
#[derive(Debug)]
struct Stopped(u64);

impl Clock for Stopped {
    fn now(&self) -> Moment {
        Moment { monotonic: Duration::ZERO, unix: Duration::from_secs(self.0) }
    }

    fn sleep(&self, _: Duration) -> Sleep {
        Box::pin(std::future::pending())
    }
}

fn key(file: &str) -> SigningKey {
    SigningKey::parse(std::fs::read(format!("{}/tests/keys/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap()).unwrap()
}

fn ids() -> (ChannelId, AssertionKid) {
    (ChannelId::new("1234567890").unwrap(), AssertionKid::new("6b2f34a4").unwrap())
}

fn part(assertion: &Assertion, index: usize) -> Value {
    let part = assertion.expose_secret().split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[test]
fn new_refuses_ec_keys() {
    let (channel, kid) = ids();
    let error = AssertionSigner::new(channel.clone(), kid.clone(), key("ec-sec1.pem")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    for says in ["signs ES256", "LINE accepts only RS256", "use an RSA key with 2048 bits"] {
        assert!(error.to_string().contains(says), "{error}");
    }
    let signer = AssertionSigner::new_with_es256(channel.clone(), kid.clone(), key("ec-sec1.pem")).unwrap();
    assert_eq!(signer.algorithm(), SigningAlgorithm::Es256);
    assert_eq!(part(&signer.sign().unwrap(), 0), json!({"alg": "ES256", "typ": "JWT", "kid": "6b2f34a4"}));
    // It accepts RSA too.
    AssertionSigner::new_with_es256(channel, kid, key("rsa-pkcs1.pem")).unwrap();
}

#[test]
fn expiry_follows_the_given_clock() {
    let (channel, kid) = ids();
    let signer = AssertionSigner::new(channel, kid, key("rsa-pkcs1.pem")).unwrap();
    assert_eq!((signer.channel_id().as_str(), signer.kid().as_str()), ("1234567890", "6b2f34a4"));
    assert_eq!(signer.lifetime(), AssertionLifetime::default());
    let at = |seconds| signer.clone().with_clock(Arc::new(Stopped(seconds)));

    let plain = at(1_785_000_000).sign().unwrap();
    assert_eq!(part(&plain, 0), json!({"alg": "RS256", "typ": "JWT", "kid": "6b2f34a4"}));
    assert_eq!(
        part(&plain, 1),
        json!({"iss": "1234567890", "sub": "1234567890", "aud": "https://api.line.me/", "exp": 1_785_000_300})
    );
    let longest = at(1_785_000_000).with_lifetime(AssertionLifetime::MAX);
    assert_eq!(longest.lifetime(), AssertionLifetime::MAX);
    let claims = part(&longest.sign_for(TokenLifetime::from_days(1).unwrap()).unwrap(), 1);
    assert_eq!((&claims["exp"], &claims["token_exp"]), (&json!(1_785_001_800), &json!(86_400)));
    // The latest possible time must not overflow.
    assert_eq!(part(&at(u64::MAX).sign().unwrap(), 1)["exp"], json!(u64::MAX));
}
