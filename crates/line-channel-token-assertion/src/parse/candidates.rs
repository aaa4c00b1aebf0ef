//! Everything in the input that may be the private key, so that no key is used if another one may be meant.

use line_channel_token_core::Error;

use crate::key_errors::{invalid_second_key, several_keys};
use crate::parse::parsed_key::{Format, ParsedKey};
use crate::private_key::PrivateKey;

/// The private keys that were found, and the errors of those that cannot be parsed.
#[derive(Default)]
pub(crate) struct Candidates {
    valid: Vec<ParsedKey>,
    /// The error of the first invalid key, and the number of invalid keys.
    invalid: Option<(Error, usize)>,
}

impl Candidates {
    pub(crate) fn add(&mut self, key: Result<PrivateKey, Error>, kid: Option<String>, format: Format) {
        match key {
            Ok(key) => self.add_valid(ParsedKey { key, kid, format }),
            Err(error) => self.add_invalid(error),
        }
    }

    /// One key in two formats is one key, unless the two have different kids.
    fn add_valid(&mut self, new: ParsedKey) {
        let same_kid = |known: &ParsedKey| known.kid.is_none() || new.kid.is_none() || known.kid == new.kid;
        if let Some(known) = self.valid.iter_mut().find(|known| known.key.is_same(&new.key) && same_kid(known)) {
            if known.kid.is_none() {
                known.kid = new.kid;
            }
            known.key.complete_from(new.key);
        } else if self.valid.len() < 2 {
            // A third key changes nothing: two are already too many.
            self.valid.push(new);
        }
    }

    pub(crate) fn add_invalid(&mut self, error: Error) {
        match &mut self.invalid {
            Some((_, count)) => *count += 1,
            None => self.invalid = Some((error, 1)),
        }
    }

    pub(crate) fn extend(&mut self, other: Self) {
        other.valid.into_iter().for_each(|key| self.add_valid(key));
        match (&mut self.invalid, other.invalid) {
            (Some((_, count)), Some((_, more))) => *count += more,
            (none, other) if none.is_none() => *none = other,
            _ => {}
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.valid.is_empty() && self.invalid.is_none()
    }

    /// The only key. `None` if there are no candidates.
    pub(crate) fn into_only(self) -> Result<Option<ParsedKey>, Error> {
        let mut valid = self.valid.into_iter();
        match (valid.next(), valid.next(), self.invalid) {
            (_, Some(_), _) | (None, _, Some((_, 2..))) => Err(several_keys()),
            (Some(_), None, Some((error, _))) => Err(invalid_second_key(&error)),
            (None, _, Some((error, _))) => Err(error),
            (only, None, None) => Ok(only),
        }
    }
}
