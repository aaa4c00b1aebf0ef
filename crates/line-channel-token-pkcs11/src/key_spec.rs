//! Which key to generate.

use line_channel_token_assertion::SigningAlgorithm;

/// A key to be generated in a token: RSA with 2048 bits for RS256, or EC on P-256 for ES256.
///
/// ```
/// use line_channel_token_assertion::SigningAlgorithm;
/// use line_channel_token_pkcs11::KeySpec;
///
/// let spec = KeySpec::new(SigningAlgorithm::Rs256, "line-2026").with_id([0x01]);
/// assert_eq!((spec.label(), spec.id()), ("line-2026", Some(&[0x01][..])));
/// assert!(!spec.allows_duplicate_label());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySpec {
    algorithm: SigningAlgorithm,
    label: String,
    id: Option<Vec<u8>>,
    allow_duplicate_label: bool,
}

impl KeySpec {
    /// A key with this label for this algorithm. LINE accepts only [`Rs256`](SigningAlgorithm::Rs256).
    #[must_use]
    pub fn new(algorithm: SigningAlgorithm, label: impl Into<String>) -> Self {
        Self { algorithm, label: label.into(), id: None, allow_duplicate_label: false }
    }

    /// Sets the id (`CKA_ID`), which both halves get and no other key may have. The default is 16 random bytes of the token.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<Vec<u8>>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Whether the token may have a key with this label already. The default is `false`: then generating fails.
    #[must_use]
    pub fn with_duplicate_label(mut self, allowed: bool) -> Self {
        self.allow_duplicate_label = allowed;
        self
    }

    /// The algorithm.
    #[must_use]
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// The label.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// The id, if one was set.
    #[must_use]
    pub fn id(&self) -> Option<&[u8]> {
        self.id.as_deref()
    }

    /// Whether the token may have a key with this label already.
    #[must_use]
    pub fn allows_duplicate_label(&self) -> bool {
        self.allow_duplicate_label
    }
}
