//! One form for private keys of every container: what the providers load and what is saved.

use line_channel_token_core::Error;
use zeroize::Zeroizing;

use crate::der::{BIT_STRING, NULL, OCTET_STRING, OID, SEQUENCE, without_zeros, write, write_number};
use crate::der_container::{EC_PUBLIC_KEY, P_256, RSA_ENCRYPTION, unreadable};
use crate::pkcs1::{Pkcs1, RsaNumbers};

/// A private key, whatever it was read from. Its numbers are not yet known to fit together.
pub(crate) enum PrivateKey {
    Rsa(RsaKey),
    Ec(EcKey),
}

impl PrivateKey {
    /// Whether both hold the same numbers, whatever containers these came in.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Rsa(one), Self::Rsa(other)) => one.pkcs1 == other.pkcs1,
            (Self::Ec(one), Self::Ec(other)) => one.is_same(other),
            _ => false,
        }
    }

    /// Takes the public point of the same key, so that it is checked in whichever container it came.
    pub(crate) fn complete_from(&mut self, same: Self) {
        if let (Self::Ec(key), Self::Ec(same)) = (self, same)
            && key.public.is_none()
        {
            key.public = same.public;
        }
    }
}

/// An RSA key of 2048 bits with two primes.
pub(crate) struct RsaKey {
    /// `RSAPrivateKey` of PKCS#1.
    pub(crate) pkcs1: Zeroizing<Vec<u8>>,
    /// `n`, without leading zeros.
    pub(crate) modulus: Vec<u8>,
    /// `e`, without leading zeros.
    pub(crate) exponent: Vec<u8>,
}

impl RsaKey {
    pub(crate) fn from_pkcs1(der: &[u8]) -> Result<Self, Error> {
        match Pkcs1::read(der) {
            Some(Pkcs1::TwoPrimes(numbers)) => Self::new(numbers),
            Some(Pkcs1::MorePrimes) => {
                Err(Error::invalid_input("this RSA key has more than two primes: generate one with two"))
            }
            None => Err(unreadable()),
        }
    }

    pub(crate) fn new(numbers: RsaNumbers<'_>) -> Result<Self, Error> {
        let (modulus, exponent) = (without_zeros(numbers.n), without_zeros(numbers.e));
        let bits = bit_len(modulus);
        if bits != 2048 {
            return Err(Error::invalid_input(format!("this RSA key has {bits} bits: LINE takes 2048 bits alone")));
        }
        if bit_len(exponent) > 33 || exponent == [1] || exponent.last().is_none_or(|last| last % 2 == 0) {
            return Err(Error::invalid_input(
                "the public exponent of this RSA key is not usable: generate one with the usual 65537",
            ));
        }
        Ok(Self { pkcs1: numbers.to_pkcs1(), modulus: modulus.to_vec(), exponent: exponent.to_vec() })
    }

    /// The key as PKCS#8.
    pub(crate) fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        pkcs8(&[&write(OID, &[RSA_ENCRYPTION]), &write(NULL, &[])], &self.pkcs1)
    }
}

/// A key on P-256.
pub(crate) struct EcKey {
    /// The secret number.
    pub(crate) scalar: Zeroizing<[u8; 32]>,
    /// The public point as it was given, in the form of SEC1, compressed or not.
    public: Option<Vec<u8>>,
}

impl EcKey {
    pub(crate) fn new(scalar: &[u8], public: Option<Vec<u8>>) -> Result<Self, Error> {
        // Some writers leave leading zeros out, and others add one.
        let mut scalar = scalar;
        while let (Some(rest), 33..) = (scalar.strip_prefix(&[0]), scalar.len()) {
            scalar = rest;
        }
        let Some(zeros) = 32usize.checked_sub(scalar.len()) else {
            return Err(unreadable());
        };
        let mut padded = Zeroizing::new([0; 32]);
        padded[zeros..].copy_from_slice(scalar);
        Ok(Self { scalar: padded, public })
    }

    fn is_same(&self, other: &Self) -> bool {
        let points = match (self.public.as_deref(), other.public.as_deref()) {
            (Some([4, ..]), Some(short @ [2 | 3, ..])) => self.whole_point().is_some_and(|point| agrees(short, point)),
            (Some(short @ [2 | 3, ..]), Some([4, ..])) => other.whole_point().is_some_and(|point| agrees(short, point)),
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        self.scalar == other.scalar && points
    }

    fn whole_point(&self) -> Option<&[u8; 65]> {
        self.public.as_deref()?.try_into().ok()
    }

    /// Whether the public point that came with the key is `point` (uncompressed), or none came.
    pub(crate) fn agrees_with(&self, point: &[u8; 65]) -> bool {
        self.public.as_deref().is_none_or(|given| agrees(given, point))
    }

    /// The key as PKCS#8, with its public point where `point` gives it.
    pub(crate) fn to_pkcs8(&self, point: Option<&[u8; 65]>) -> Zeroizing<Vec<u8>> {
        let scalar = write(OCTET_STRING, &[&*self.scalar]);
        // Of as many bits as there are, so that none of the last octet is unused.
        let public = point.map(|point| write(PUBLIC, &[&write(BIT_STRING, &[&[0], point])]));
        let public = public.as_ref().map_or(&[][..], |public| public);
        let sec1 = write(SEQUENCE, &[&write_number(&[1]), &scalar, public]);
        pkcs8(&[&write(OID, &[EC_PUBLIC_KEY]), &write(OID, &[P_256])], &sec1)
    }
}

/// The public point in SEC1's `ECPrivateKey`.
const PUBLIC: u8 = 0xa1;

/// `PrivateKeyInfo` of RFC 5208, version 1.
fn pkcs8(algorithm: &[&[u8]], key: &[u8]) -> Zeroizing<Vec<u8>> {
    write(SEQUENCE, &[&write_number(&[0]), &write(SEQUENCE, algorithm), &write(OCTET_STRING, &[key])])
}

/// Whether `given`, compressed or not, is `point`.
fn agrees(given: &[u8], point: &[u8; 65]) -> bool {
    match given {
        [prefix @ (2 | 3), x @ ..] => x == &point[1..33] && *prefix == 2 + (point[64] & 1),
        given => given == point,
    }
}

/// The error for a key whose numbers do not fit together.
pub(crate) fn inconsistent() -> Error {
    Error::invalid_input(
        "the parts of this private key do not fit together: it is damaged, or pieced together from two keys",
    )
}

/// Of a number without zeros in front.
fn bit_len(number: &[u8]) -> usize {
    match number {
        [] => 0,
        [first, ..] => number.len() * 8 - first.leading_zeros() as usize,
    }
}
