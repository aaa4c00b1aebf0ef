//! Everything in a text that may be the private key, so that none is taken while another one was meant.

use line_channel_token_core::Error;

use crate::der_container::several;
use crate::key_file::{Format, KeyFile};
use crate::private_key::PrivateKey;

/// The private keys that were found, and what claims to be one and cannot be read.
#[derive(Default)]
pub(crate) struct Candidates {
    readable: Vec<KeyFile>,
    /// Why the first one cannot be read, and how many there are.
    unreadable: Option<(Error, usize)>,
}

impl Candidates {
    pub(crate) fn add(&mut self, key: Result<PrivateKey, Error>, kid: Option<String>, format: Format) {
        match key {
            Ok(key) => self.add_readable(KeyFile { key, kid, format }),
            Err(error) => self.add_unreadable(error),
        }
    }

    /// One key in two containers is one key, unless they give it two names.
    fn add_readable(&mut self, new: KeyFile) {
        let same_name = |known: &KeyFile| known.kid.is_none() || new.kid.is_none() || known.kid == new.kid;
        if let Some(known) = self.readable.iter_mut().find(|known| known.key.is_same(&new.key) && same_name(known)) {
            if known.kid.is_none() {
                known.kid = new.kid;
            }
            known.key.complete_from(new.key);
        } else if self.readable.len() < 2 {
            // More than two say nothing more.
            self.readable.push(new);
        }
    }

    pub(crate) fn add_unreadable(&mut self, error: Error) {
        match &mut self.unreadable {
            Some((_, count)) => *count += 1,
            None => self.unreadable = Some((error, 1)),
        }
    }

    pub(crate) fn extend(&mut self, other: Self) {
        other.readable.into_iter().for_each(|key| self.add_readable(key));
        match (&mut self.unreadable, other.unreadable) {
            (Some((_, count)), Some((_, more))) => *count += more,
            (none, other) if none.is_none() => *none = other,
            _ => {}
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.readable.is_empty() && self.unreadable.is_none()
    }

    /// The only key; `None` if nothing claims to be one.
    pub(crate) fn only(self) -> Result<Option<KeyFile>, Error> {
        let mut readable = self.readable.into_iter();
        match (readable.next(), readable.next(), self.unreadable) {
            (_, Some(_), _) | (None, _, Some((_, 2..))) => Err(several()),
            (Some(_), None, Some((error, _))) => Err(Error::invalid_input(format!(
                "there is more than one private key, and one cannot be read: {error}; give the key that belongs to the kid alone"
            ))),
            (None, _, Some((error, _))) => Err(error),
            (only, None, None) => Ok(only),
        }
    }
}
