//! The key file of a service account that exists nowhere, its key made for this run.

use std::error::Error;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::server::Server;

/// The one scope that tokens are asked for, since a service account's must have one.
pub(crate) const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// A new RSA key, as PKCS#8.
pub(crate) fn private_key_pem() -> Result<String, Box<dyn Error>> {
    let key = KeyPair::generate(KeySize::Rsa2048)?;
    let der: Pkcs8V1Der<'_> = key.as_der()?;
    let base64 = STANDARD.encode(der.as_ref());
    let mut pem = "-----BEGIN PRIVATE KEY-----\n".to_owned();
    for line in base64.as_bytes().chunks(64) {
        pem.push_str(std::str::from_utf8(line)?);
        pem.push('\n');
    }
    pem.push_str("-----END PRIVATE KEY-----\n");
    Ok(pem)
}

/// A key file that sends its reader to `server`.
pub(crate) fn service_account(server: &Server, pem: &str) -> Value {
    json!({
        "type": "service_account",
        "project_id": "compare",
        "client_email": "compare@compare.invalid",
        "private_key": pem,
        "token_uri": server.token_uri(),
    })
}
