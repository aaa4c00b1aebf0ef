//! An assertion before its signature.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use line_channel_token_core::{Assertion, Error};
use zeroize::Zeroizing;

use crate::{SigningAlgorithm, ecdsa_der};

/// An assertion that waits for its signature.
pub struct UnsignedAssertion {
    algorithm: SigningAlgorithm,
    /// `header.claims`, with room for the signature, so that it never moves.
    jwt: Zeroizing<String>,
}

impl UnsignedAssertion {
    pub(crate) fn new(algorithm: SigningAlgorithm, jwt: Zeroizing<String>) -> Self {
        Self { algorithm, jwt }
    }

    /// The bytes to sign.
    #[must_use]
    pub fn signing_input(&self) -> &[u8] {
        self.jwt.as_bytes()
    }

    /// The SHA-256 of the bytes to sign, for a KMS that takes the digest. A build with no provider has it with the feature
    /// `sha2`.
    #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto", feature = "sha2"))]
    #[must_use]
    pub fn signing_input_sha256(&self) -> [u8; 32] {
        crate::digest::sha256(self.signing_input())
    }

    /// The algorithm that the signature must have.
    #[must_use]
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.algorithm
    }

    /// Completes the assertion with a signature in the form of a JWT: 256 bytes for RS256, `r` and `s` of 32 bytes each
    /// for ES256. Whether it verifies is not checked here.
    ///
    /// # Errors
    ///
    /// Kind [`Signing`](line_channel_token_core::ErrorKind::Signing) where the signature has another length.
    pub fn attach_signature(mut self, signature: &[u8]) -> Result<Assertion, Error> {
        let (given, expected) = (signature.len(), self.algorithm.signature_len());
        if given != expected {
            return Err(Error::signing(match self.algorithm {
                SigningAlgorithm::Rs256 => {
                    format!("a signature of {given} bytes is not RS256 with RSA 2048, which has 256")
                }
                SigningAlgorithm::Es256 => format!(
                    "a signature of {given} bytes is not r and s of ES256, which have 64; pass DER to attach_der_signature"
                ),
            }));
        }
        self.jwt.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut self.jwt);
        Assertion::new(std::mem::take(&mut *self.jwt))
    }

    /// Completes an ES256 assertion with a signature in DER (`SEQUENCE { r, s }`), as most key stores give it.
    ///
    /// # Errors
    ///
    /// Kind [`Signing`](line_channel_token_core::ErrorKind::Signing) where it is not such a signature, or where the
    /// algorithm is RS256, whose signatures have one form alone.
    pub fn attach_der_signature(self, signature: &[u8]) -> Result<Assertion, Error> {
        match self.algorithm {
            SigningAlgorithm::Es256 => self.attach_signature(&ecdsa_der::to_fixed(signature)?),
            SigningAlgorithm::Rs256 => {
                Err(Error::signing("an RS256 signature is not DER: pass its 256 bytes to with_signature"))
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
    fn the_buffer_has_room_for_the_whole_from_the_start() {
        for algorithm in [SigningAlgorithm::Rs256, SigningAlgorithm::Es256] {
            let unsigned = template(algorithm).unsigned(Some(TokenLifetime::MAX));
            let room = unsigned.jwt.capacity();
            let assertion = unsigned.attach_signature(&vec![1; algorithm.signature_len()]).unwrap();
            assert_eq!(assertion.expose_secret().len(), room);
        }
    }

    #[test]
    fn a_signature_of_another_form_is_refused_with_the_way_out() {
        let [rs256, es256] = [SigningAlgorithm::Rs256, SigningAlgorithm::Es256].map(template);
        let der = [&[0x30, 6, 2, 1, 5, 2, 1, 9][..]].concat();
        for (refusal, says) in [
            (rs256.unsigned(None).attach_signature(&[1; 384]), "384 bytes is not RS256"),
            (rs256.unsigned(None).attach_der_signature(&der), "with_signature"),
            (es256.unsigned(None).attach_signature(&der), "attach_der_signature"),
            (es256.unsigned(None).attach_der_signature(&[0; 64]), "not DER"),
        ] {
            let error = refusal.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Signing);
            assert!(error.to_string().contains(says), "{error}");
        }
        let assertion = es256.unsigned(None).attach_der_signature(&der).unwrap();
        let signature = URL_SAFE_NO_PAD.decode(assertion.expose_secret().split('.').nth(2).unwrap()).unwrap();
        assert_eq!((signature.len(), signature[31], signature[63]), (64, 5, 9));
    }

    #[cfg(any(feature = "aws-lc-rs", feature = "rust-crypto", feature = "sha2"))]
    #[test]
    fn the_digest_is_of_the_signing_input() {
        use sha2::{Digest, Sha256};
        let unsigned = template(SigningAlgorithm::Rs256).unsigned(None);
        assert_eq!(unsigned.signing_input_sha256(), <[u8; 32]>::from(Sha256::digest(unsigned.signing_input())));
        assert_eq!(format!("{unsigned:?}"), "UnsignedAssertion { algorithm: Rs256, .. }");
    }
}
