//! Memory that is wiped when it is freed.

use bytes::Bytes;
use secrecy::SecretString;
use secrecy::zeroize::{Zeroize, Zeroizing};

/// `text` as `Bytes` that are wiped with their last clone. It must have been built without growing: growing leaves copies.
pub(crate) fn wiped_bytes(text: Zeroizing<String>) -> Bytes {
    Bytes::from_owner(Owner(text))
}

/// Takes a text over without leaving a copy of it: shrinking a `String` to a `Box<str>` may move it.
pub(crate) fn secret(mut text: String) -> SecretString {
    if text.len() == text.capacity() {
        return text.into();
    }
    let copy = SecretString::from(&*text);
    text.zeroize();
    copy
}

struct Owner(Zeroizing<String>);

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
