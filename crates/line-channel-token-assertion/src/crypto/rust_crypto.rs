//! Signs with the pure-Rust `rsa` and `p256`.

use line_channel_token_core::Error;
use p256::ecdsa;
use rsa::pkcs1::{DecodeRsaPrivateKey, EncodeRsaPrivateKey};
use rsa::pkcs1v15;
use rsa::rand_core::{OsRng, RngCore};
use rsa::sha2::Sha256;
use rsa::signature::{Keypair as _, RandomizedSigner, SignatureEncoding as _, Signer, Verifier};
use zeroize::Zeroizing;

use crate::crypto::provider::{CryptoProvider, EcKeyPair, KeyPair};
use crate::key_errors::inconsistent;
use crate::private_key::{EcKey, RsaKey};

pub(crate) const PROVIDER: CryptoProvider = CryptoProvider { load_rsa, load_ec, generate_rsa, generate_ec };

fn load_rsa(key: &RsaKey) -> Result<Box<dyn KeyPair>, Error> {
    // The crate `rsa` never returns for some keys with primes of unequal lengths; `rsa_components` refuses those before.
    let rsa = rsa::RsaPrivateKey::from_pkcs1_der(&key.pkcs1).map_err(|_| inconsistent())?;
    Ok(Box::new(Rsa(pkcs1v15::SigningKey::new(rsa))))
}

fn load_ec(key: &EcKey) -> Result<EcKeyPair, Error> {
    let signing = ecdsa::SigningKey::from_slice(key.scalar.as_slice()).map_err(|_| inconsistent())?;
    let point = signing.verifying_key().to_encoded_point(false);
    let point = point.as_bytes().try_into().map_err(|_| inconsistent())?;
    Ok((Box::new(Ec(signing)), point))
}

fn generate_rsa() -> Result<RsaKey, Error> {
    check_randomness()?;
    let not_generated = || Error::signing("the rsa crate could not generate a key");
    let rsa = rsa::RsaPrivateKey::new(&mut OsRng, 2048).map_err(|_| not_generated())?;
    RsaKey::from_pkcs1(rsa.to_pkcs1_der().map_err(|_| not_generated())?.as_bytes())
}

fn generate_ec() -> Result<EcKey, Error> {
    check_randomness()?;
    let signing = ecdsa::SigningKey::random(&mut OsRng);
    let scalar: Zeroizing<[u8; 32]> = Zeroizing::new(signing.to_bytes().into());
    EcKey::new(scalar.as_slice(), None)
}

/// `rsa` and `p256` panic if the operating system has no random numbers, so check it first.
fn check_randomness() -> Result<(), Error> {
    let filled = OsRng.try_fill_bytes(&mut [0; 32]);
    filled.map_err(|_| Error::signing("the operating system gave no random numbers"))
}

struct Rsa(pkcs1v15::SigningKey<Sha256>);

impl KeyPair for Rsa {
    fn sign(&self, message: &[u8], signature: &mut [u8]) -> Result<(), Error> {
        check_randomness()?;
        let failed = || Error::signing("the rsa crate could not sign with this key");
        // Blinding with random numbers, so that the time of a signature reveals less about the key.
        let signed = self.0.try_sign_with_rng(&mut OsRng, message).map_err(|_| failed())?.to_bytes();
        if signed.len() != signature.len() {
            return Err(failed());
        }
        signature.copy_from_slice(&signed);
        Ok(())
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        pkcs1v15::Signature::try_from(signature)
            .is_ok_and(|signature| self.0.verifying_key().verify(message, &signature).is_ok())
    }
}

struct Ec(ecdsa::SigningKey);

impl KeyPair for Ec {
    fn sign(&self, message: &[u8], signature: &mut [u8]) -> Result<(), Error> {
        let failed = || Error::signing("the p256 crate could not sign with this key");
        let signed: ecdsa::Signature = self.0.try_sign(message).map_err(|_| failed())?;
        let signed = signed.to_bytes();
        if signed.len() != signature.len() {
            return Err(failed());
        }
        signature.copy_from_slice(&signed);
        Ok(())
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        ecdsa::Signature::from_slice(signature)
            .is_ok_and(|signature| self.0.verifying_key().verify(message, &signature).is_ok())
    }
}
