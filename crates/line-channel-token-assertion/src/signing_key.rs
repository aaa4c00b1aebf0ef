//! A private key, read and checked once.

use std::fmt;
use std::sync::Arc;

use line_channel_token_core::Error;
use zeroize::Zeroizing;

use crate::key_file::{self, Format, KeyFile};
use crate::private_key::{EcKey, PrivateKey, RsaKey, inconsistent};
use crate::provider::{PREFERRED, Provider, RawSigner};
use crate::{PrivateKeyPem, PublicJwk, SigningAlgorithm};

/// A private key for signing assertions: RSA of 2048 bits, or EC on P-256.
///
/// It is read and checked once, when it is made: that an RSA key has two different primes of 1024 bits, that all of its numbers
/// follow from them, and that a signature of it verifies. Every provider takes and refuses the same keys. With RSA this takes some
/// milliseconds, several times as long as a signature. A key that was just generated is only tried out.
/// Clones are cheap and share one key. `Debug` shows the algorithm alone, and no error shows any of the key.
#[derive(Clone)]
pub struct SigningKey(Arc<Inner>);

struct Inner {
    raw: Box<dyn RawSigner>,
    algorithm: SigningAlgorithm,
    public_jwk: PublicJwk,
    pkcs8: Zeroizing<Vec<u8>>,
    embedded_kid: Option<Box<str>>,
}

impl SigningKey {
    /// Reads a key in whichever format it has: PEM, DER or a private JWK, as people paste it.
    ///
    /// Whatever can mean one key only is read, and a key beside another one that cannot be read is refused: UTF-16, base64 or hex of a key, PEM whose line ends became spaces or `\n`,
    /// a JWK after a heading, in an array or under a member of JSON, a Python dict, the XML of .NET. The crate's page has
    /// the list.
    ///
    /// ```
    /// # #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))] {
    /// use line_channel_token_assertion::SigningKey;
    ///
    /// let pem = SigningKey::generate_ec()?.to_pkcs8_pem()?;
    /// // As a variable in a .env file that was read without a look at its quotes.
    /// let pasted = format!("\"{}\"", pem.expose_secret().replace('\n', "\\n"));
    /// SigningKey::parse(pasted)?;
    /// let error = SigningKey::parse("${LINE_PRIVATE_KEY}").unwrap_err();
    /// assert!(error.to_string().contains("a variable that was not expanded"));
    /// # }
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput), each with a message of its own that says what
    /// is wrong and what to do, for a public key, a certificate, an encrypted key, OpenSSH's format, several private keys, RSA of
    /// another size, another curve or kind of key, numbers that do not fit together, what is empty or longer than 256 KiB,
    /// values that are often given by mistake, and anything that cannot be read. Kind
    /// [`Signing`](line_channel_token_core::ErrorKind::Signing) if the build has no provider.
    pub fn parse(key: impl AsRef<[u8]>) -> Result<Self, Error> {
        Self::parse_with(PREFERRED, key.as_ref())
    }

    /// Reads a key from PEM alone: PKCS#8 (`PRIVATE KEY`), PKCS#1 (`RSA PRIVATE KEY`) or SEC1 (`EC PRIVATE KEY`).
    ///
    /// Text and blocks of another kind may stand before and after it. The BEGIN and END lines may be missing.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), and for DER and a JWK.
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, Error> {
        Self::from_format(pem.as_ref(), Format::Pem)
    }

    /// Reads a key from DER alone, or from base64 or hex of it: PKCS#8, PKCS#1 or SEC1.
    ///
    /// What follows the key is passed over, unless it is DER too.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), and for PEM and a JWK.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        Self::from_format(der, Format::Der)
    }

    /// Reads a key from a private JWK alone: RSA with `n`, `e`, `d`, `p`, `q`, `dp`, `dq` and `qi`, or EC with `crv` P-256,
    /// `x`, `y` and `d`.
    ///
    /// It may stand in an array, a JWK set or a member of an object, beside its public half, and after a heading. A `kid` in it is
    /// remembered, and [`AssertionSigner::new`](crate::AssertionSigner::new) refuses another one.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), and for PEM, DER, a JWK in a string of JSON or in base64, a missing or doubled member or one of
    /// another type (which is named), and an `alg`, `use` or `key_ops` that is not for signing.
    pub fn from_jwk(jwk: impl AsRef<[u8]>) -> Result<Self, Error> {
        Self::from_format(jwk.as_ref(), Format::Jwk)
    }

    /// Generates an RSA key of 2048 bits, the kind that LINE accepts.
    ///
    /// It takes a noticeable fraction of a second, more with the pure-Rust provider.
    ///
    /// # Errors
    ///
    /// Kind [`Signing`](line_channel_token_core::ErrorKind::Signing) where the provider fails or there is none.
    pub fn generate_rsa() -> Result<Self, Error> {
        Self::generate_rsa_with(PREFERRED)
    }

    /// Generates an EC key on P-256. LINE does not accept it today.
    ///
    /// # Errors
    ///
    /// As [`generate_rsa`](Self::generate_rsa).
    pub fn generate_ec() -> Result<Self, Error> {
        Self::generate_ec_with(PREFERRED)
    }

    /// The algorithm that this key signs with.
    #[must_use]
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.0.algorithm
    }

    /// The public half, to register in the LINE Developers Console.
    #[must_use]
    pub fn public_jwk(&self) -> &PublicJwk {
        &self.0.public_jwk
    }

    /// The `kid` that the private JWK named, where the key was read from one that did.
    #[must_use]
    pub fn embedded_kid(&self) -> Option<&str> {
        self.0.embedded_kid.as_deref()
    }

    /// The private key as PEM in PKCS#8, to save a generated key. It is not encrypted: keep it in a secret store, or
    /// in a file that nobody else can read.
    ///
    /// # Errors
    ///
    /// Kind [`Signing`](line_channel_token_core::ErrorKind::Signing) where it cannot be written, which no known key
    /// brings about.
    pub fn to_pkcs8_pem(&self) -> Result<PrivateKeyPem, Error> {
        Ok(PrivateKeyPem::from_pkcs8(&self.0.pkcs8))
    }

    /// Signs `message` into `signature`, which has the algorithm's length.
    pub(crate) fn sign_bytes(&self, message: &[u8], signature: &mut [u8]) -> Result<(), Error> {
        self.0.raw.sign(message, signature)
    }

    /// Whether the public half accepts `signature`.
    #[cfg(all(test, any(feature = "aws-lc-rs", feature = "rust-crypto")))]
    pub(crate) fn verify_bytes(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.raw.verify(message, signature)
    }

    pub(crate) fn parse_with(provider: &Provider, key: &[u8]) -> Result<Self, Error> {
        Self::from_read(provider, key_file::read(key)?)
    }

    fn from_format(key: &[u8], expected: Format) -> Result<Self, Error> {
        let read = key_file::read(key)?;
        read.expect(expected)?;
        Self::from_read(PREFERRED, read)
    }

    fn from_read(provider: &Provider, read: KeyFile) -> Result<Self, Error> {
        let KeyFile { key, kid, .. } = read;
        match key {
            PrivateKey::Rsa(key) => Self::rsa(provider, &key, kid),
            PrivateKey::Ec(key) => Self::ec(provider, &key, kid),
        }
    }

    pub(crate) fn generate_rsa_with(provider: &Provider) -> Result<Self, Error> {
        // The provider has just tested the primes.
        Self::load_rsa(provider, &(provider.generate_rsa)()?, None)
    }

    pub(crate) fn generate_ec_with(provider: &Provider) -> Result<Self, Error> {
        Self::ec(provider, &(provider.generate_ec)()?, None)
    }

    fn rsa(provider: &Provider, key: &RsaKey, kid: Option<String>) -> Result<Self, Error> {
        // A build with no provider takes no key at all.
        #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))]
        crate::rsa_numbers::check(key)?;
        Self::load_rsa(provider, key, kid)
    }

    fn load_rsa(provider: &Provider, key: &RsaKey, kid: Option<String>) -> Result<Self, Error> {
        Self::checked(Inner {
            raw: (provider.load_rsa)(key)?,
            algorithm: SigningAlgorithm::Rs256,
            public_jwk: PublicJwk::rsa(&key.modulus, &key.exponent),
            pkcs8: key.to_pkcs8(),
            embedded_kid: kid.map(Into::into),
        })
    }

    fn ec(provider: &Provider, key: &EcKey, kid: Option<String>) -> Result<Self, Error> {
        let (raw, point) = (provider.load_ec)(key)?;
        if !key.agrees_with(&point) {
            return Err(inconsistent());
        }
        Self::checked(Inner {
            raw,
            algorithm: SigningAlgorithm::Es256,
            public_jwk: PublicJwk::ec(&point),
            pkcs8: key.to_pkcs8(Some(&point)),
            embedded_kid: kid.map(Into::into),
        })
    }

    /// Signs and verifies once, so that a key that cannot sign is refused here and not in the middle of a call.
    fn checked(inner: Inner) -> Result<Self, Error> {
        const MESSAGE: &[u8] = b"a key of line-channel-token checks itself";
        let mut signature = vec![0; inner.algorithm.signature_len()];
        inner.raw.sign(MESSAGE, &mut signature)?;
        if !inner.raw.verify(MESSAGE, &signature) {
            return Err(inconsistent());
        }
        Ok(Self(Arc::new(inner)))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.0.algorithm)
    }
}
