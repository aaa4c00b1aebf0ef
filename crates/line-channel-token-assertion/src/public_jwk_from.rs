//! Public JWKs of keys that are elsewhere: in a KMS, an HSM or a file.

use line_channel_token_core::Error;
use line_channel_token_pem::{Decoded, DerKind, Label};

use crate::PublicJwk;
use crate::der::{
    BIT_STRING, EC_PUBLIC_KEY, OBJECT_IDENTIFIER, P_256, RSA_ENCRYPTION, Reader, SEQUENCE, contents, dotted,
    without_leading_zeros,
};
use crate::p256_curve::is_on_curve;

/// For keys that never leave a KMS or an HSM, whose public half can be read.
impl PublicJwk {
    /// Takes the modulus and the public exponent of an RSA key, both big-endian, as Azure Key Vault and PKCS#11 return them.
    /// Leading zeros are ignored.
    ///
    /// ```
    /// use line_channel_token_assertion::PublicJwk;
    ///
    /// # let mut modulus = vec![0xc1; 256];
    /// let jwk = PublicJwk::from_rsa(&modulus, [1, 0, 1])?;
    /// assert!(jwk.to_json().starts_with(r#"{"kty":"RSA","alg":"RS256","use":"sig","n":""#));
    ///
    /// let error = PublicJwk::from_rsa(&modulus[..128], [1, 0, 1]).unwrap_err();
    /// assert!(error.to_string().contains("has 1024 bits"));
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if the modulus has not 2048 bits, which LINE asks
    /// for, if it is even, or if the exponent is even, 1, or longer than 32 bits.
    pub fn from_rsa(modulus: impl AsRef<[u8]>, exponent: impl AsRef<[u8]>) -> Result<Self, Error> {
        let modulus = without_leading_zeros(modulus.as_ref());
        let exponent = without_leading_zeros(exponent.as_ref());
        let bits = modulus.first().map_or(0, |first| modulus.len() * 8 - first.leading_zeros() as usize);
        if bits != 2048 {
            return Err(Error::invalid_input(format!(
                "this RSA key has {bits} bits: LINE accepts only 2048 bits, so generate a new one"
            )));
        }
        let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
        if !is_odd(modulus) {
            return Err(Error::invalid_input(
                "the modulus of this RSA key is even: give its bytes with the highest first, as the key store returns them",
            ));
        }
        if !is_odd(exponent) || exponent == [1] || exponent.len() > 4 {
            return Err(Error::invalid_input(
                "the public exponent of this RSA key is not usable: it must be odd, at least 3 and at most 32 bits long, and \
                 65537 (the bytes 1, 0, 1) is usual",
            ));
        }
        Ok(Self::rsa(modulus, exponent))
    }

    /// Takes the coordinates of a public key on P-256, both big-endian. Leading zeros may be missing, or be too many.
    ///
    /// LINE does not accept ES256 today: such a key is for a gateway that does.
    ///
    /// ```
    /// use line_channel_token_assertion::PublicJwk;
    ///
    /// # let bytes = |hex: &str| (0..32).map(|nth| u8::from_str_radix(&hex[2 * nth..2 * nth + 2], 16).unwrap()).collect::<Vec<_>>();
    /// # let x = bytes("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
    /// # let y = bytes("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
    /// let jwk = PublicJwk::from_p256(&x, &y)?;
    /// assert!(jwk.to_json().starts_with(r#"{"kty":"EC","alg":"ES256","use":"sig","crv":"P-256","x":""#));
    /// assert!(PublicJwk::from_p256(&y, &x).unwrap_err().to_string().contains("no point of P-256"));
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if they are no point of P-256.
    pub fn from_p256(x: impl AsRef<[u8]>, y: impl AsRef<[u8]>) -> Result<Self, Error> {
        let no_point = || {
            Error::invalid_input(
                "the coordinates are no point of P-256: give `x` and then `y`, 32 bytes each with the highest first, of a key on \
                 P-256 (prime256v1, secp256r1)",
            )
        };
        let x = padded(x.as_ref()).ok_or_else(no_point)?;
        let y = padded(y.as_ref()).ok_or_else(no_point)?;
        if !is_on_curve(&x, &y) {
            return Err(no_point());
        }
        let mut point = [4; 65];
        point[1..33].copy_from_slice(&x);
        point[33..].copy_from_slice(&y);
        Ok(Self::ec(&point))
    }

    /// Parses a public key as `SubjectPublicKeyInfo`: in DER, as AWS KMS returns it, or in PEM, as Google Cloud KMS and
    /// `openssl pkey -pubout` write it. Base64 or hex around it are decoded.
    ///
    /// ```
    /// use line_channel_token_assertion::PublicJwk;
    ///
    /// let pem = "-----BEGIN PUBLIC KEY-----
    /// MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt
    /// 6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==
    /// -----END PUBLIC KEY-----";
    /// let jwk = PublicJwk::from_public_key(pem)?;
    /// assert!(jwk.to_json().contains(r#""x":"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpY""#));
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) as for [`from_rsa`](Self::from_rsa) and
    /// [`from_p256`](Self::from_p256), and if the input is anything but one public key: a private key, a certificate, a key for
    /// another algorithm or on another curve, a point that is compressed.
    pub fn from_public_key(public_key: impl AsRef<[u8]>) -> Result<Self, Error> {
        match Decoded::parse(public_key.as_ref(), "public key")? {
            Decoded::Der(der) => Self::from_spki(&der.bytes),
            Decoded::Text(text) => {
                let blocks = text.blocks();
                if blocks.iter().any(|block| block.label.is_private_key()) {
                    return Err(private_key());
                }
                match &blocks[..] {
                    [block] if block.label == Label::PublicKey => Self::from_spki(&block.der()?),
                    [block] if block.label == Label::Certificate => Err(certificate()),
                    _ => Err(not_one_public_key()),
                }
            }
            _ => Err(not_one_public_key()),
        }
    }

    fn from_spki(der: &[u8]) -> Result<Self, Error> {
        match DerKind::of(der) {
            DerKind::Certificate => return Err(certificate()),
            kind if kind.is_private_key() => return Err(private_key()),
            _ => {}
        }
        let Some(Spki { algorithm, parameters, key }) = Spki::parse(der) else {
            // `RSAPublicKey` of PKCS#1 has no algorithm before the numbers.
            let (modulus, exponent) = rsa_public_key(der).ok_or_else(not_one_public_key)?;
            return Self::from_rsa(modulus, exponent);
        };
        match (algorithm, key) {
            (RSA_ENCRYPTION, key) => {
                let (modulus, exponent) = rsa_public_key(key).ok_or_else(not_one_public_key)?;
                Self::from_rsa(modulus, exponent)
            }
            (EC_PUBLIC_KEY, key) => match (contents(parameters, OBJECT_IDENTIFIER), key) {
                (Some(P_256), [4, coordinates @ ..]) if coordinates.len() == 64 => {
                    let (x, y) = coordinates.split_at(32);
                    Self::from_p256(x, y)
                }
                (Some(P_256), [2 | 3, ..]) => Err(Error::invalid_input(
                    "the point of this EC key is compressed: rewrite it with `openssl ec -pubin -in KEY -pubout -conv_form \
                     uncompressed`",
                )),
                (Some(P_256), _) => Err(not_one_public_key()),
                _ => Err(Error::invalid_input(
                    "this EC key is on another curve than P-256, or does not name its curve: ES256 needs P-256 (and LINE accepts \
                     only RSA with 2048 bits)",
                )),
            },
            (other, _) => Err(Error::invalid_input(format!(
                "this public key is neither RSA nor EC (algorithm {}): LINE accepts only RSA with 2048 bits",
                dotted(other).ok_or_else(not_one_public_key)?
            ))),
        }
    }
}

/// `SubjectPublicKeyInfo` (RFC 5280, section 4.1).
struct Spki<'a> {
    algorithm: &'a [u8],
    /// What follows the algorithm: an element, or nothing.
    parameters: &'a [u8],
    key: &'a [u8],
}

impl<'a> Spki<'a> {
    fn parse(der: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::of_sequence(der)?;
        let identifier = reader.next(SEQUENCE)?;
        // The first octet is the number of unused bits in the last one.
        let key = reader.next(BIT_STRING)?.strip_prefix(&[0])?;
        let (oid, parameters) = line_channel_token_pem::Tlv::split_first(identifier)?;
        let is_whole = reader.is_finished() && oid.tag == OBJECT_IDENTIFIER;
        is_whole.then_some(Self { algorithm: oid.value, parameters, key })
    }
}

/// Modulus and exponent of `RSAPublicKey` of PKCS#1.
fn rsa_public_key(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut reader = Reader::of_sequence(der)?;
    let modulus = reader.unsigned()?;
    let exponent = reader.unsigned()?;
    reader.is_finished().then_some((modulus, exponent))
}

/// A coordinate with 32 bytes. `None` if it has more.
fn padded(coordinate: &[u8]) -> Option<[u8; 32]> {
    let digits = without_leading_zeros(coordinate);
    let mut padded = [0; 32];
    padded.get_mut(32usize.checked_sub(digits.len())?..)?.copy_from_slice(digits);
    Some(padded)
}

fn private_key() -> Error {
    Error::invalid_input(
        "this is a private key: give the public one, or use SigningKey::parse if the key may be in this process",
    )
}

fn certificate() -> Error {
    Error::invalid_input(
        "this is a certificate: take the public key out with `openssl x509 -in CERTIFICATE -noout -pubkey`",
    )
}

fn not_one_public_key() -> Error {
    Error::invalid_input(
        "this is not one public key, or it is damaged: give SubjectPublicKeyInfo in DER, or a PEM block that begins with BEGIN \
         PUBLIC KEY",
    )
}
