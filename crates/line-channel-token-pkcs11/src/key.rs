//! What is known of a key in a token.

use line_channel_token_assertion::{PublicJwk, SigningAlgorithm};

use crate::selector::hex;

/// A private key in a token, as far as the token shows it: everything but the secret.
///
/// [`Pkcs11Token::find_key`](crate::Pkcs11Token::find_key) and [`generate_key`](crate::Pkcs11Token::generate_key) return it.
///
/// ```
/// use line_channel_token_core::Error;
/// use line_channel_token_pkcs11::{KeySelector, Pkcs11Key, Pkcs11Module, Pkcs11Token, TokenSelector, UserPin};
///
/// fn public_jwk(module: &str, pin: UserPin) -> Result<String, Error> {
///     let module = Pkcs11Module::new(module)?;
///     let token = Pkcs11Token::builder(module, TokenSelector::from_label("line-bots")).pin(pin).build()?;
///     let key: Pkcs11Key = token.find_key(&KeySelector::from_label("line-2026"))?;
///     Ok(key.public_jwk().map(ToString::to_string).unwrap_or_default())
/// }
///
/// let error = public_jwk("/opt/no-hsm/libpkcs11.so", UserPin::new("648219")?).unwrap_err();
/// assert!(error.to_string().contains("there is no file")); // this machine has no HSM
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pkcs11Key {
    pub(crate) label: String,
    pub(crate) id: Vec<u8>,
    pub(crate) algorithm: SigningAlgorithm,
    pub(crate) public_jwk: Option<PublicJwk>,
    pub(crate) extractable: bool,
}

impl Pkcs11Key {
    /// The label (`CKA_LABEL`); empty if it has none.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The id (`CKA_ID`), which the halves of a key pair share; empty if it has none.
    #[must_use]
    pub fn id(&self) -> &[u8] {
        &self.id
    }

    /// The algorithm that it signs with.
    #[must_use]
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// The public half, to be registered in the LINE Developers Console.
    ///
    /// `None` if the token does not show it: some keep the public half as an object of its own, with the same id, and it was not
    /// imported.
    #[must_use]
    pub fn public_jwk(&self) -> Option<&PublicJwk> {
        self.public_jwk.as_ref()
    }

    /// Whether the token may hand the private key out (`CKA_EXTRACTABLE`, or not `CKA_SENSITIVE`). A key that was
    /// [generated](crate::Pkcs11Token::generate_key) here never is; an imported one may be.
    #[must_use]
    pub fn is_extractable(&self) -> bool {
        self.extractable
    }

    /// Whether both may be the same key: they are not if both halves that are public are known and differ. Labels may change.
    pub(crate) fn may_be(&self, other: &Self) -> bool {
        self.algorithm == other.algorithm
            && match (&self.public_jwk, &other.public_jwk) {
                (Some(one), Some(other)) => one == other,
                _ => true,
            }
    }

    /// Label and id, for an error.
    pub(crate) fn name(&self) -> String {
        format!("label {:?}, id {}", self.label, hex(&self.id))
    }
}
