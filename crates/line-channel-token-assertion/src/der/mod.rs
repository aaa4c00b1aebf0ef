//! The subset of DER that private keys and ECDSA signatures use. Each value has one encoding, and no other one is accepted.

mod oid;
mod reader;
mod writer;

pub(crate) use oid::{EC_PUBLIC_KEY, P_256, RSA_ENCRYPTION, RSASSA_PSS, dotted};
pub(crate) use reader::{Reader, contents};
pub(crate) use writer::{integer, write};

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;
/// `[0]` and `[1]`, constructed.
pub(crate) const CONTEXT_0: u8 = 0xa0;
pub(crate) const CONTEXT_1: u8 = 0xa1;

/// The number without leading zeros.
pub(crate) fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

/// The length octets of an element whose contents have `len` bytes.
fn length(len: usize) -> Vec<u8> {
    let bytes = len.to_be_bytes();
    match without_leading_zeros(&bytes) {
        [] => vec![0],
        [short @ ..=0x7f] => vec![*short],
        // At most 8, the size of a usize.
        long => [&[0x80 | long.len() as u8], long].concat(),
    }
}
