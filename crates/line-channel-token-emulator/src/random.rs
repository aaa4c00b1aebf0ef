//! Random texts: tokens of each family's shape, key ids and request ids.

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::response::ErrorResponse;

/// Random bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], ErrorResponse> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| ErrorResponse::no_randomness())?;
    Ok(bytes)
}

/// 172 characters of standard base64. It always has a `+` and a `/`, and ends in `=`, so that a client that does not
/// percent-encode fails at once and not on some days.
pub(crate) fn short_lived_token() -> Result<String, ErrorResponse> {
    loop {
        let token = STANDARD.encode(bytes::<128>()?);
        if token.contains('+') && token.contains('/') {
            return Ok(token);
        }
    }
}

/// Three parts of base64url that begin with `eyJ`. Header apart, they mean nothing.
pub(crate) fn jws_token() -> Result<String, ErrorResponse> {
    let payload = URL_SAFE_NO_PAD.encode(bytes::<120>()?);
    let signature = URL_SAFE_NO_PAD.encode(bytes::<32>()?);
    Ok(format!("{}.{payload}.{signature}", jws_header()))
}

/// The header that each JWS here has.
pub(crate) fn jws_header() -> String {
    URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#)
}

/// 18 decimal digits, as LINE's message ids have.
pub(crate) fn message_id() -> Result<String, ErrorResponse> {
    Ok(format!("{:018}", u64::from_be_bytes(bytes()?) % 1_000_000_000_000_000_000))
}

/// Ten decimal digits, as LINE's channel ids have.
pub(crate) fn channel_id() -> Result<String, ErrorResponse> {
    Ok((1_000_000_000 + u64::from_be_bytes(bytes()?) % 9_000_000_000).to_string())
}

/// 32 hexadecimal digits, as LINE's channel secrets have.
pub(crate) fn channel_secret() -> Result<String, ErrorResponse> {
    Ok(format!("{:032x}", u128::from_be_bytes(bytes()?)))
}

/// 43 characters of base64url.
pub(crate) fn quote_token() -> Result<String, ErrorResponse> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<32>()?))
}

/// 22 characters of base64url.
pub(crate) fn key_id() -> Result<String, ErrorResponse> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<16>()?))
}

/// A UUID of version 4; the nil UUID if the machine has no randomness.
pub(crate) fn request_id() -> String {
    let mut number = u128::from_be_bytes(bytes().unwrap_or_default());
    if number != 0 {
        number = number & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    }
    let hex = format!("{number:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests {
    use super::{channel_id, channel_secret, jws_token, key_id, request_id, short_lived_token};

    #[test]
    fn each_family_has_its_documented_shape() {
        for _ in 0..20 {
            let token = short_lived_token().unwrap();
            assert_eq!(token.len(), 172);
            assert!(token.contains('+') && token.contains('/') && token.ends_with('='));
            let token = jws_token().unwrap();
            assert!(token.starts_with("eyJ") && token.split('.').count() == 3);
            assert_eq!(key_id().unwrap().len(), 22);
            assert_eq!((channel_id().unwrap().len(), channel_secret().unwrap().len()), (10, 32));
        }
        assert_ne!(key_id().unwrap(), key_id().unwrap());
        assert_ne!(channel_id().unwrap(), channel_id().unwrap());
        assert_ne!(channel_secret().unwrap(), channel_secret().unwrap());
    }

    #[test]
    fn request_ids_are_v4_uuids() {
        let id = request_id();
        let parts: Vec<&str> = id.split('-').collect();
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12], "{id}");
        assert!(parts[2].starts_with('4') && "89ab".contains(&parts[3][..1]), "{id}");
    }
}
