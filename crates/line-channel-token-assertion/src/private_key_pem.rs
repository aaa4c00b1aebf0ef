//! A private key on its way to a file.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----\n";
const END: &str = "-----END PRIVATE KEY-----\n";
/// So many bytes are a line of 64 characters.
const BYTES_IN_LINE: usize = 48;

/// A private key as PEM in PKCS#8, not encrypted.
///
/// `Debug` shows a placeholder, the memory is wiped on drop, and [`expose_secret`](Self::expose_secret) is the only way in.
pub struct PrivateKeyPem(SecretString);

impl PrivateKeyPem {
    pub(crate) fn from_pkcs8(der: &[u8]) -> Self {
        let lines = der.chunks(BYTES_IN_LINE);
        let length = BEGIN.len() + der.len().div_ceil(3) * 4 + lines.len() + END.len();
        // With room for all, so that it never moves.
        let mut pem = String::with_capacity(length);
        pem.push_str(BEGIN);
        for bytes in lines {
            let mut line = Zeroizing::new([0; 64]);
            // It has room for every line, and base64 is ASCII.
            let length = STANDARD.encode_slice(bytes, line.as_mut_slice()).unwrap_or_default();
            pem.extend(line.iter().take(length).map(|byte| char::from(*byte)));
            pem.push('\n');
        }
        pem.push_str(END);
        Self(pem.into())
    }

    /// The PEM itself. Keep it in a secret store, or in a file that nobody else can read.
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
    use line_channel_token_pem::{Pasted, read};

    use super::PrivateKeyPem;

    #[test]
    fn it_is_read_as_what_was_written() {
        for length in [0, 1, 2, 3, 47, 48, 49, 95, 96, 1190, 1217] {
            let der: Vec<u8> = (0..length).map(|byte| (byte * 7 % 256) as u8).collect();
            let pem = PrivateKeyPem::from_pkcs8(&der);
            let Ok(Pasted::Text(text)) = read(pem.expose_secret().as_bytes(), "private key") else { panic!("no text") };
            assert_eq!(text.blocks()[0].der().map(|read| read.to_vec()).unwrap_or_default(), der, "{length}");
            let lines: Vec<&str> = pem.expose_secret().lines().collect();
            let full = lines[1..lines.len() - 1].iter().rev().skip(1).all(|line| line.len() == 64);
            assert!(full && lines.iter().all(|line| line.len() <= 64), "{length}");
        }
    }
}
