#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod armor;
mod base64_text;
mod body;
mod charset;
mod encoded;
mod escapes;
mod foreign;
mod label;
mod pasted;
mod shape;
mod tlv;

pub use armor::Block;
pub use base64_text::decode_base64;
pub use foreign::named;
pub use label::Label;
pub use pasted::{Der, Pasted, Text, read};
pub use shape::Shape;
pub use tlv::Tlv;
