//! Assertions, verified by other implementations: jsonwebtoken, the openssl program and PyJWT.
#![cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::env;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use line_channel_token_assertion::{AssertionSigner, SigningKey};
use line_channel_token_core::{Assertion, AssertionKid, AssertionSource, ChannelId, TokenLifetime};
use serde_json::Value;

fn signer(key: &SigningKey) -> AssertionSigner {
    let channel_id = ChannelId::new("1234567890").unwrap();
    let kid = AssertionKid::new("6b2f34a4").unwrap();
    AssertionSigner::new_with_es256(channel_id, kid, key.clone()).unwrap()
}

fn committed_keys() -> [SigningKey; 2] {
    ["rsa-pkcs8.pem", "ec-pkcs8.pem"].map(|file| SigningKey::from_pem(fs::read(committed(file)).unwrap()).unwrap())
}

fn committed(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/keys").join(file)
}

/// Writes past the capture of the test harness, so that a skipped check is visible.
fn skip(why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}

fn check_with_jsonwebtoken(assertion: &Assertion, key: &SigningKey) -> (jsonwebtoken::Header, Value) {
    // Installed here, because jsonwebtoken has no default if several of its provider features are on.
    let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
    let jwk: Jwk = serde_json::from_str(&key.public_jwk().to_json()).unwrap();
    let algorithm = key.algorithm().as_str().parse::<Algorithm>().unwrap();
    let mut validation = Validation::new(algorithm);
    validation.set_audience(&["https://api.line.me/"]);
    validation.set_issuer(&["1234567890"]);
    validation.set_required_spec_claims(&["iss", "sub", "aud", "exp"]);
    let decoded =
        decode::<Value>(assertion.expose_secret(), &DecodingKey::from_jwk(&jwk).unwrap(), &validation).unwrap();
    (decoded.header, decoded.claims)
}

#[test]
fn jsonwebtoken_verifies_assertions() {
    for key in committed_keys() {
        let signer = signer(&key);
        let (header, claims) =
            check_with_jsonwebtoken(&signer.sign_for(TokenLifetime::from_days(30).unwrap()).unwrap(), &key);
        assert_eq!((header.typ.as_deref(), header.kid.as_deref()), (Some("JWT"), Some("6b2f34a4")));
        assert_eq!((&claims["sub"], &claims["token_exp"]), (&Value::from("1234567890"), &Value::from(2_592_000)));

        let source: &dyn AssertionSource = &signer;
        let (_, claims) = check_with_jsonwebtoken(&futures_executor::block_on(source.assertion(None)).unwrap(), &key);
        assert_eq!(claims.get("token_exp"), None);
        assert_eq!(source.channel_id().as_str(), "1234567890");
    }
}

#[test]
fn many_threads_share_one_signer() {
    for key in committed_keys() {
        let signer = signer(&key);
        let assertions = Mutex::new(HashSet::new());
        std::thread::scope(|scope| {
            for thread in 1..=8 {
                let signer = signer.clone();
                let key = &key;
                let assertions = &assertions;
                scope.spawn(move || {
                    for n in 1..=10 {
                        let assertion = signer.sign_for(TokenLifetime::from_secs(thread * 1000 + n).unwrap()).unwrap();
                        let (_, claims) = check_with_jsonwebtoken(&assertion, key);
                        assert_eq!(claims["token_exp"], thread * 1000 + n);
                        assertions.lock().unwrap().insert(assertion.expose_secret().to_owned());
                    }
                });
            }
        });
        assert_eq!(assertions.into_inner().unwrap().len(), 80);
    }
}

/// Runs openssl in a folder of its own.
struct OpenSsl(PathBuf);

impl OpenSsl {
    /// `None` if the machine has no openssl.
    fn find(name: &str) -> Option<Self> {
        let found = Command::new("openssl").arg("version").output().is_ok_and(|output| output.status.success());
        if !found {
            skip(&format!("{name}: this machine has no openssl program"));
            return None;
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Some(Self(folder))
    }

    fn run(&self, arguments: &str) {
        let output = Command::new("openssl").args(arguments.split_whitespace()).current_dir(&self.0).output().unwrap();
        assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn file(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(name)).unwrap()
    }
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Converts `r` and `s` to DER, which openssl expects.
fn ecdsa_der(fixed: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    for half in fixed.chunks_exact(32) {
        let significant = &half[half.iter().take_while(|byte| **byte == 0).count()..];
        let sign = usize::from(significant.first().is_none_or(|first| *first >= 0x80));
        body.extend([0x02, (significant.len() + sign) as u8]);
        body.extend(std::iter::repeat_n(0, sign));
        body.extend(significant);
    }
    [&[0x30, body.len() as u8], body.as_slice()].concat()
}

#[test]
fn openssl_verifies_assertions() {
    let Some(openssl) = OpenSsl::find("openssl-verifies") else { return };
    for (key, public) in committed_keys().iter().zip(["rsa-public.pem", "ec-public.pem"]) {
        let assertion = signer(key).sign().unwrap();
        let (input, signature) = assertion.expose_secret().rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let signature = if public.starts_with("ec") { ecdsa_der(&signature) } else { signature };
        fs::write(openssl.0.join("input"), input).unwrap();
        fs::write(openssl.0.join("signature"), signature).unwrap();
        let public = committed(public);
        openssl.run(&format!("dgst -sha256 -verify {} -signature signature input", public.display()));
    }
}

#[test]
fn fresh_openssl_keys_are_parsed() {
    let Some(openssl) = OpenSsl::find("openssl-generates") else { return };
    openssl.run("genrsa -out rsa.pem 2048");
    openssl.run("ecparam -name prime256v1 -genkey -out ec.pem");
    for kind in ["rsa", "ec"] {
        // `openssl rsa` and `openssl ec` write the traditional formats, `openssl pkcs8` writes PKCS#8.
        let traditional = if kind == "rsa" { "rsa -traditional" } else { "ec" };
        openssl.run(&format!("{traditional} -in {kind}.pem -out {kind}-traditional.pem"));
        openssl.run(&format!("{traditional} -in {kind}.pem -outform DER -out {kind}-traditional.der"));
        openssl.run(&format!("pkcs8 -topk8 -nocrypt -in {kind}.pem -out {kind}-pkcs8.pem"));
        openssl.run(&format!("pkcs8 -topk8 -nocrypt -in {kind}.pem -outform DER -out {kind}-pkcs8.der"));
        openssl.run(&format!("pkcs8 -topk8 -passout pass:test -in {kind}.pem -out {kind}-encrypted.pem"));
        let expected = SigningKey::parse(openssl.file(&format!("{kind}.pem"))).unwrap();
        for form in ["traditional.pem", "traditional.der", "pkcs8.pem", "pkcs8.der"] {
            let key = SigningKey::parse(openssl.file(&format!("{kind}-{form}"))).unwrap();
            assert_eq!(key.public_jwk(), expected.public_jwk(), "{kind}-{form}");
        }
        let error = SigningKey::parse(openssl.file(&format!("{kind}-encrypted.pem"))).unwrap_err();
        assert!(error.to_string().contains("is encrypted"), "{error}");
        check_with_jsonwebtoken(&signer(&expected).sign().unwrap(), &expected);
    }
}

#[test]
fn pyjwt_verifies_assertions() {
    const SCRIPT: &str = r#"
import json, sys, jwt
given = json.load(sys.stdin)
key = jwt.PyJWK(given["jwk"])
claims = jwt.decode(given["jwt"], key, algorithms=[given["alg"]], audience="https://api.line.me/", issuer="1234567890",
                    options={"require": ["iss", "sub", "aud", "exp"]})
print(json.dumps({"header": jwt.get_unverified_header(given["jwt"]), "claims": claims}))
"#;
    let Ok(python) = env::var("LINE_CHANNEL_TOKEN_PYTHON") else {
        return skip("PyJWT: LINE_CHANNEL_TOKEN_PYTHON does not name a python with PyJWT[crypto]");
    };
    for key in committed_keys() {
        let assertion = signer(&key).sign_for(TokenLifetime::MAX).unwrap();
        let given = serde_json::json!({
            "jwk": key.public_jwk(),
            "alg": key.algorithm().as_str(),
            "jwt": assertion.expose_secret(),
        });
        let mut child = Command::new(&python)
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(given.to_string().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let decoded: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(decoded["header"]["kid"], "6b2f34a4");
        assert_eq!(decoded["claims"]["token_exp"], 2_592_000);
        assert_eq!(decoded["claims"]["sub"], "1234567890");
    }
}
