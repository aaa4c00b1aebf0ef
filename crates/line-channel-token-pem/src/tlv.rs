//! One element of DER: a tag, a length and a value.

/// An element of DER, borrowed from the bytes around it.
///
/// ```
/// use line_channel_token_pem::Tlv;
///
/// let (sequence, rest) = Tlv::first(&[0x30, 3, 0x02, 1, 5, b'\n']).unwrap();
/// assert_eq!((sequence.tag, rest), (0x30, &b"\n"[..]));
/// let [number] = sequence.children().unwrap()[..] else { panic!() };
/// assert_eq!((number.tag, number.value), (0x02, &[5][..]));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// The identifier octet, as in `0x30` for a SEQUENCE. Tags above 30, which no key or certificate has, are not read.
    pub tag: u8,
    /// The contents octets.
    pub value: &'a [u8],
    /// The element as a whole: tag, length and value.
    pub whole: &'a [u8],
}

impl<'a> Tlv<'a> {
    /// The element at the beginning of `der`, and what follows it. `None` if there is none or it breaks off.
    #[must_use]
    pub fn first(der: &'a [u8]) -> Option<(Self, &'a [u8])> {
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
        let whole = der.get(..der.len().checked_sub(rest.len())?)?;
        Some((Self { tag, value, whole }, rest))
    }

    /// The elements inside of this one, if it consists of whole elements.
    #[must_use]
    pub fn children(&self) -> Option<Vec<Self>> {
        let mut rest = self.value;
        let mut children = Vec::new();
        while !rest.is_empty() {
            let (child, after) = Self::first(rest)?;
            children.push(child);
            rest = after;
        }
        Some(children)
    }
}

/// Neither the value nor its length shows: it may be a key.
impl std::fmt::Debug for Tlv<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tlv({:#04x})", self.tag)
    }
}

#[cfg(test)]
mod tests {
    use super::Tlv;

    #[test]
    fn long_lengths_are_read() {
        let mut der = vec![0x30, 0x82, 1, 0];
        der.extend([7; 256]);
        let (tlv, rest) = Tlv::first(&der).unwrap();
        assert_eq!((tlv.value.len(), tlv.whole.len(), rest.len()), (256, 260, 0));
    }

    #[test]
    fn what_breaks_off_is_none() {
        for der in [
            &[][..],
            &[0x30],
            &[0x30, 1],
            &[0x30, 0x82, 1],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x85, 0, 0, 0, 0, 0],
            &[0x1f, 0],
        ] {
            assert_eq!(Tlv::first(der), None, "{der:?}");
        }
        assert_eq!(Tlv::first(&[0x30, 1, 2]).unwrap().0.children(), None);
    }
}
