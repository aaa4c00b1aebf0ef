#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod algorithm;
mod candidates;
mod der;
mod der_container;
#[cfg(all(test, feature = "aws-lc-rs", feature = "rust-crypto"))]
mod differential;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto", feature = "sha2"))]
mod digest;
mod ecdsa_der;
mod json_escapes;
mod json_value;
mod jwk_remains;
mod jwk_search;
mod key_file;
mod lenient_json;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
mod modular;
mod net_xml;
mod pkcs1;
mod private_jwk;
mod private_key;
mod private_key_pem;
mod provider;
#[cfg(feature = "aws-lc-rs")]
mod provider_aws_lc;
// With both features on, aws-lc-rs signs, and the tests alone compare.
#[cfg(all(feature = "rust-crypto", any(test, not(feature = "aws-lc-rs"))))]
mod provider_rust_crypto;
mod public_jwk;
#[cfg(all(test, any(feature = "aws-lc-rs", feature = "rust-crypto")))]
mod rfc_examples;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
mod rsa_numbers;
mod signer;
mod signing_key;
mod template;
mod unsigned;

pub use algorithm::SigningAlgorithm;
pub use private_key_pem::PrivateKeyPem;
pub use public_jwk::PublicJwk;
pub use signer::AssertionSigner;
pub use signing_key::SigningKey;
pub use template::AssertionTemplate;
pub use unsigned::UnsignedAssertion;
