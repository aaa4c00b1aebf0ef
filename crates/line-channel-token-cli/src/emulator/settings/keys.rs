//! Registered keys: from a file with a public or a private key, or as a JWK.

use std::fmt;
use std::path::Path;

use line_channel_token::{PublicJwk, SigningKey};

use crate::small_file;

/// A public key to register.
#[derive(Clone)]
pub(crate) struct KeySettings {
    pub(crate) kid: String,
    pub(crate) public_jwk: String,
}

impl fmt::Debug for KeySettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeySettings").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// The public JWK of the key in a file.
pub(super) fn from_file(path: &Path) -> Result<String, String> {
    let text = small_file::read(path)?;
    from_text(&text).map_err(|problem| format!("{}: {problem}", path.display()))
}

/// The public JWK of a key: a private key, of which the public part is taken, a public key, or a public JWK.
pub(super) fn from_text(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.starts_with('{') && !text.contains("\"d\"") {
        // The emulator says what is wrong with it, member by member.
        return Ok(text.to_owned());
    }
    if text.contains("PUBLIC KEY") {
        return PublicJwk::from_public_key(text).map(|jwk| jwk.to_json()).map_err(|error| error.to_string());
    }
    match SigningKey::parse(text) {
        Ok(key) => Ok(key.public_jwk().to_json()),
        Err(private) => PublicJwk::from_public_key(text).map(|jwk| jwk.to_json()).map_err(|_| private.to_string()),
    }
}
