//! What a token is known by.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA256, digest};

/// SHA-256 of a token. The tokens themselves are not stored, and the time of a lookup says nothing about them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TokenDigest([u8; 32]);

impl TokenDigest {
    pub(crate) fn of(token: &str) -> Self {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        Self(bytes)
    }

    /// The first eight hexadecimal digits: enough to tell tokens apart, and no way back to one.
    pub(crate) fn fingerprint(self) -> String {
        self.0.iter().take(4).fold(String::new(), |mut hex, byte| {
            // Cannot fail: a `String` takes any text.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}
