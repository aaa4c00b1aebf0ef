//! Credentials that nobody gave: of the shapes that LINE's have.

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use line_channel_token::SigningKey;
use serde::Serialize;

use crate::failure::Failure;

/// A key pair that was made here. Its private part is shown once.
#[derive(Clone, Serialize)]
pub(crate) struct GeneratedKey {
    pub(crate) kid: String,
    pub(crate) private_key: String,
    pub(crate) public_jwk: serde_json::Value,
}

impl GeneratedKey {
    /// Takes some tenths of a second.
    pub(crate) fn generate() -> Result<Self, Failure> {
        Self::of(&SigningKey::generate_rsa()?)
    }

    /// The same of a key that is there. The kid is the key's thumbprint (RFC 7638), so that the same key has the same kid.
    pub(crate) fn of(key: &SigningKey) -> Result<Self, Failure> {
        let public_jwk = key.public_jwk();
        Ok(Self {
            kid: public_jwk.thumbprint(),
            private_key: key.to_pkcs8_pem()?.expose_secret().to_owned(),
            public_jwk: serde_json::from_str(&public_jwk.to_json())
                .map_err(|error| Failure::other(format!("the public JWK: {error}")))?,
        })
    }
}

/// Ten digits, as the ids of channels that LINE makes today.
pub(crate) fn channel_id() -> Result<String, Failure> {
    Ok(format!("2{:09}", u64::from_be_bytes(bytes()?) % 1_000_000_000))
}

/// 32 hexadecimal digits.
pub(crate) fn channel_secret() -> Result<String, Failure> {
    Ok(bytes::<16>()?.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A UUID, as the kids of the Console.
pub(crate) fn kid() -> Result<String, Failure> {
    let mut bytes = bytes::<16>()?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
}

/// 172 characters of standard base64.
pub(crate) fn long_lived_token() -> Result<String, Failure> {
    Ok(STANDARD.encode(bytes::<128>()?))
}

fn bytes<const N: usize>() -> Result<[u8; N], Failure> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| Failure::other("the operating system gives no random numbers"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::{channel_id, channel_secret, kid, long_lived_token};

    #[test]
    fn shapes_are_those_of_line() {
        let id = channel_id().unwrap();
        assert!(id.len() == 10 && id.starts_with('2') && id.bytes().all(|byte| byte.is_ascii_digit()), "{id}");
        let secret = channel_secret().unwrap();
        assert!(secret.len() == 32 && secret.bytes().all(|byte| byte.is_ascii_hexdigit()), "{secret}");
        let kid = kid().unwrap();
        assert!(kid.len() == 36 && kid.as_bytes()[14] == b'4' && b"89ab".contains(&kid.as_bytes()[19]), "{kid}");
        assert_eq!(long_lived_token().unwrap().len(), 172);
        assert_ne!(channel_secret().unwrap(), channel_secret().unwrap());
    }
}
