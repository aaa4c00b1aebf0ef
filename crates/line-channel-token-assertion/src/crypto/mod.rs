//! The crypto libraries that sign, and which of them this build uses.

mod provider;

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
// If both features are on, aws-lc-rs signs, and only the tests use the other.
#[cfg(all(feature = "rust-crypto", any(test, not(feature = "aws-lc-rs"))))]
mod rust_crypto;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto", feature = "sha2"))]
mod sha256;

#[cfg(all(test, feature = "aws-lc-rs", feature = "rust-crypto"))]
mod differential_tests;
#[cfg(all(test, any(feature = "aws-lc-rs", feature = "rust-crypto")))]
mod rfc_tests;

pub(crate) use provider::{CryptoProvider, KeyPair};
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto", feature = "sha2"))]
pub(crate) use sha256::sha256;

/// The provider of this build: aws-lc-rs if it is compiled in.
#[cfg(feature = "aws-lc-rs")]
pub(crate) const DEFAULT_PROVIDER: &CryptoProvider = &aws_lc::PROVIDER;
/// The provider of this build.
#[cfg(all(feature = "rust-crypto", not(feature = "aws-lc-rs")))]
pub(crate) const DEFAULT_PROVIDER: &CryptoProvider = &rust_crypto::PROVIDER;
/// This build has no provider: each function returns an error that says so.
#[cfg(not(any(feature = "aws-lc-rs", feature = "rust-crypto")))]
pub(crate) const DEFAULT_PROVIDER: &CryptoProvider = &CryptoProvider {
    load_rsa: |_| Err(no_provider()),
    load_ec: |_| Err(no_provider()),
    generate_rsa: || Err(no_provider()),
    generate_ec: || Err(no_provider()),
};

#[cfg(not(any(feature = "aws-lc-rs", feature = "rust-crypto")))]
fn no_provider() -> line_channel_token_core::Error {
    line_channel_token_core::Error::signing(
        "this build can neither generate a key nor sign: enable the feature `aws-lc-rs` or `rust-crypto` \
         of line-channel-token-assertion",
    )
}

/// Every provider of this build, by name.
#[cfg(all(test, any(feature = "aws-lc-rs", feature = "rust-crypto")))]
const ALL_PROVIDERS: &[(&str, &CryptoProvider)] = &[
    #[cfg(feature = "aws-lc-rs")]
    ("aws-lc-rs", &aws_lc::PROVIDER),
    #[cfg(feature = "rust-crypto")]
    ("rust-crypto", &rust_crypto::PROVIDER),
];
