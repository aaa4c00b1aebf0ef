//! A full assertion against the bare signature over the same number of bytes.

use std::error::Error;
use std::hint::black_box;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use line_channel_token::{AssertionKid, AssertionSigner, ChannelId, SigningKey, TokenLifetime};

use crate::fixtures::CHANNEL_ID;
use crate::measure::compare;
use crate::report::Row;

/// RS256 and ES256.
///
/// # Errors
///
/// If a key cannot be made or used.
pub fn rows() -> Result<Vec<Row>, Box<dyn Error>> {
    Ok(vec![rs256()?, es256()?])
}

fn rs256() -> Result<Row, Box<dyn Error>> {
    let bare = RsaKeyPair::generate(KeySize::Rsa2048)?;
    let der = AsDer::<Pkcs8V1Der<'_>>::as_der(&bare)?;
    let signer = AssertionSigner::new(ChannelId::new(CHANNEL_ID)?, kid()?, SigningKey::from_der(der.as_ref())?)?;
    let input = signing_input(&signer)?;
    let random = SystemRandom::new();
    let mut signature = vec![0; bare.public_modulus_len()];
    let comparison = compare(
        41,
        40,
        || assert!(black_box(signer.sign_for(TokenLifetime::MAX)).is_ok()),
        || assert!(bare.sign(&RSA_PKCS1_SHA256, &random, black_box(&input), &mut signature).is_ok()),
    );
    Ok(Row::new("RS256 assertion / aws-lc-rs signature", comparison, 1.05))
}

fn es256() -> Result<Row, Box<dyn Error>> {
    let bare = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
    let der = bare.to_pkcs8v1()?;
    let key = SigningKey::from_der(der.as_ref())?;
    let signer = AssertionSigner::new_with_es256(ChannelId::new(CHANNEL_ID)?, kid()?, key)?;
    let input = signing_input(&signer)?;
    let random = SystemRandom::new();
    let comparison = compare(
        61,
        400,
        || assert!(black_box(signer.sign_for(TokenLifetime::MAX)).is_ok()),
        || assert!(black_box(bare.sign(&random, black_box(&input))).is_ok()),
    );
    Ok(Row::new("ES256 assertion / aws-lc-rs signature", comparison, 1.10))
}

fn kid() -> Result<AssertionKid, Box<dyn Error>> {
    Ok(AssertionKid::new("6b2f34a4-9a0b-4d0e-8f0e-5b5f6f0c2d11")?)
}

fn signing_input(signer: &AssertionSigner) -> Result<Vec<u8>, Box<dyn Error>> {
    let assertion = signer.sign_for(TokenLifetime::MAX)?;
    let (input, _) = assertion.expose_secret().rsplit_once('.').ok_or("an assertion without a signature")?;
    Ok(input.as_bytes().to_vec())
}
