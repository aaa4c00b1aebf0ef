//! An assertion before its signature.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use line_channel_token_core::{Assertion, Error};
use zeroize::Zeroizing;

use crate::{SigningAlgorithm, ecdsa_signature};

/// An assertion to be signed: what [`AssertionTemplate::unsigned`](crate::AssertionTemplate::unsigned) returns.
///
/// Sign [`signing_input`](Self::signing_input), or its SHA-256, and attach the signature. `Debug` shows only the algorithm.
///
/// ```
/// use line_channel_token_assertion::{AssertionTemplate, SigningAlgorithm};
/// use line_channel_token_core::{AssertionKid, ChannelId, TokenLifetime};
///
/// let template = AssertionTemplate::new(
///     ChannelId::new("1234567890")?,
///     AssertionKid::new("6b2f34a4-9a0b-4d0e-8f0e-5b5f6f0c2d11")?,
///     SigningAlgorithm::Rs256,
/// );
/// let unsigned = template.unsigned(Some(TokenLifetime::from_days(30)?));
/// # #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto", feature = "sha2"))]
/// assert_eq!(unsigned.signing_input_sha256().len(), 32);
/// # let sign_with_hsm = |input: &[u8]| [input[0]; 256];
/// let signature = sign_with_hsm(unsigned.signing_input());
/// let assertion = unsigned.attach_signature(&signature)?;
/// assert_eq!(assertion.expose_secret().split('.').count(), 3);
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
pub struct UnsignedAssertion {
    algorithm: SigningAlgorithm,
    /// `header.claims`, with capacity for the signature, so that no copy is left in memory.
    jwt: Zeroizing<String>,
}

impl UnsignedAssertion {
    pub(crate) fn new(algorithm: SigningAlgorithm, jwt: Zeroizing<String>) -> Self {
        Self { algorithm, jwt }
    }

    /// The bytes to sign: header and claims in base64url, joined by a dot (RFC 7515, section 5.1).
    #[must_use]
    pub fn signing_input(&self) -> &[u8] {
        self.jwt.as_bytes()
    }

    /// The SHA-256 of the bytes to sign, for a KMS that signs digests. A build without a provider needs the feature `sha2` for it.
    #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto", feature = "sha2"))]
    #[must_use]
    pub fn signing_input_sha256(&self) -> [u8; 32] {
        crate::crypto::sha256(self.signing_input())
    }

    /// The algorithm to sign with.
    #[must_use]
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// Attaches a signature in the format of a JWT: 256 bytes for RS256, `r` and `s` with 32 bytes each for ES256.
    ///
    /// The signature is not verified. [`UnsignedAssertion`] has an example.
    ///
    /// # Errors
    ///
    /// Kind [`Signing`](line_channel_token_core::ErrorKind::Signing) if the signature has another length.
    pub fn attach_signature(mut self, signature: &[u8]) -> Result<Assertion, Error> {
        let given = signature.len();
        if given != self.algorithm.signature_len() {
            return Err(Error::signing(match self.algorithm {
                SigningAlgorithm::Rs256 => {
                    format!(
                        "the signature has {given} bytes, and RS256 has 256: sign with RSASSA-PKCS1-v1_5 and an RSA key with 2048 bits"
                    )
                }
                SigningAlgorithm::Es256 => format!(
                    "the signature has {given} bytes, and r and s of ES256 have 64: if it is DER, use attach_der_signature"
                ),
            }));
        }
        self.jwt.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut self.jwt);
        Assertion::new(std::mem::take(&mut *self.jwt))
    }

    /// Attaches an ES256 signature in DER (`SEQUENCE { r, s }`), which most key stores return.
    ///
    /// ```
    /// # #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto", feature = "sha2"))] {
    /// use line_channel_token_assertion::{AssertionTemplate, SigningAlgorithm};
    /// use line_channel_token_core::{AssertionKid, ChannelId};
    ///
    /// let template = AssertionTemplate::new(
    ///     ChannelId::new("1234567890")?,
    ///     AssertionKid::new("gateway-key")?,
    ///     SigningAlgorithm::Es256,
    /// );
    /// let unsigned = template.unsigned(None);
    /// # let sign_with_kms = |_: [u8; 32]| [0x30, 6, 2, 1, 5, 2, 1, 9];
    /// let der = sign_with_kms(unsigned.signing_input_sha256());
    /// let assertion = unsigned.attach_der_signature(&der)?;
    /// # assert_eq!(assertion.expose_secret().split('.').nth(2).map(str::len), Some(86));
    /// # }
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Kind [`Signing`](line_channel_token_core::ErrorKind::Signing) if it is not such a signature, or if the algorithm is RS256,
    /// whose signatures have no DER format.
    pub fn attach_der_signature(self, signature: &[u8]) -> Result<Assertion, Error> {
        match self.algorithm {
            SigningAlgorithm::Es256 => self.attach_signature(&ecdsa_signature::der_to_fixed(signature)?),
            SigningAlgorithm::Rs256 => {
                Err(Error::signing("an RS256 signature is not DER: pass its 256 bytes to attach_signature"))
            }
        }
    }
}

impl fmt::Debug for UnsignedAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnsignedAssertion").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use line_channel_token_core::{AssertionKid, ChannelId, ErrorKind, TokenLifetime};

    use crate::{AssertionTemplate, SigningAlgorithm};

    fn template(algorithm: SigningAlgorithm) -> AssertionTemplate {
        AssertionTemplate::new(ChannelId::new("0123456789").unwrap(), AssertionKid::new("kid").unwrap(), algorithm)
    }

    #[test]
    fn the_buffer_never_grows() {
        for algorithm in [SigningAlgorithm::Rs256, SigningAlgorithm::Es256] {
            let unsigned = template(algorithm).unsigned(Some(TokenLifetime::MAX));
            let capacity = unsigned.jwt.capacity();
            let assertion = unsigned.attach_signature(&vec![1; algorithm.signature_len()]).unwrap();
            assert_eq!(assertion.expose_secret().len(), capacity);
        }
    }

    #[test]
    fn other_signature_formats_are_refused() {
        let [rs256, es256] = [SigningAlgorithm::Rs256, SigningAlgorithm::Es256].map(template);
        let der = [&[0x30, 6, 2, 1, 5, 2, 1, 9][..]].concat();
        for (result, says) in [
            (rs256.unsigned(None).attach_signature(&[1; 384]), "has 384 bytes, and RS256 has 256"),
            (rs256.unsigned(None).attach_der_signature(&der), "to attach_signature"),
            (es256.unsigned(None).attach_signature(&der), "attach_der_signature"),
            (es256.unsigned(None).attach_der_signature(&[0; 64]), "not DER"),
        ] {
            let error = result.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Signing);
            assert!(error.to_string().contains(says), "{error}");
        }
        let assertion = es256.unsigned(None).attach_der_signature(&der).unwrap();
        let signature = URL_SAFE_NO_PAD.decode(assertion.expose_secret().split('.').nth(2).unwrap()).unwrap();
        assert_eq!((signature.len(), signature[31], signature[63]), (64, 5, 9));
    }

    #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto", feature = "sha2"))]
    #[test]
    fn the_digest_covers_the_signing_input() {
        use sha2::{Digest, Sha256};
        let unsigned = template(SigningAlgorithm::Rs256).unsigned(None);
        assert_eq!(unsigned.signing_input_sha256(), <[u8; 32]>::from(Sha256::digest(unsigned.signing_input())));
        assert_eq!(format!("{unsigned:?}"), "UnsignedAssertion { algorithm: Rs256, .. }");
    }
}
