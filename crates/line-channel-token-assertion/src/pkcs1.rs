//! `RSAPrivateKey` of PKCS#1 (RFC 8017, appendix A.1.2), which lists the components of an RSA key.

use zeroize::Zeroizing;

use crate::der::{Reader, SEQUENCE, integer, write};

/// The components of a private key with two primes, each big-endian.
#[derive(Clone, Copy)]
pub(crate) struct RsaComponents<'a> {
    pub(crate) n: &'a [u8],
    pub(crate) e: &'a [u8],
    pub(crate) d: &'a [u8],
    pub(crate) p: &'a [u8],
    pub(crate) q: &'a [u8],
    /// `d` modulo `p - 1`.
    pub(crate) dp: &'a [u8],
    /// `d` modulo `q - 1`.
    pub(crate) dq: &'a [u8],
    /// The inverse of `q` modulo `p`.
    pub(crate) qi: &'a [u8],
}

/// A parsed `RSAPrivateKey`.
pub(crate) enum Pkcs1<'a> {
    TwoPrimes(RsaComponents<'a>),
    MultiPrime,
}

impl<'a> Pkcs1<'a> {
    /// Parses `der`, which must be an `RSAPrivateKey` and nothing else. Leading zeros of the components are removed.
    pub(crate) fn parse(der: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::of_sequence(der)?;
        let version = reader.unsigned()?;
        let mut next = || reader.unsigned();
        let [n, e, d, p] = [next()?, next()?, next()?, next()?];
        let [q, dp, dq, qi] = [next()?, next()?, next()?, next()?];
        let key = match version {
            [0] => Self::TwoPrimes(RsaComponents { n, e, d, p, q, dp, dq, qi }),
            [1] => {
                reader.next(SEQUENCE)?;
                Self::MultiPrime
            }
            _ => return None,
        };
        reader.is_finished().then_some(key)
    }
}

impl RsaComponents<'_> {
    /// Encodes the key as `RSAPrivateKey`.
    pub(crate) fn to_pkcs1(self) -> Zeroizing<Vec<u8>> {
        let Self { n, e, d, p, q, dp, dq, qi } = self;
        let integers = [&[0], n, e, d, p, q, dp, dq, qi].map(integer);
        write(SEQUENCE, &integers.each_ref().map(|integer| integer.as_slice()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Pkcs1, RsaComponents};
    use crate::der::{SEQUENCE, contents, integer, write};

    const KEY: RsaComponents<'_> =
        RsaComponents { n: &[0xff, 1], e: &[3], d: &[7], p: &[11], q: &[13], dp: &[5], dq: &[9], qi: &[0, 2] };

    #[test]
    fn written_components_are_parsed() {
        let der = KEY.to_pkcs1();
        let Some(Pkcs1::TwoPrimes(key)) = Pkcs1::parse(&der) else { panic!("not parsed") };
        assert_eq!([key.n, key.e, key.d, key.p], [KEY.n, KEY.e, KEY.d, KEY.p]);
        assert_eq!([key.q, key.dp, key.dq, key.qi], [KEY.q, KEY.dp, KEY.dq, &[2]]);
    }

    #[test]
    fn other_versions_are_refused() {
        let der = KEY.to_pkcs1();
        let components = contents(&der, SEQUENCE).unwrap().strip_prefix(&[2, 1, 0]).unwrap();
        let others = write(SEQUENCE, &[]);
        let with = |version: u8, more: &[u8]| write(SEQUENCE, &[&integer(&[version]), components, more]);
        assert!(matches!(Pkcs1::parse(&with(1, &others)), Some(Pkcs1::MultiPrime)));
        for (der, what) in [
            (with(0, &others), "two primes and others"),
            (with(1, &[]), "no other primes"),
            (with(2, &others), "an unknown version"),
            (with(0, &[0]), "trailing data"),
        ] {
            assert!(Pkcs1::parse(&der).is_none(), "{what}");
        }
    }
}
