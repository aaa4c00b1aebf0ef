//! Who a store is to its server.

use std::fmt;
use std::path::PathBuf;

use line_channel_token_cache::store::StoreError;
use zeroize::Zeroizing;

use crate::errors::invalid_settings;

/// A user and a password. `Debug` shows neither.
#[derive(Clone, Default)]
pub(crate) struct Credentials {
    pub(crate) username: Option<String>,
    pub(crate) password: Option<Zeroizing<String>>,
    /// Read whenever a connection is opened, so that a password that changes is taken over.
    pub(crate) password_file: Option<PathBuf>,
}

impl Credentials {
    /// The password to send now, if there is one.
    pub(crate) fn current_password(&self) -> Result<Option<Zeroizing<String>>, StoreError> {
        let Some(path) = &self.password_file else { return Ok(self.password.clone()) };
        let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(|error| {
            let cause = match error.raw_os_error() {
                Some(code) => format!("os error {code}"),
                None => "it is no text in UTF-8".to_owned(),
            };
            invalid_settings(format!(
                "the password file of the store cannot be read ({cause}): check that it is there and that this program may read it"
            ))
        })?;
        let password = text.trim_end_matches(['\r', '\n']);
        if password.is_empty() {
            return Err(invalid_settings("the password file of the store is empty: write the password into it"));
        }
        Ok(Some(Zeroizing::new(password.to_owned())))
    }

    pub(crate) fn has_password(&self) -> bool {
        self.password.is_some() || self.password_file.is_some()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("username", &self.username.is_some())
            .field("password", &self.has_password())
            .finish()
    }
}
