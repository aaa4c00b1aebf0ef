//! RSA and EC private keys, the same for every format: providers load them, and they are saved as PKCS#8.

use der::asn1::ObjectIdentifier;
use line_channel_token_core::Error;
use pkcs1::UintRef;
use pkcs8::PrivateKeyInfo;
use pkcs8::der::{Decode, Encode};
use pkcs8::spki::AlgorithmIdentifierRef;
use sec1::EcPrivateKey;
use zeroize::Zeroizing;

use crate::key_errors::{malformed, multi_prime};

/// The OID of P-256.
pub(crate) const P_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");

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
        Self::new(&pkcs1::RsaPrivateKey::from_der(der).map_err(|_| malformed())?)
    }

    pub(crate) fn new(key: &pkcs1::RsaPrivateKey<'_>) -> Result<Self, Error> {
        if key.other_prime_infos.is_some() {
            return Err(multi_prime());
        }
        let bits = bit_len(key.modulus);
        if bits != 2048 {
            return Err(Error::invalid_input(format!(
                "this RSA key has {bits} bits: LINE accepts only 2048 bits, so generate a new one"
            )));
        }
        let exponent = key.public_exponent.as_bytes();
        if bit_len(key.public_exponent) > 33 || exponent == [1] || exponent.last().is_none_or(|last| last % 2 == 0) {
            return Err(Error::invalid_input(
                "the public exponent of this RSA key is not usable: generate a key with the usual 65537",
            ));
        }
        Ok(Self {
            pkcs1: key.to_der().map(Zeroizing::new).map_err(|_| malformed())?,
            modulus: key.modulus.as_bytes().to_vec(),
            exponent: exponent.to_vec(),
        })
    }

    /// Encodes the key as PKCS#8.
    pub(crate) fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let info = PrivateKeyInfo::new(pkcs1::ALGORITHM_ID, &self.pkcs1);
        info.to_der().map(Zeroizing::new).map_err(|_| malformed())
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

    fn uncompressed_point(&self) -> Option<&[u8; 65]> {
        self.public.as_deref()?.try_into().ok()
    }

    /// Whether `point` (uncompressed) is the public point that came with the key. `true` if none did.
    pub(crate) fn agrees_with(&self, point: &[u8; 65]) -> bool {
        self.public.as_deref().is_none_or(|given| agrees(given, point))
    }

    /// Encodes the key as PKCS#8, with its public point if `point` is given.
    pub(crate) fn to_pkcs8(&self, point: Option<&[u8; 65]>) -> Result<Zeroizing<Vec<u8>>, Error> {
        let key = EcPrivateKey {
            private_key: self.scalar.as_slice(),
            parameters: None,
            public_key: point.map(|point| point.as_slice()),
        };
        let key = key.to_der().map(Zeroizing::new).map_err(|_| malformed())?;
        let algorithm = AlgorithmIdentifierRef { oid: sec1::ALGORITHM_OID, parameters: Some((&P_256).into()) };
        PrivateKeyInfo::new(algorithm, &key).to_der().map(Zeroizing::new).map_err(|_| malformed())
    }
}

/// Whether `given`, compressed or not, is `point`.
fn agrees(given: &[u8], point: &[u8; 65]) -> bool {
    match given {
        [prefix @ (2 | 3), x @ ..] => x == &point[1..33] && *prefix == 2 + (point[64] & 1),
        given => given == point,
    }
}

fn bit_len(number: UintRef<'_>) -> usize {
    match number.as_bytes() {
        [] => 0,
        bytes @ [first, ..] => bytes.len() * 8 - first.leading_zeros() as usize,
    }
}
