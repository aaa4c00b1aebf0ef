//! Whether LINE sent a webhook: its signature is `base64(HMAC-SHA256(channel secret, body))`.

use std::fs;

use aws_lc_rs::hmac;
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use line_channel_token::configuration::ChannelConfig;
use line_channel_token::{ChannelSecret, Error};

/// The channel secret of this moment: a file is read each time, because it changes if the secret is reissued.
///
/// # Errors
///
/// There is none, or its file cannot be read.
pub fn channel_secret(channel: &ChannelConfig) -> Result<ChannelSecret, String> {
    let Some(file) = channel.channel_secret_file() else {
        let absent = "LINE_CHANNEL_SECRET: is not set, and webhooks are signed with it, whatever tokens are issued for";
        return channel.channel_secret().cloned().ok_or_else(|| absent.to_owned());
    };
    let text = fs::read_to_string(file).map_err(|error| format!("LINE_CHANNEL_SECRET_FILE: {error}"))?;
    text.parse().map_err(|error: Error| format!("LINE_CHANNEL_SECRET_FILE: {error}"))
}

/// Compares in constant time, so that nobody can guess a signature byte by byte.
pub fn is_valid(secret: &ChannelSecret, headers: &HeaderMap, body: &[u8]) -> bool {
    let Some(signature) = headers.get("x-line-signature") else { return false };
    let Ok(signature) = STANDARD.decode(signature) else { return false };
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    hmac::verify(&key, body, &signature).is_ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;
    use line_channel_token::ChannelSecret;

    use super::is_valid;

    /// Made with `printf '{"events":[]}' | openssl dgst -sha256 -hmac s3cret -binary | base64`.
    const SIGNATURE: &str = "ZuVY0DkZxvoGXoj+QPBt7+gZL2ow1Kpy+nm913XvpIw=";

    #[test]
    fn only_the_signature_of_this_body_is_valid() {
        let secret = ChannelSecret::new("s3cret").unwrap();
        let signed = |signature: &'static str| {
            HeaderMap::from_iter([("x-line-signature".parse().unwrap(), signature.parse().unwrap())])
        };
        assert!(is_valid(&secret, &signed(SIGNATURE), br#"{"events":[]}"#));
        assert!(!is_valid(&secret, &signed(SIGNATURE), br#"{"events":[ ]}"#));
        assert!(!is_valid(&secret, &signed(SIGNATURE.trim_end_matches('=')), br#"{"events":[]}"#));
        assert!(!is_valid(&secret, &signed(""), br#"{"events":[]}"#));
        assert!(!is_valid(&secret, &HeaderMap::new(), br#"{"events":[]}"#));
        assert!(!is_valid(&ChannelSecret::new("other").unwrap(), &signed(SIGNATURE), br#"{"events":[]}"#));
    }
}
