//! The seam between this crate and the crypto libraries under it.

use line_channel_token_core::Error;

use crate::private_key::{EcKey, RsaKey};

/// A key in a provider's own form, ready to sign.
pub(crate) trait RawSigner: Send + Sync {
    /// Signs `message` into `signature`, which has the length of the algorithm's signatures.
    fn sign(&self, message: &[u8], signature: &mut [u8]) -> Result<(), Error>;

    /// Whether the public half accepts `signature`.
    fn verify(&self, message: &[u8], signature: &[u8]) -> bool;
}

/// A key on P-256 and its public point, uncompressed.
pub(crate) type LoadedEc = (Box<dyn RawSigner>, [u8; 65]);

/// What a crypto library does for this crate.
pub(crate) struct Provider {
    pub(crate) load_rsa: fn(&RsaKey) -> Result<Box<dyn RawSigner>, Error>,
    pub(crate) load_ec: fn(&EcKey) -> Result<LoadedEc, Error>,
    pub(crate) generate_rsa: fn() -> Result<RsaKey, Error>,
    pub(crate) generate_ec: fn() -> Result<EcKey, Error>,
}

/// The provider that signs in this build: aws-lc-rs where it is there.
#[cfg(feature = "aws-lc-rs")]
pub(crate) const PREFERRED: &Provider = &crate::provider_aws_lc::PROVIDER;
/// The provider that signs in this build.
#[cfg(all(feature = "rust-crypto", not(feature = "aws-lc-rs")))]
pub(crate) const PREFERRED: &Provider = &crate::provider_rust_crypto::PROVIDER;
/// Stands in where no provider is there, and says so.
#[cfg(not(any(feature = "aws-lc-rs", feature = "rust-crypto")))]
pub(crate) const PREFERRED: &Provider = &Provider {
    load_rsa: |_| Err(absent()),
    load_ec: |_| Err(absent()),
    generate_rsa: || Err(absent()),
    generate_ec: || Err(absent()),
};

#[cfg(not(any(feature = "aws-lc-rs", feature = "rust-crypto")))]
fn absent() -> Error {
    Error::signing(
        "this build can neither generate a key nor sign: enable the feature `aws-lc-rs` or `rust-crypto` \
         of line-channel-token-assertion",
    )
}

/// Every provider of this build, by name.
#[cfg(all(test, any(feature = "aws-lc-rs", feature = "rust-crypto")))]
pub(crate) const ALL: &[(&str, &Provider)] = &[
    #[cfg(feature = "aws-lc-rs")]
    ("aws-lc-rs", &crate::provider_aws_lc::PROVIDER),
    #[cfg(feature = "rust-crypto")]
    ("rust-crypto", &crate::provider_rust_crypto::PROVIDER),
];
