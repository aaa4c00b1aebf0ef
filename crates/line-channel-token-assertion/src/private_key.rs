//! RSA and EC private keys, the same for every format: providers load them, and they are saved as PKCS#8.

use line_channel_token_core::Error;
use zeroize::Zeroizing;

use crate::der::{
    BIT_STRING, CONTEXT_1, EC_PUBLIC_KEY, NULL, OBJECT_IDENTIFIER, OCTET_STRING, P_256, RSA_ENCRYPTION, SEQUENCE,
    integer, without_leading_zeros, write,
};
use crate::key_errors::{malformed, multi_prime};
use crate::pkcs1::{Pkcs1, RsaComponents};

/// A private key. Its components are not yet known to fit together.
pub(crate) enum PrivateKey {
    Rsa(RsaKey),
    Ec(EcKey),
}

impl PrivateKey {
    /// Whether both are the same key, whatever format they had.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Rsa(one), Self::Rsa(other)) => one.pkcs1 == other.pkcs1,
            (Self::Ec(one), Self::Ec(other)) => one.is_same(other),
            _ => false,
        }
    }

    /// Adds the public point of the same key in another format, so that it is checked too.
    pub(crate) fn complete_from(&mut self, same: Self) {
        if let (Self::Ec(key), Self::Ec(same)) = (self, same)
            && key.public.is_none()
        {
            key.public = same.public;
        }
    }
}

/// An RSA key with 2048 bits and two primes.
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
        match Pkcs1::parse(der) {
            Some(Pkcs1::TwoPrimes(components)) => Self::new(components),
            Some(Pkcs1::MultiPrime) => Err(multi_prime()),
            None => Err(malformed()),
        }
    }

    pub(crate) fn new(components: RsaComponents<'_>) -> Result<Self, Error> {
        let modulus = without_leading_zeros(components.n);
        let exponent = without_leading_zeros(components.e);
        let bits = bit_len(modulus);
        if bits != 2048 {
            return Err(Error::invalid_input(format!(
                "this RSA key has {bits} bits: LINE accepts only 2048 bits, so generate a new one"
            )));
        }
        if bit_len(exponent) > 33 || exponent == [1] || exponent.last().is_none_or(|last| last % 2 == 0) {
            return Err(Error::invalid_input(
                "the public exponent of this RSA key is not usable: generate a key with the usual 65537",
            ));
        }
        Ok(Self { pkcs1: components.to_pkcs1(), modulus: modulus.to_vec(), exponent: exponent.to_vec() })
    }

    /// Encodes the key as PKCS#8.
    pub(crate) fn to_pkcs8(&self) -> Zeroizing<Vec<u8>> {
        pkcs8(&[&write(OBJECT_IDENTIFIER, &[RSA_ENCRYPTION]), &write(NULL, &[])], &self.pkcs1)
    }
}

/// A key on P-256.
pub(crate) struct EcKey {
    /// The secret scalar.
    pub(crate) scalar: Zeroizing<[u8; 32]>,
    /// The public point as it was given, in the encoding of SEC1, compressed or not.
    public: Option<Vec<u8>>,
}

impl EcKey {
    pub(crate) fn new(scalar: &[u8], public: Option<Vec<u8>>) -> Result<Self, Error> {
        // Some programs leave leading zeros out, and others add one.
        let mut scalar = scalar;
        while let (Some(rest), 33..) = (scalar.strip_prefix(&[0]), scalar.len()) {
            scalar = rest;
        }
        let Some(zeros) = 32usize.checked_sub(scalar.len()) else {
            return Err(malformed());
        };
        let mut padded = Zeroizing::new([0; 32]);
        padded[zeros..].copy_from_slice(scalar);
        Ok(Self { scalar: padded, public })
    }

    fn is_same(&self, other: &Self) -> bool {
        let points = match (self.public.as_deref(), other.public.as_deref()) {
            (Some([4, ..]), Some(short @ [2 | 3, ..])) => {
                self.uncompressed_point().is_some_and(|point| agrees(short, point))
            }
            (Some(short @ [2 | 3, ..]), Some([4, ..])) => {
                other.uncompressed_point().is_some_and(|point| agrees(short, point))
            }
            (Some(one), Some(other)) => one == other,
            _ => true,
        };
        self.scalar == other.scalar && points
    }

    pub(crate) fn uncompressed_point(&self) -> Option<&[u8; 65]> {
        self.public.as_deref()?.try_into().ok()
    }

    /// Whether `point` (uncompressed) is the public point that came with the key. `true` if none did.
    pub(crate) fn agrees_with(&self, point: &[u8; 65]) -> bool {
        self.public.as_deref().is_none_or(|given| agrees(given, point))
    }

    /// Encodes the key as PKCS#8, with its public point if `point` is given.
    pub(crate) fn to_pkcs8(&self, point: Option<&[u8; 65]>) -> Zeroizing<Vec<u8>> {
        let scalar = write(OCTET_STRING, &[&*self.scalar]);
        // The zero says that no bit of the last octet is unused.
        let public = point.map(|point| write(CONTEXT_1, &[&write(BIT_STRING, &[&[0], point])]));
        let public = public.as_ref().map_or(&[][..], |public| public);
        let sec1 = write(SEQUENCE, &[&integer(&[1]), &scalar, public]);
        pkcs8(&[&write(OBJECT_IDENTIFIER, &[EC_PUBLIC_KEY]), &write(OBJECT_IDENTIFIER, &[P_256])], &sec1)
    }
}

/// Encodes `PrivateKeyInfo` of RFC 5208.
fn pkcs8(algorithm: &[&[u8]], key: &[u8]) -> Zeroizing<Vec<u8>> {
    write(SEQUENCE, &[&integer(&[0]), &write(SEQUENCE, algorithm), &write(OCTET_STRING, &[key])])
}

/// Whether `given`, compressed or not, is `point`.
fn agrees(given: &[u8], point: &[u8; 65]) -> bool {
    match given {
        [prefix @ (2 | 3), x @ ..] => x == &point[1..33] && *prefix == 2 + (point[64] & 1),
        given => given == point,
    }
}

/// The length in bits of a number without leading zeros.
fn bit_len(number: &[u8]) -> usize {
    match number {
        [] => 0,
        [first, ..] => number.len() * 8 - first.leading_zeros() as usize,
    }
}
