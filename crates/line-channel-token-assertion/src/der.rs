//! The little of DER that private keys are written in. Each value has one form, and any other one is not read.

use line_channel_token_pem::Tlv;
use zeroize::Zeroizing;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OID: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;

/// The elements inside of a SEQUENCE, one after another.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Of the SEQUENCE that `der` is, with nothing behind it.
    pub(crate) fn sequence(der: &'a [u8]) -> Option<Self> {
        whole(der, SEQUENCE).map(|rest| Self { rest })
    }

    /// Whether the next element has this tag.
    pub(crate) fn is_next(&self, tag: u8) -> bool {
        self.rest.first() == Some(&tag)
    }

    /// The contents of the next element, which must have this tag.
    pub(crate) fn next(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (value, rest) = element(self.rest, tag)?;
        self.rest = rest;
        Some(value)
    }

    /// The next element, which must be an INTEGER and not negative: big-endian, without zeros in front.
    pub(crate) fn number(&mut self) -> Option<&'a [u8]> {
        match self.next(INTEGER)? {
            // A zero stands in front of what would be negative without it.
            [0, digits @ ..] if digits.first().is_some_and(|first| *first >= 0x80) => Some(digits),
            digits @ ([0] | [1..=0x7f, ..]) => Some(digits),
            _ => None,
        }
    }

    /// Whether nothing follows.
    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }
}

/// The contents of the element that `der` is, if it has this tag and nothing behind it.
pub(crate) fn whole(der: &[u8], tag: u8) -> Option<&[u8]> {
    element(der, tag).filter(|(_, rest)| rest.is_empty()).map(|(value, _)| value)
}

fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (element, rest) = Tlv::first(der)?;
    // The length in as few octets as there can be.
    let shortest = element.whole.len() == 1 + length(element.value.len()).as_slice().len() + element.value.len();
    (element.tag == tag && shortest).then_some((element.value, rest))
}

/// Writes an element whose contents are these parts. The memory is wiped, and nothing is copied on the way.
pub(crate) fn write(tag: u8, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let contents = parts.iter().map(|part| part.len()).sum();
    let length = length(contents);
    let mut der = Zeroizing::new(Vec::with_capacity(1 + length.len() + contents));
    der.push(tag);
    der.extend_from_slice(&length);
    parts.iter().for_each(|part| der.extend_from_slice(part));
    der
}

/// Writes a number, given big-endian, as an INTEGER.
pub(crate) fn write_number(digits: &[u8]) -> Zeroizing<Vec<u8>> {
    match without_zeros(digits) {
        [] => write(INTEGER, &[&[0]]),
        digits @ [0x80..=0xff, ..] => write(INTEGER, &[&[0], digits]),
        digits => write(INTEGER, &[digits]),
    }
}

/// The digits without zeros in front.
pub(crate) fn without_zeros(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|digit| **digit == 0).count();
    digits.get(zeros..).unwrap_or_default()
}

fn length(contents: usize) -> Vec<u8> {
    let octets = contents.to_be_bytes();
    match without_zeros(&octets) {
        [] => vec![0],
        [short @ ..=0x7f] => vec![*short],
        // At most 8, as a usize has.
        octets => [&[0x80 | octets.len() as u8], octets].concat(),
    }
}

/// The name of an OBJECT IDENTIFIER in digits and dots, from its contents.
pub(crate) fn dotted(oid: &[u8]) -> Option<String> {
    let mut arcs: Vec<u32> = Vec::new();
    let mut arc = 0_u32;
    for octet in oid {
        arc = arc.checked_mul(128)?.checked_add(u32::from(octet & 0x7f))?;
        if octet & 0x80 == 0 {
            if arcs.is_empty() {
                // The first two share an octet.
                let first = (arc / 40).min(2);
                arcs.push(first);
                arc -= first * 40;
            }
            arcs.push(std::mem::take(&mut arc));
        }
    }
    let ends = oid.last().is_some_and(|last| last & 0x80 == 0);
    ends.then(|| arcs.iter().map(u32::to_string).collect::<Vec<_>>().join("."))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{INTEGER, Reader, SEQUENCE, dotted, whole, without_zeros, write, write_number};

    fn number(der: &[u8]) -> Option<&[u8]> {
        let mut reader = Reader { rest: der };
        reader.number().filter(|_| reader.is_at_end())
    }

    #[test]
    fn only_the_shortest_form_is_read() {
        assert_eq!(number(&[2, 1, 0]), Some(&[0][..]));
        assert_eq!(number(&[2, 2, 0, 0x80]), Some(&[0x80][..]));
        for (der, what) in [
            (&[2, 0][..], "empty"),
            (&[2, 1, 0x80], "negative"),
            (&[2, 2, 0xff, 0xff], "negative"),
            (&[2, 2, 0, 1], "a zero in front"),
            (&[2, 2, 0, 0], "a zero in front"),
            (&[2, 0x81, 1, 5], "a long length"),
            (&[2, 0x82, 0, 1, 5], "a long length"),
            (&[3, 1, 5], "another tag"),
            (&[2, 2, 5], "cut off"),
            (&[2, 1, 5, 0], "something behind it"),
        ] {
            assert_eq!(number(der), None, "{what}");
        }
        let long = [&[INTEGER, 0x82, 0, 0x80, 1][..], &[0; 127]].concat();
        assert_eq!(number(&long), None);
        assert!(Reader::sequence(&[SEQUENCE, 0, 0]).is_none());
    }

    #[test]
    fn identifiers_are_written_with_dots() {
        assert_eq!(dotted(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]).unwrap(), "1.2.840.10045.3.1.7");
        assert_eq!(dotted(&[0x2b, 0x65, 0x70]).unwrap(), "1.3.101.112");
        assert_eq!(dotted(&[0x88, 0x37, 3]).unwrap(), "2.999.3");
        for oid in [&[][..], &[0x2a, 0x86], &[0x2a, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]] {
            assert_eq!(dotted(oid), None, "{oid:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(digits in proptest::collection::vec(any::<u8>(), 0..400)) {
            let der = write_number(&digits);
            prop_assert_eq!(der.capacity(), der.len());
            let expected = match without_zeros(&digits) { [] => &[0], digits => digits };
            prop_assert_eq!(number(&der), Some(expected));
            let around = write(SEQUENCE, &[&der, &der]);
            prop_assert_eq!(whole(&around, SEQUENCE).unwrap(), [&**der, &**der].concat());
        }
    }
}
