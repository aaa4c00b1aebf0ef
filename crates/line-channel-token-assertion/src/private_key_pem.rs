//! A private key to be saved.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----\n";
const END: &str = "-----END PRIVATE KEY-----\n";
/// How many bytes a line of 64 characters encodes.
const BYTES_PER_LINE: usize = 48;

/// A private key as PEM in PKCS#8, not encrypted: what [`SigningKey::to_pkcs8_pem`](crate::SigningKey::to_pkcs8_pem) returns.
///
/// `Debug` shows a placeholder, the memory is wiped on drop, and [`expose_secret`](Self::expose_secret) is the only access.
///
/// ```
/// # #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))] {
/// use line_channel_token_assertion::SigningKey;
///
/// let pem = SigningKey::generate_ec()?.to_pkcs8_pem()?;
/// assert!(pem.expose_secret().starts_with("-----BEGIN PRIVATE KEY-----\n"));
/// assert_eq!(format!("{pem:?}"), "PrivateKeyPem(\"[redacted]\")");
/// # }
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
pub struct PrivateKeyPem(SecretString);

impl PrivateKeyPem {
    pub(crate) fn from_pkcs8(der: &[u8]) -> Self {
        let lines = der.chunks(BYTES_PER_LINE);
        let length = BEGIN.len() + der.len().div_ceil(3) * 4 + lines.len() + END.len();
        // It never grows, so that no copy is left in memory.
        let mut pem = String::with_capacity(length);
        pem.push_str(BEGIN);
        for bytes in lines {
            let mut line = Zeroizing::new([0; 64]);
            // Cannot fail: 64 characters encode 48 bytes.
            let length = STANDARD.encode_slice(bytes, line.as_mut_slice()).unwrap_or_default();
            pem.extend(line.iter().take(length).map(|byte| char::from(*byte)));
            pem.push('\n');
        }
        pem.push_str(END);
        Self(pem.into())
    }

    /// The PEM itself. Keep it in a secret store, or in a file that only its owner can read.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for PrivateKeyPem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKeyPem(\"[redacted]\")")
    }
}

#[cfg(test)]
mod tests {
    use line_channel_token_pem::Decoded;

    use super::PrivateKeyPem;

    #[test]
    fn written_pem_is_decoded() {
        for length in [0, 1, 2, 3, 47, 48, 49, 95, 96, 1190, 1217] {
            let der: Vec<u8> = (0..length).map(|byte| (byte * 7 % 256) as u8).collect();
            let pem = PrivateKeyPem::from_pkcs8(&der);
            let decoded = Decoded::parse(pem.expose_secret().as_bytes(), "private key");
            let Ok(Decoded::Text(text)) = decoded else { panic!("no text") };
            assert_eq!(text.blocks()[0].der().map(|der| der.to_vec()).unwrap_or_default(), der, "{length}");
            let lines: Vec<&str> = pem.expose_secret().lines().collect();
            let full = lines[1..lines.len() - 1].iter().rev().skip(1).all(|line| line.len() == 64);
            assert!(full && lines.iter().all(|line| line.len() <= 64), "{length}");
        }
    }
}
