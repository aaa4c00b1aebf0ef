//! Keys that values are sealed with.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::envelope::{CHECK, Envelope};
use super::key_text::{self, KEY};
use crate::store::store_error::{StoreError, StoreErrorKind};

/// What the key for the cipher is derived for, so that a key that is used elsewhere too does no harm.
const INFO: &[u8] = b"line-channel-token sealed value 1";

/// A key that a [`SealedStore`](super::SealedStore) seals values with: 32 random bytes, and an id that tells it from the keys before and after it.
///
/// The id is stored with each value and stands in errors: a name or a date, such as `2026-11`; letters, digits, `.`, `_` and `-`, 64 at most. `Debug`
/// shows it, and not the key. The key is wiped from memory when the last clone is dropped.
///
/// ```
/// use line_channel_token_cache::store::SealingKey;
///
/// // Such as from a file or a variable: `2026-11:` and what `openssl rand -base64 32` has printed.
/// # let text = SealingKey::generate("2026-11")?.expose_secret().to_owned();
/// let key = SealingKey::parse(&text)?;
/// assert_eq!(key.id(), "2026-11");
/// assert_eq!(format!("{key:?}"), r#"SealingKey { id: "2026-11", key: "[redacted]" }"#);
/// # Ok::<(), line_channel_token_cache::store::StoreError>(())
/// ```
#[derive(Clone)]
pub struct SealingKey(Arc<Key>);

struct Key {
    id: Box<str>,
    /// The id, a colon and the key in base64.
    text: Zeroizing<String>,
    check: [u8; CHECK],
    cipher: RandomizedNonceKey,
}

impl SealingKey {
    /// The key of these 32 bytes, which must be random.
    ///
    /// ```
    /// use line_channel_token_cache::store::SealingKey;
    ///
    /// let error = SealingKey::new("2026-11", b"a password of thirty-two letters").unwrap_err();
    /// assert!(error.to_string().contains("must be 32 random bytes"));
    /// assert!(SealingKey::new("2026-11", b"too short").is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// Kind [`InvalidSettings`](StoreErrorKind::InvalidSettings) if the id is none, if there are more or fewer than 32 bytes, or if they are surely
    /// not random: text, or one byte 32 times. The message shows neither.
    pub fn new(id: &str, key: &[u8]) -> Result<Self, StoreError> {
        key_text::check_id(id).map_err(invalid)?;
        Self::of(id, &key_text::key_bytes(key).map_err(invalid)?)
    }

    /// The key in this text: its id, a colon, and 32 bytes in base64 or hex. White space and quotes around it are trimmed.
    ///
    /// ```
    /// use line_channel_token_cache::store::SealingKey;
    ///
    /// let error = SealingKey::parse("${SEALING_KEY}").unwrap_err();
    /// assert!(error.to_string().contains("a variable that was not expanded"));
    /// ```
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), and if it is surely something else, such as a placeholder or the path of a file. The message never shows the text.
    pub fn parse(text: &str) -> Result<Self, StoreError> {
        let (id, key) = key_text::parse(text).map_err(invalid)?;
        Self::of(id, &*key)
    }

    /// A new key. Keep it ([`expose_secret`](Self::expose_secret)): what is sealed with it cannot be opened without.
    ///
    /// ```
    /// use line_channel_token_cache::store::SealingKey;
    ///
    /// let key = SealingKey::generate("2026-11")?;
    /// assert_eq!(SealingKey::parse(key.expose_secret())?.id(), "2026-11");
    /// # Ok::<(), line_channel_token_cache::store::StoreError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Kind [`InvalidSettings`](StoreErrorKind::InvalidSettings) if the id is none; [`Unavailable`](StoreErrorKind::Unavailable) if the operating system
    /// gives no random numbers.
    pub fn generate(id: &str) -> Result<Self, StoreError> {
        key_text::check_id(id).map_err(invalid)?;
        let mut key = Zeroizing::new([0; KEY]);
        aws_lc_rs::rand::fill(&mut *key).map_err(|_| no_cipher())?;
        Self::of(id, &*key)
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// Its text, as [`parse`](Self::parse) takes it. Keep it out of logs, and apart from what is sealed with it.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0.text
    }

    fn of(id: &str, key: &[u8]) -> Result<Self, StoreError> {
        let mut derived = Zeroizing::new([0; KEY + CHECK]);
        let extracted = Salt::new(HKDF_SHA256, &[]).extract(key);
        let expanded = extracted.expand(&[INFO], Derived).and_then(|derivation| derivation.fill(&mut *derived));
        let (Ok(()), Some((cipher_key, check))) = (expanded, derived.split_last_chunk::<CHECK>()) else {
            return Err(no_cipher());
        };
        let cipher = RandomizedNonceKey::new(&AES_256_GCM_SIV, cipher_key).map_err(|_| no_cipher())?;
        let text = text_of(id, key).ok_or_else(no_cipher)?;
        Ok(Self(Arc::new(Key { id: id.into(), text, check: *check, cipher })))
    }

    pub(super) fn check(&self) -> [u8; CHECK] {
        self.0.check
    }

    /// The nonce, and the encrypted bytes with their tag.
    pub(super) fn seal(&self, header: &[u8], bytes: &[u8]) -> Result<(Nonce, Vec<u8>), StoreError> {
        // The tag fits, so that nothing moves while it is plaintext.
        let mut in_out = Vec::with_capacity(bytes.len() + AES_256_GCM_SIV.tag_len());
        in_out.extend_from_slice(bytes);
        match self.0.cipher.seal_in_place_append_tag(Aad::from(header), &mut in_out) {
            Ok(nonce) => Ok((nonce, in_out)),
            Err(_) => {
                drop(Zeroizing::new(in_out));
                Err(no_cipher())
            }
        }
    }

    /// The bytes, if none of the envelope has changed and this is its key.
    pub(super) fn open(&self, envelope: &Envelope<'_>) -> Option<Vec<u8>> {
        let mut in_out = Zeroizing::new(envelope.sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key(envelope.nonce);
        let length = self.0.cipher.open_in_place(nonce, Aad::from(envelope.header), &mut in_out).ok()?.len();
        in_out.truncate(length);
        Some(std::mem::take(&mut *in_out))
    }
}

/// The id, a colon and the key in base64. It is written where it stays, because a buffer that grows or moves leaves copies behind.
fn text_of(id: &str, key: &[u8]) -> Option<Zeroizing<String>> {
    let mut text = Zeroizing::new(vec![0; id.len() + 1 + KEY.div_ceil(3) * 4]);
    let (before, encoded) = text.split_at_mut_checked(id.len() + 1)?;
    let (colon, before) = before.split_last_mut()?;
    before.copy_from_slice(id.as_bytes());
    *colon = b':';
    STANDARD.encode_slice(key, encoded).ok()?;
    String::from_utf8(std::mem::take(&mut *text)).ok().map(Zeroizing::new)
}

/// What HKDF is asked for.
struct Derived;

impl KeyType for Derived {
    fn len(&self) -> usize {
        KEY + CHECK
    }
}

fn invalid(message: String) -> StoreError {
    StoreError::new(StoreErrorKind::InvalidSettings, message)
}

/// What cannot happen unless the operating system has no random numbers.
fn no_cipher() -> StoreError {
    StoreError::new(
        StoreErrorKind::Unavailable,
        "the value cannot be sealed: there are no random numbers; attempt it again later",
    )
}

impl FromStr for SealingKey {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealingKey").field("id", &self.id()).field("key", &"[redacted]").finish()
    }
}
