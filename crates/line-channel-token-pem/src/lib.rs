#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod block;
mod block_body;
mod boundary;
mod charset;
mod decode_base64;
mod decoded;
mod der_kind;
mod encoded;
mod escapes;
mod label;
mod mistaken;
mod root_certificates;
mod tlv;

pub use block::Block;
pub use decode_base64::decode_base64;
pub use decoded::{Decoded, Der, Text};
pub use der_kind::DerKind;
pub use label::Label;
pub use mistaken::mistaken_value;
pub use root_certificates::root_certificates;
pub use tlv::Tlv;
