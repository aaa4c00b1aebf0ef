#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod block_on;
mod connection;
mod find_key;
mod find_token;
mod generate_key;
mod key;
mod key_spec;
mod library;
mod module;
mod pin;
mod selector;
mod sign;
mod signer;
mod token;
mod token_error;
mod token_info;
mod worker;

pub use key::Pkcs11Key;
pub use key_spec::KeySpec;
pub use module::Pkcs11Module;
pub use pin::UserPin;
pub use selector::{KeySelector, TokenSelector};
pub use signer::Pkcs11Signer;
pub use token::{Pkcs11Token, Pkcs11TokenBuilder};
pub use token_info::TokenInfo;
