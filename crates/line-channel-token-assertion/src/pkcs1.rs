//! The numbers of an RSA key, and `RSAPrivateKey` of PKCS#1 (RFC 8017, appendix A.1.2), which lists them.

use zeroize::Zeroizing;

use crate::der::{Reader, SEQUENCE, write, write_number};

/// The numbers of a private key with two primes, each big-endian.
#[derive(Clone, Copy)]
pub(crate) struct RsaNumbers<'a> {
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

/// What a whole `RSAPrivateKey` is.
pub(crate) enum Pkcs1<'a> {
    TwoPrimes(RsaNumbers<'a>),
    MorePrimes,
}

impl<'a> Pkcs1<'a> {
    pub(crate) fn read(der: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::sequence(der)?;
        let version = reader.number()?;
        let mut number = || reader.number();
        let [n, e, d, p] = [number()?, number()?, number()?, number()?];
        let [q, dp, dq, qi] = [number()?, number()?, number()?, number()?];
        match version {
            [0] => reader.is_at_end().then_some(Self::TwoPrimes(RsaNumbers { n, e, d, p, q, dp, dq, qi })),
            [1] => {
                reader.next(SEQUENCE)?;
                reader.is_at_end().then_some(Self::MorePrimes)
            }
            _ => None,
        }
    }
}

impl RsaNumbers<'_> {
    /// The key as an `RSAPrivateKey`.
    pub(crate) fn to_pkcs1(self) -> Zeroizing<Vec<u8>> {
        let Self { n, e, d, p, q, dp, dq, qi } = self;
        let numbers = [&[0], n, e, d, p, q, dp, dq, qi].map(write_number);
        write(SEQUENCE, &numbers.each_ref().map(|number| number.as_slice()))
    }
}
