//! The subset of DER that private keys and ECDSA signatures use. Each value has one encoding, and no other one is accepted.

mod length;
mod oid;
mod reader;
mod tag;
mod writer;

pub(crate) use length::without_leading_zeros;
pub(crate) use oid::{EC_PUBLIC_KEY, P_256, RSA_ENCRYPTION, RSASSA_PSS, dotted};
pub(crate) use reader::{Reader, contents};
pub(crate) use tag::{BIT_STRING, CONTEXT_0, CONTEXT_1, NULL, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE};
pub(crate) use writer::{integer, write};
