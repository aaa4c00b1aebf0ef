//! Signs with the pure-Rust `rsa` and `p256`.

use line_channel_token_core::Error;
use p256::ecdsa;
use p256::elliptic_curve::Generate as _;
use p256::elliptic_curve::common::getrandom::SysRng;
use rsa::BoxedUint;
use rsa::pkcs1v15;
use rsa::sha2::Sha256;
use rsa::signature::{Keypair as _, SignatureEncoding as _, Signer, Verifier};
use rsa::traits::{PrivateKeyParts as _, PublicKeyParts as _};
use zeroize::Zeroizing;

use crate::crypto::provider::{CryptoProvider, EcKeyPair, KeyPair};
use crate::key_errors::inconsistent;
use crate::pkcs1::{Pkcs1, RsaComponents};
use crate::private_key::{EcKey, RsaKey};

pub(crate) const PROVIDER: CryptoProvider = CryptoProvider { load_rsa, load_ec, generate_rsa, generate_ec };

fn load_rsa(key: &RsaKey) -> Result<Box<dyn KeyPair>, Error> {
    let Some(Pkcs1::TwoPrimes(RsaComponents { n, e, d, p, q, .. })) = Pkcs1::parse(&key.pkcs1) else {
        return Err(inconsistent());
    };
    let [n, e, d, p, q] = [n, e, d, p, q].map(BoxedUint::from_be_slice_vartime);
    let rsa = rsa::PrivateKey::from_components(n, e, d, vec![p, q]).map_err(|_| inconsistent())?;
    Ok(Box::new(Rsa(pkcs1v15::SigningKey::new(rsa))))
}

fn load_ec(key: &EcKey) -> Result<EcKeyPair, Error> {
    let signing = ecdsa::SigningKey::from_slice(key.scalar.as_slice()).map_err(|_| inconsistent())?;
    let point = signing.verifying_key().to_sec1_point(false);
    let point = point.as_bytes().try_into().map_err(|_| inconsistent())?;
    Ok((Box::new(Ec(signing)), point))
}

fn generate_rsa() -> Result<RsaKey, Error> {
    let not_generated = || Error::signing("the rsa crate could not generate a key");
    let rsa = rsa::PrivateKey::new(&mut SysRng, 2048).map_err(|_| not_generated())?;
    let ([p, q], Some(dp), Some(dq), Some(qi)) = (rsa.primes(), rsa.dp(), rsa.dq(), rsa.crt_coefficient()) else {
        return Err(not_generated());
    };
    let qi = Zeroizing::new(qi);
    let secrets = [rsa.d(), p.as_ref(), q.as_ref(), dp, dq, &qi];
    let [d, p, q, dp, dq, qi] = secrets.map(|number| Zeroizing::new(number.to_be_bytes().into_vec()));
    let (n, e) = (rsa.n_bytes(), rsa.e_bytes());
    RsaKey::new(RsaComponents { n: &n, e: &e, d: &d, p: &p, q: &q, dp: &dp, dq: &dq, qi: &qi })
}

fn generate_ec() -> Result<EcKey, Error> {
    let signing = ecdsa::SigningKey::try_generate()
        .map_err(|_| Error::signing("the operating system gave no random numbers for a key"))?;
    let scalar: Zeroizing<[u8; 32]> = Zeroizing::new(signing.to_bytes().into());
    EcKey::new(scalar.as_slice(), None)
}

struct Rsa(pkcs1v15::SigningKey<Sha256>);

impl KeyPair for Rsa {
    fn sign(&self, message: &[u8], signature: &mut [u8]) -> Result<(), Error> {
        let failed = || Error::signing("the rsa crate could not sign with this key");
        // It blinds with random numbers by itself, and fails if there are none.
        let signed = self.0.try_sign(message).map_err(|_| failed())?.to_bytes();
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
