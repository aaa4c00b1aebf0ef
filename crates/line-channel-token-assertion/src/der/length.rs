//! Length octets, and numbers without leading zeros, of which they are one.

/// The length octets of an element whose contents have `len` bytes: as few as possible.
pub(crate) fn length(len: usize) -> Vec<u8> {
    let bytes = len.to_be_bytes();
    match without_leading_zeros(&bytes) {
        [] => vec![0],
        [short @ ..=0x7f] => vec![*short],
        // At most 8, the size of a usize.
        long => [&[0x80 | long.len() as u8], long].concat(),
    }
}

/// The big-endian number without leading zeros.
pub(crate) fn without_leading_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    number.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn lengths_have_the_fewest_octets() {
        for (len, octets) in [
            (0, &[0][..]),
            (0x7f, &[0x7f]),
            (0x80, &[0x81, 0x80]),
            (0xff, &[0x81, 0xff]),
            (0x100, &[0x82, 1, 0]),
            (0x1_0000, &[0x83, 1, 0, 0]),
        ] {
            assert_eq!(length(len), octets);
        }
    }
}
