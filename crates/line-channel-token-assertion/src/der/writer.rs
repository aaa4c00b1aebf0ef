//! Writes elements.

use zeroize::Zeroizing;

use crate::der::length::{length, without_leading_zeros};
use crate::der::tag::INTEGER;

/// Writes an element whose contents are `parts`, one after another. Its buffer never grows, so that no copy is left in memory.
pub(crate) fn write(tag: u8, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let len = parts.iter().map(|part| part.len()).sum();
    let length = length(len);
    let mut der = Zeroizing::new(Vec::with_capacity(1 + length.len() + len));
    der.push(tag);
    der.extend_from_slice(&length);
    parts.iter().for_each(|part| der.extend_from_slice(part));
    der
}

/// Writes a number that is not negative, given as big-endian bytes, as an INTEGER.
pub(crate) fn integer(number: &[u8]) -> Zeroizing<Vec<u8>> {
    match without_leading_zeros(number) {
        [] => write(INTEGER, &[&[0]]),
        number @ [0x80..=0xff, ..] => write(INTEGER, &[&[0], number]),
        number => write(INTEGER, &[number]),
    }
}
