//! One element of DER: a tag, a length and a value.

use std::fmt;

/// An element of DER, borrowed from the bytes around it.
///
/// `Debug` shows the tag alone: the value may be a key.
///
/// ```
/// use line_channel_token_pem::Tlv;
///
/// let (sequence, rest) = Tlv::split_first(&[0x30, 3, 0x02, 1, 5, b'\n']).unwrap();
/// assert_eq!(sequence.tag, 0x30);
/// assert_eq!(sequence.raw, [0x30, 3, 0x02, 1, 5]);
/// assert_eq!(rest, b"\n");
/// let [number] = sequence.children().unwrap()[..] else { panic!() };
/// assert_eq!(number.tag, 0x02);
/// assert_eq!(number.value, [5]);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// The identifier octet: `0x30` is a SEQUENCE. Tags above 30, which no key or certificate has, are not supported.
    pub tag: u8,
    /// The contents octets.
    pub value: &'a [u8],
    /// The whole element: tag, length and value.
    pub raw: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// The element at the beginning of `der`, and the bytes that follow it. `None` if there is no complete element.
    #[must_use]
    pub fn split_first(der: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (&tag, after) = der.split_first()?;
        let (&length, after) = after.split_first()?;
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (length, after) = match length {
            0..=0x7f => (usize::from(length), after),
            0x81..=0x84 => {
                let (octets, after) = after.split_at_checked(usize::from(length & 0x7f))?;
                let length = octets.iter().fold(0u64, |sum, octet| (sum << 8) | u64::from(*octet));
                (usize::try_from(length).ok()?, after)
            }
            _ => return None,
        };
        let (value, rest) = after.split_at_checked(length)?;
        let raw = der.get(..der.len().checked_sub(rest.len())?)?;
        Some((Self { tag, value, raw }, rest))
    }

    /// The elements inside this one. `None` if its value is not a sequence of complete elements.
    #[must_use]
    pub fn children(&self) -> Option<Vec<Self>> {
        let mut rest = self.value;
        let mut children = Vec::new();
        while !rest.is_empty() {
            let (child, after) = Self::split_first(rest)?;
            children.push(child);
            rest = after;
        }
        Some(children)
    }
}

impl fmt::Debug for Tlv<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tlv({:#04x})", self.tag)
    }
}

#[cfg(test)]
mod tests {
    use super::Tlv;

    #[test]
    fn long_lengths_are_parsed() {
        let mut der = vec![0x30, 0x82, 1, 0];
        der.extend([7; 256]);
        let (tlv, rest) = Tlv::split_first(&der).unwrap();
        assert_eq!((tlv.value.len(), tlv.raw.len(), rest.len()), (256, 260, 0));
    }

    #[test]
    fn truncated_elements_are_none() {
        for der in [
            &[][..],
            &[0x30],
            &[0x30, 1],
            &[0x30, 0x82, 1],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x85, 0, 0, 0, 0, 0],
            &[0x1f, 0],
        ] {
            assert_eq!(Tlv::split_first(der), None, "{der:?}");
        }
        assert_eq!(Tlv::split_first(&[0x30, 1, 2]).unwrap().0.children(), None);
    }
}
