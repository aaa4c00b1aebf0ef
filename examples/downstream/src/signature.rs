//! Whether LINE sent a webhook: its signature is `base64(HMAC-SHA256(channel secret, body))`.

use aws_lc_rs::hmac;
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use line_channel_token::ChannelSecret;

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
