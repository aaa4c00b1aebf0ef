//! Signs with aws-lc-rs.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use line_channel_token_core::Error;

use crate::crypto::provider::{CryptoProvider, EcKeyPair, KeyPair};
use crate::key_errors::inconsistent;
use crate::parse::parse_der;
use crate::private_key::{EcKey, PrivateKey, RsaKey};

pub(crate) const PROVIDER: CryptoProvider = CryptoProvider { load_rsa, load_ec, generate_rsa, generate_ec };

fn load_rsa(key: &RsaKey) -> Result<Box<dyn KeyPair>, Error> {
    // It checks that the components fit together.
    let pair = RsaKeyPair::from_der(&key.pkcs1).map_err(|_| inconsistent())?;
    Ok(Box::new(Rsa(pair)))
}

fn load_ec(key: &EcKey) -> Result<EcKeyPair, Error> {
    let pkcs8 = key.to_pkcs8(None);
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8).map_err(|_| inconsistent())?;
    let point = pair.public_key().as_ref().try_into().map_err(|_| inconsistent())?;
    Ok((Box::new(Ec(pair)), point))
}

fn generate_rsa() -> Result<RsaKey, Error> {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| not_generated())?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| not_generated())?;
    match parse_der(der.as_ref())? {
        PrivateKey::Rsa(key) => Ok(key),
        PrivateKey::Ec(_) => Err(not_generated()),
    }
}

fn generate_ec() -> Result<EcKey, Error> {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| not_generated())?;
    let der = pair.to_pkcs8v1().map_err(|_| not_generated())?;
    match parse_der(der.as_ref())? {
        PrivateKey::Ec(key) => Ok(key),
        PrivateKey::Rsa(_) => Err(not_generated()),
    }
}

fn not_generated() -> Error {
    Error::signing("aws-lc-rs could not generate a key")
}

struct Rsa(RsaKeyPair);

impl KeyPair for Rsa {
    fn sign(&self, message: &[u8], signature: &mut [u8]) -> Result<(), Error> {
        // aws-lc-rs ignores this and has a random generator of its own.
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, signature)
            .map_err(|_| Error::signing("aws-lc-rs could not sign with this RSA key"))
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.0.public_key());
        public.verify(message, signature).is_ok()
    }
}

struct Ec(EcdsaKeyPair);

impl KeyPair for Ec {
    fn sign(&self, message: &[u8], signature: &mut [u8]) -> Result<(), Error> {
        let failed = || Error::signing("aws-lc-rs could not sign with this EC key");
        let signed = self.0.sign(&SystemRandom::new(), message).map_err(|_| failed())?;
        if signed.as_ref().len() != signature.len() {
            return Err(failed());
        }
        signature.copy_from_slice(signed.as_ref());
        Ok(())
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.0.public_key());
        public.verify(message, signature).is_ok()
    }
}
