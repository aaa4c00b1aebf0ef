//! What a module says of a token.

/// What a module says of a token.
///
/// ```
/// use line_channel_token_core::Error;
/// use line_channel_token_pkcs11::{Pkcs11Module, TokenInfo};
///
/// fn serials(module: &str) -> Result<Vec<String>, Error> {
///     let tokens: Vec<TokenInfo> = Pkcs11Module::new(module)?.tokens()?;
///     Ok(tokens.iter().map(|token| token.serial().to_owned()).collect())
/// }
///
/// assert!(serials("/opt/no-hsm/libpkcs11.so").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInfo {
    pub(crate) label: String,
    pub(crate) serial: String,
    pub(crate) slot: u64,
    pub(crate) manufacturer: String,
    pub(crate) model: String,
}

impl TokenInfo {
    /// The label, which whoever initialised the token gave it.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The serial number.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// The id of the slot that the token is in.
    #[must_use]
    pub fn slot(&self) -> u64 {
        self.slot
    }

    /// The manufacturer.
    #[must_use]
    pub fn manufacturer(&self) -> &str {
        &self.manufacturer
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }
}
