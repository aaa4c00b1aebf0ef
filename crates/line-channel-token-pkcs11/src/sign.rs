//! The mechanisms that sign an assertion, and what each of them takes.

use cryptoki::error::Error as CallError;
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;
use line_channel_token_assertion::SigningAlgorithm;

/// `DigestInfo` of PKCS#1 for SHA-256, up to the digest (RFC 8017, section 9.2, note 1).
const DIGEST_INFO: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

/// What is signed: the signing input of an assertion, and its SHA-256.
pub(crate) struct Message {
    pub(crate) input: Vec<u8>,
    pub(crate) digest: [u8; 32],
}

/// A mechanism that signs for an algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// The token makes the digest.
    Sha256RsaPkcs,
    /// The token pads a `DigestInfo`.
    RsaPkcs,
    /// The token signs the digest.
    Ecdsa,
    /// The token makes the digest.
    EcdsaSha256,
}

impl Scheme {
    /// Those for this algorithm, the best first.
    pub(crate) fn candidates(algorithm: SigningAlgorithm) -> [Self; 2] {
        match algorithm {
            SigningAlgorithm::Es256 => [Self::Ecdsa, Self::EcdsaSha256],
            _ => [Self::Sha256RsaPkcs, Self::RsaPkcs],
        }
    }

    pub(crate) fn mechanism_type(self) -> MechanismType {
        match self {
            Self::Sha256RsaPkcs => MechanismType::SHA256_RSA_PKCS,
            Self::RsaPkcs => MechanismType::RSA_PKCS,
            Self::Ecdsa => MechanismType::ECDSA,
            Self::EcdsaSha256 => MechanismType::ECDSA_SHA256,
        }
    }

    /// Signs with a private key.
    pub(crate) fn sign(self, session: &Session, key: ObjectHandle, message: &Message) -> Result<Vec<u8>, CallError> {
        session.sign(&self.mechanism(), key, &self.data(message))
    }

    /// Verifies with a public key.
    pub(crate) fn verify(
        self,
        session: &Session,
        key: ObjectHandle,
        message: &Message,
        signature: &[u8],
    ) -> Result<(), CallError> {
        session.verify(&self.mechanism(), key, &self.data(message), signature)
    }

    fn mechanism(self) -> Mechanism<'static> {
        match self {
            Self::Sha256RsaPkcs => Mechanism::Sha256RsaPkcs,
            Self::RsaPkcs => Mechanism::RsaPkcs,
            Self::Ecdsa => Mechanism::Ecdsa,
            Self::EcdsaSha256 => Mechanism::EcdsaSha256,
        }
    }

    fn data(self, message: &Message) -> Vec<u8> {
        match self {
            Self::Sha256RsaPkcs | Self::EcdsaSha256 => message.input.clone(),
            Self::RsaPkcs => [&DIGEST_INFO[..], &message.digest].concat(),
            Self::Ecdsa => message.digest.to_vec(),
        }
    }
}
