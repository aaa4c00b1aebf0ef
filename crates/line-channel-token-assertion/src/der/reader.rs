//! Reads elements that follow one another.

use line_channel_token_pem::Tlv;

use crate::der::length::length;
use crate::der::tag::{INTEGER, SEQUENCE};

/// Reads the elements inside a SEQUENCE.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader of `der`, which must be one SEQUENCE and nothing else.
    pub(crate) fn of_sequence(der: &'a [u8]) -> Option<Self> {
        contents(der, SEQUENCE).map(|rest| Self { rest })
    }

    /// The contents of the next element, which must have this tag.
    pub(crate) fn next(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (value, rest) = split_first(self.rest, tag)?;
        self.rest = rest;
        Some(value)
    }

    /// The contents of the next element if it has this tag. `None` if it has the tag and is malformed.
    pub(crate) fn next_if(&mut self, tag: u8) -> Option<Option<&'a [u8]>> {
        if self.rest.first() == Some(&tag) { self.next(tag).map(Some) } else { Some(None) }
    }

    /// The next element, an INTEGER that is not negative: big-endian, without leading zeros.
    pub(crate) fn unsigned(&mut self) -> Option<&'a [u8]> {
        match self.next(INTEGER)? {
            // A zero precedes a number that would be negative without it.
            [0, number @ ..] if number.first().is_some_and(|first| *first >= 0x80) => Some(number),
            number @ ([0] | [1..=0x7f, ..]) => Some(number),
            _ => None,
        }
    }

    /// Whether no element is left.
    pub(crate) fn is_finished(&self) -> bool {
        self.rest.is_empty()
    }
}

/// The contents of `der`, which must be one element with this tag and nothing else.
pub(crate) fn contents(der: &[u8], tag: u8) -> Option<&[u8]> {
    split_first(der, tag).filter(|(_, rest)| rest.is_empty()).map(|(value, _)| value)
}

fn split_first(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (element, rest) = Tlv::split_first(der)?;
    // DER has each length in the fewest octets.
    let is_shortest = element.raw.len() == 1 + length(element.value.len()).len() + element.value.len();
    (element.tag == tag && is_shortest).then_some((element.value, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Reader, contents};
    use crate::der::length::without_leading_zeros;
    use crate::der::tag::{INTEGER, SEQUENCE};
    use crate::der::writer::{integer, write};

    fn unsigned(der: &[u8]) -> Option<&[u8]> {
        let mut reader = Reader { rest: der };
        reader.unsigned().filter(|_| reader.is_finished())
    }

    #[test]
    fn only_the_shortest_encoding_is_accepted() {
        assert_eq!(unsigned(&[2, 1, 0]), Some(&[0][..]));
        assert_eq!(unsigned(&[2, 2, 0, 0x80]), Some(&[0x80][..]));
        for (der, what) in [
            (&[2, 0][..], "empty"),
            (&[2, 1, 0x80], "negative"),
            (&[2, 2, 0xff, 0xff], "negative"),
            (&[2, 2, 0, 1], "a leading zero"),
            (&[2, 2, 0, 0], "a leading zero"),
            (&[2, 0x81, 1, 5], "a long length"),
            (&[2, 0x82, 0, 1, 5], "a long length"),
            (&[3, 1, 5], "another tag"),
            (&[2, 2, 5], "cut off"),
            (&[2, 1, 5, 0], "trailing data"),
        ] {
            assert_eq!(unsigned(der), None, "{what}");
        }
        let long = [&[INTEGER, 0x82, 0, 0x80, 1][..], &[0; 127]].concat();
        assert_eq!(unsigned(&long), None);
        assert!(Reader::of_sequence(&[SEQUENCE, 0, 0]).is_none());
    }

    #[test]
    fn optional_elements_may_be_absent() {
        let read = |der: &'static [u8]| Reader { rest: der }.next_if(0xa0);
        assert_eq!(read(&[]), Some(None));
        assert_eq!(read(&[0xa1, 0]), Some(None));
        assert_eq!(read(&[0xa0, 1, 7]), Some(Some(&[7][..])));
        assert_eq!(read(&[0xa0, 2, 7]), None, "present and cut off");
    }

    proptest! {
        #[test]
        fn written_numbers_are_read(number in proptest::collection::vec(any::<u8>(), 0..400)) {
            let der = integer(&number);
            prop_assert_eq!(der.capacity(), der.len());
            let expected = match without_leading_zeros(&number) { [] => &[0], number => number };
            prop_assert_eq!(unsigned(&der), Some(expected));
            let sequence = write(SEQUENCE, &[&der, &der]);
            prop_assert_eq!(contents(&sequence, SEQUENCE).unwrap(), [&**der, &**der].concat());
        }
    }
}
