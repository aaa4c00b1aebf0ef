//! A private key, parsed and checked once.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use line_channel_token_core::Error;

use crate::crypto::{CryptoProvider, DEFAULT_PROVIDER};
use crate::loaded_key::LoadedKey;
use crate::parse::{Format, find_key, parse_der};
use crate::pkcs1::Pkcs1;
use crate::private_key::PrivateKey;
use crate::{PrivateKeyJwk, PrivateKeyPem, PublicJwk, SigningAlgorithm};

/// A private key for signing assertions: RSA with 2048 bits, or EC on P-256.
///
/// It is parsed and checked once, when it is made: an RSA key must have two different primes of 1024 bits, its other
/// components must follow from them, and a signature must verify. This takes a few milliseconds for RSA, several times as long
/// as a signature. Both providers accept and refuse the same keys.
///
/// Clones are cheap and share one key. `Debug` shows only the algorithm, and no error shows any of the key.
///
/// ```
/// # #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))] {
/// use line_channel_token_assertion::{SigningAlgorithm, SigningKey};
///
/// let key = SigningKey::generate_rsa()?;
/// assert_eq!(key.algorithm(), SigningAlgorithm::Rs256);
/// // To be registered in the LINE Developers Console, which assigns the kid.
/// println!("{}", key.public_jwk());
/// // To be kept in a secret store, and parsed when the program starts.
/// let pem = key.to_pkcs8_pem()?;
/// assert_eq!(SigningKey::from_pem(pem.expose_secret())?.public_jwk(), key.public_jwk());
/// # }
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone)]
pub struct SigningKey(Arc<LoadedKey>);

impl SigningKey {
    /// Parses a key in any format: PEM, DER or a private JWK, as people paste it. `FromStr` does the same.
    ///
    /// It accepts UTF-16, base64 or hex of a key, PEM whose line ends became spaces or `\n`, a JWK after a heading, in an array or
    /// in a member of JSON, a Python dict, the XML of .NET: the [crate's page](crate) has the list. The input must have one
    /// meaning: a second private key is refused, also if it cannot be parsed.
    ///
    /// ```
    /// # #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))] {
    /// use line_channel_token_assertion::SigningKey;
    ///
    /// let pem = SigningKey::generate_ec()?.to_pkcs8_pem()?;
    /// // A value from a .env file, with its quotes and escapes.
    /// let pasted = format!("\"{}\"", pem.expose_secret().replace('\n', "\\n"));
    /// SigningKey::parse(&pasted)?;
    /// let key: SigningKey = pasted.parse()?;
    ///
    /// let error = SigningKey::parse("${LINE_PRIVATE_KEY}").unwrap_err();
    /// assert!(error.to_string().contains("a variable that was not expanded"));
    /// # }
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if the input is
    ///
    /// - a public key, a certificate, an encrypted key, or a key in the format of OpenSSH, PuTTY, PGP or PKCS#12;
    /// - an RSA key whose size is not 2048 bits, an EC key on another curve than P-256, or a key of another type;
    /// - a key whose components do not fit together, or that is damaged or cut off;
    /// - more than one private key;
    /// - empty, or longer than 256 KiB;
    /// - a value that is often given by mistake: a placeholder, a path, a channel secret, a kid;
    /// - anything else that is not a key.
    ///
    /// Each has a message of its own that says what to do. Kind [`Signing`](line_channel_token_core::ErrorKind::Signing) if the
    /// build has no crypto provider.
    pub fn parse(key: impl AsRef<[u8]>) -> Result<Self, Error> {
        Self::parse_with(DEFAULT_PROVIDER, key.as_ref())
    }

    /// Parses a key from PEM only: PKCS#8 (`PRIVATE KEY`), PKCS#1 (`RSA PRIVATE KEY`) or SEC1 (`EC PRIVATE KEY`).
    ///
    /// Text and other blocks may surround the key, and its BEGIN and END lines may be missing.
    ///
    /// ```
    /// # #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))] {
    /// use line_channel_token_assertion::{SigningAlgorithm, SigningKey};
    ///
    /// let pem = SigningKey::generate_ec()?.to_pkcs8_pem()?;
    /// // In a program: SigningKey::from_pem(std::fs::read("line-key.pem")?)
    /// let key = SigningKey::from_pem(pem.expose_secret())?;
    /// assert_eq!(key.algorithm(), SigningAlgorithm::Es256);
    /// # }
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), and if the input is DER or a JWK.
    pub fn from_pem(pem: impl AsRef<[u8]>) -> Result<Self, Error> {
        Self::from_format(pem.as_ref(), Format::Pem)
    }

    /// Parses a key from DER only, or from base64 or hex of it: PKCS#8, PKCS#1 or SEC1.
    ///
    /// Bytes after the key are ignored, unless they are DER too.
    ///
    /// ```
    /// # #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))] {
    /// use line_channel_token_assertion::SigningKey;
    ///
    /// let pem = SigningKey::generate_ec()?.to_pkcs8_pem()?;
    /// // In a program: SigningKey::from_der(std::fs::read("line-key.der")?)
    /// let base64: String = pem.expose_secret().lines().filter(|line| !line.starts_with("-----")).collect();
    /// SigningKey::from_der(base64)?;
    ///
    /// let error = SigningKey::from_der(pem.expose_secret()).unwrap_err();
    /// assert!(error.to_string().contains("this is PEM, not DER: use SigningKey::from_pem"));
    /// # }
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), and if the input is PEM or a JWK.
    pub fn from_der(der: impl AsRef<[u8]>) -> Result<Self, Error> {
        Self::from_format(der.as_ref(), Format::Der)
    }

    /// Parses a key from a private JWK only: RSA with `n`, `e`, `d`, `p`, `q`, `dp`, `dq` and `qi`, or EC with `crv` P-256,
    /// `x`, `y` and `d`.
    ///
    /// It may be in an array, a JWK set or a member of an object, beside its public half, and after a heading. If it has a `kid`,
    /// [`AssertionSigner::new`](crate::AssertionSigner::new) refuses any other.
    ///
    /// ```no_run
    /// # #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))] {
    /// use line_channel_token_assertion::SigningKey;
    ///
    /// let key = SigningKey::from_jwk(std::fs::read("assertion-key.jwk")?)?;
    /// println!("kid {:?}", key.embedded_kid());
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse), and if
    ///
    /// - the input is PEM or DER, or the JWK is in a string of JSON or in base64;
    /// - a member is missing, occurs twice or has another type: the message names it;
    /// - its `alg`, `use` or `key_ops` is not for signing.
    pub fn from_jwk(jwk: impl AsRef<[u8]>) -> Result<Self, Error> {
        Self::from_format(jwk.as_ref(), Format::Jwk)
    }

    /// Generates an RSA key with 2048 bits, the only kind that LINE accepts.
    ///
    /// It takes a noticeable fraction of a second, and longer with the pure-Rust provider. [`SigningKey`] has an example.
    ///
    /// # Errors
    ///
    /// Kind [`Signing`](line_channel_token_core::ErrorKind::Signing) if the provider fails, or the build has none.
    pub fn generate_rsa() -> Result<Self, Error> {
        Self::generate_rsa_with(DEFAULT_PROVIDER)
    }

    /// Generates an EC key on P-256, which LINE does not accept today.
    ///
    /// ```
    /// # #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))] {
    /// use line_channel_token_assertion::{SigningAlgorithm, SigningKey};
    ///
    /// assert_eq!(SigningKey::generate_ec()?.algorithm(), SigningAlgorithm::Es256);
    /// # }
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`generate_rsa`](Self::generate_rsa).
    pub fn generate_ec() -> Result<Self, Error> {
        Self::generate_ec_with(DEFAULT_PROVIDER)
    }

    /// The algorithm that this key signs with.
    #[must_use]
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.0.algorithm
    }

    /// The public half, to be registered in the LINE Developers Console.
    #[must_use]
    pub fn public_jwk(&self) -> &PublicJwk {
        &self.0.public_jwk
    }

    /// The `kid` of the private JWK that the key was parsed from, if it had one.
    #[must_use]
    pub fn embedded_kid(&self) -> Option<&str> {
        self.0.embedded_kid.as_deref()
    }

    /// The private key as PEM in PKCS#8, to be saved. It is not encrypted: keep it in a secret store, or in a file that only its
    /// owner can read. [`SigningKey`] has an example.
    ///
    /// # Errors
    ///
    /// Kind [`Signing`](line_channel_token_core::ErrorKind::Signing) if it cannot be encoded. No known key causes this.
    pub fn to_pkcs8_pem(&self) -> Result<PrivateKeyPem, Error> {
        Ok(PrivateKeyPem::from_pkcs8(&self.0.pkcs8))
    }

    /// The private key as a JWK, to be saved, without a `kid`. It is not encrypted: keep it in a secret store, or in a file that only its
    /// owner can read.
    ///
    /// ```
    /// # #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto"))] {
    /// use line_channel_token_assertion::SigningKey;
    ///
    /// let key = SigningKey::generate_ec()?;
    /// let jwk = key.to_private_jwk()?;
    /// assert_eq!(SigningKey::from_jwk(jwk.expose_secret())?.public_jwk(), key.public_jwk());
    /// # }
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Kind [`Signing`](line_channel_token_core::ErrorKind::Signing) if it cannot be encoded. No known key causes this.
    pub fn to_private_jwk(&self) -> Result<PrivateKeyJwk, Error> {
        let not_encoded = || Error::signing("the private key cannot be encoded as a JWK");
        match parse_der(&self.0.pkcs8).map_err(|_| not_encoded())? {
            PrivateKey::Rsa(key) => match Pkcs1::parse(&key.pkcs1) {
                Some(Pkcs1::TwoPrimes(components)) => Ok(PrivateKeyJwk::from_rsa(&components)),
                _ => Err(not_encoded()),
            },
            PrivateKey::Ec(key) => {
                let point = key.uncompressed_point().ok_or_else(not_encoded)?;
                Ok(PrivateKeyJwk::from_ec(&key.scalar, point))
            }
        }
    }

    /// Signs `message` into `signature`, whose length is that of the algorithm's signatures.
    pub(crate) fn sign_bytes(&self, message: &[u8], signature: &mut [u8]) -> Result<(), Error> {
        self.0.key_pair.sign(message, signature)
    }

    /// Whether `signature` is valid for `message`.
    #[cfg(all(test, any(feature = "aws-lc-rs", feature = "rust-crypto")))]
    pub(crate) fn verify_bytes(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.key_pair.verify(message, signature)
    }

    pub(crate) fn parse_with(provider: &CryptoProvider, key: &[u8]) -> Result<Self, Error> {
        let parsed = find_key(key)?;
        LoadedKey::load(provider, &parsed.key, parsed.kid).map(Self::new)
    }

    pub(crate) fn generate_rsa_with(provider: &CryptoProvider) -> Result<Self, Error> {
        LoadedKey::generate_rsa(provider).map(Self::new)
    }

    pub(crate) fn generate_ec_with(provider: &CryptoProvider) -> Result<Self, Error> {
        LoadedKey::generate_ec(provider).map(Self::new)
    }

    fn from_format(key: &[u8], expected: Format) -> Result<Self, Error> {
        let parsed = find_key(key)?;
        parsed.expect_format(expected)?;
        LoadedKey::load(DEFAULT_PROVIDER, &parsed.key, parsed.kid).map(Self::new)
    }

    fn new(key: LoadedKey) -> Self {
        Self(Arc::new(key))
    }
}

/// As [`SigningKey::parse`].
impl FromStr for SigningKey {
    type Err = Error;

    fn from_str(key: &str) -> Result<Self, Error> {
        Self::parse(key)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.0.algorithm)
    }
}
