#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod algorithm;
mod crypto;
mod der;
mod ecdsa_signature;
mod key_errors;
mod loaded_key;
mod p256_curve;
mod parse;
mod pkcs1;
mod private_key;
mod private_key_jwk;
mod private_key_pem;
mod public_jwk;
mod public_jwk_from;
#[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
mod rsa_components;
mod signer;
mod signing_key;
mod template;
mod unsigned;

pub use algorithm::SigningAlgorithm;
pub use private_key_jwk::PrivateKeyJwk;
pub use private_key_pem::PrivateKeyPem;
pub use public_jwk::PublicJwk;
pub use signer::AssertionSigner;
pub use signing_key::SigningKey;
pub use template::AssertionTemplate;
pub use unsigned::UnsignedAssertion;
