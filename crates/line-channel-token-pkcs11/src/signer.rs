//! Signs the assertions of one channel with a key in a token.

use std::sync::Arc;

use async_trait::async_trait;
use cryptoki::error::{Error as CallError, RvError};
use line_channel_token_assertion::{AssertionTemplate, SigningAlgorithm};
use line_channel_token_core::{
    Assertion, AssertionKid, AssertionLifetime, AssertionSource, ChannelId, Clock, Error, SystemClock, TokenLifetime,
};

use crate::connection::Open;
use crate::find_key::FoundKey;
use crate::key::Pkcs11Key;
use crate::selector::KeySelector;
use crate::sign::{Message, Scheme};
use crate::token::Pkcs11Token;
use crate::token_error::{Failure, is_session_lost};

/// What the test signature is of. It is no assertion, so the signature is worth nothing to anybody.
const TEST_INPUT: &[u8] = b"a key of line-channel-token checks itself";
/// The SHA-256 of `TEST_INPUT`.
const TEST_DIGEST: [u8; 32] = [
    0xb5, 0x6f, 0x0f, 0x6c, 0xef, 0xd4, 0xc9, 0x9e, 0xb5, 0x5d, 0x18, 0xf3, 0x77, 0x3d, 0x06, 0x0f, 0xbe, 0xd5, 0x23,
    0x9d, 0x70, 0x8d, 0x1b, 0x8b, 0x88, 0xb3, 0xec, 0xcd, 0x26, 0x8e, 0x2e, 0x8c,
];

/// Signs assertions for one channel and kid, with a key that never leaves its token.
///
/// It is an [`AssertionSource`], which a token source takes in place of a signer in memory. Clones are cheap, and signers of one
/// [`Pkcs11Token`] share its threads and its session.
///
/// ```
/// use line_channel_token_core::{AssertionKid, ChannelId, Error};
/// use line_channel_token_pkcs11::{KeySelector, Pkcs11Module, Pkcs11Signer, Pkcs11Token, TokenSelector, UserPin};
///
/// fn signer(module: &str, pin: UserPin) -> Result<Pkcs11Signer, Error> {
///     let module = Pkcs11Module::new(module)?;
///     let token = Pkcs11Token::builder(module, TokenSelector::from_label("line-bots")).pin(pin).build()?;
///     Pkcs11Signer::new(
///         ChannelId::new("1234567890")?,
///         AssertionKid::new("6b2f34a4-9a0b-4d0e-8f0e-5b5f6f0c2d11")?,
///         token,
///         &KeySelector::from_label("line-2026"),
///     )
/// }
///
/// let error = signer("/opt/no-hsm/libpkcs11.so", UserPin::new("648219")?).unwrap_err();
/// assert!(error.to_string().contains("there is no file")); // this machine has no HSM
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pkcs11Signer {
    template: AssertionTemplate,
    token: Pkcs11Token,
    selector: KeySelector,
    key: Arc<Pkcs11Key>,
    scheme: Scheme,
}

impl Pkcs11Signer {
    /// Finds the key and makes one test signature, so that a key that cannot sign is found here. It blocks, for the
    /// [timeout](crate::Pkcs11TokenBuilder::timeout) at most. [`Pkcs11Signer`] has an example.
    ///
    /// Assertions live 5 minutes, by the clock of the machine. [`with_lifetime`](Self::with_lifetime) and
    /// [`with_clock`](Self::with_clock) change that.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if the key is not RSA, because LINE accepts only RS256
    /// ([its guide][line]), and as [`Pkcs11Token::find_key`]. Kind [`Signing`](line_channel_token_core::ErrorKind::Signing) if the token
    /// has no mechanism for it, or if the public key with the same id belongs to another key.
    ///
    /// [line]: https://developers.line.biz/en/docs/messaging-api/generate-json-web-token/
    pub fn new(channel_id: ChannelId, kid: AssertionKid, token: Pkcs11Token, key: &KeySelector) -> Result<Self, Error> {
        let signer = Self::new_with_es256(channel_id, kid, token, key)?;
        if signer.algorithm() != SigningAlgorithm::Rs256 {
            return Err(Error::invalid_input(format!(
                "the key with the {} signs {}, and LINE accepts only RS256 with an RSA key with 2048 bits: use such a key, or \
                 Pkcs11Signer::new_with_es256 if a gateway accepts ES256",
                signer.key.name(),
                signer.algorithm()
            )));
        }
        Ok(signer)
    }

    /// As [`new`](Self::new), but also accepts EC keys.
    ///
    /// LINE does not accept ES256 today: use this for a gateway that does.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new), if the key is EC on P-256 or RSA.
    pub fn new_with_es256(
        channel_id: ChannelId,
        kid: AssertionKid,
        token: Pkcs11Token,
        key: &KeySelector,
    ) -> Result<Self, Error> {
        let selector = key.clone();
        let wanted = selector.clone();
        let message = Message { input: TEST_INPUT.to_vec(), digest: TEST_DIGEST };
        let (found, scheme) = token.call_blocking(token.timeout(), move |connection| {
            connection.run(|open| {
                let found = open.key_anew(&wanted)?;
                let scheme = tested(open, &found, &message)?;
                Ok((found, scheme))
            })
        })?;
        let template = AssertionTemplate::new(channel_id, kid, found.key.algorithm);
        Ok(Self { template, token, selector, key: Arc::new(found.key.clone()), scheme })
    }

    /// Sets the lifetime of the assertions, 1 to 1800 seconds. The default is 300.
    ///
    /// LINE refuses an assertion that expires more than 30 minutes ahead of its own clock, so the maximum fails if the local clock
    /// is fast.
    #[must_use]
    pub fn with_lifetime(mut self, lifetime: AssertionLifetime) -> Self {
        self.template = self.template.with_lifetime(lifetime);
        self
    }

    /// Sets the clock that expiry is measured by. The default is that of the client, if a token source of
    /// `line-channel-token-cache` uses this signer with one, and otherwise the clock of the machine.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.template = self.template.with_clock(clock);
        self
    }

    /// The channel that the assertions are for.
    #[must_use]
    pub fn channel_id(&self) -> &ChannelId {
        self.template.channel_id()
    }

    /// The kid of the key.
    #[must_use]
    pub fn kid(&self) -> &AssertionKid {
        self.template.kid()
    }

    /// The algorithm of the signatures.
    #[must_use]
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.template.algorithm()
    }

    /// The lifetime of each assertion.
    #[must_use]
    pub fn lifetime(&self) -> AssertionLifetime {
        self.template.lifetime()
    }

    /// The key, with its public half for the LINE Developers Console.
    #[must_use]
    pub fn key(&self) -> &Pkcs11Key {
        &self.key
    }

    /// Signs an assertion without a token lifetime, for `issue_stateless_with_jwt` and `key_ids`.
    ///
    /// # Errors
    ///
    /// A transient one if the token does not respond in time, if it is not there, or if too many signatures wait for it. Otherwise kind
    /// [`Signing`](line_channel_token_core::ErrorKind::Signing), or `InvalidInput` if the key is gone or the PIN was changed.
    pub async fn sign(&self) -> Result<Assertion, Error> {
        self.sign_claims(None, &SystemClock).await
    }

    /// Signs an assertion for `issue_jwt`. The token will live for `lifetime`: 1 second to 30 days, which is LINE's maximum.
    ///
    /// # Errors
    ///
    /// As [`sign`](Self::sign).
    pub async fn sign_for(&self, lifetime: TokenLifetime) -> Result<Assertion, Error> {
        self.sign_claims(Some(lifetime), &SystemClock).await
    }

    async fn sign_claims(&self, lifetime: Option<TokenLifetime>, clock: &dyn Clock) -> Result<Assertion, Error> {
        let unsigned = self.template.unsigned_by_clock(lifetime, clock);
        let message = Message { input: unsigned.signing_input().to_vec(), digest: unsigned.signing_input_sha256() };
        let selector = self.selector.clone();
        let expected = Arc::clone(&self.key);
        let scheme = self.scheme;
        let signature = self
            .token
            .call(move |connection| {
                connection.run(|open| {
                    let found = open.key(&selector)?;
                    if !found.key.may_be(&expected) {
                        return Err(another_key(&selector).into());
                    }
                    Ok(scheme.sign(&open.session, found.private, &message)?)
                })
            })
            .await?;
        unsigned.attach_signature(&signature)
    }
}

#[async_trait]
impl AssertionSource for Pkcs11Signer {
    fn channel_id(&self) -> &ChannelId {
        self.template.channel_id()
    }

    fn kid(&self) -> Option<&AssertionKid> {
        Some(self.template.kid())
    }

    async fn assertion(&self, token_lifetime: Option<TokenLifetime>) -> Result<Assertion, Error> {
        self.sign_claims(token_lifetime, &SystemClock).await
    }

    async fn assertion_by_clock(
        &self,
        token_lifetime: Option<TokenLifetime>,
        clock: &dyn Clock,
    ) -> Result<Assertion, Error> {
        self.sign_claims(token_lifetime, clock).await
    }
}

/// The first mechanism that a test signature succeeds with.
fn tested(open: &Open, found: &FoundKey, message: &Message) -> Result<Scheme, Failure> {
    let supported = open.mechanisms()?;
    let mut refused = None;
    for scheme in Scheme::candidates(found.key.algorithm) {
        if !supported.contains(&scheme.mechanism_type()) {
            continue;
        }
        match scheme.sign(&open.session, found.private, message) {
            Ok(signature) => {
                check(open, found, message, scheme, &signature)?;
                return Ok(scheme);
            }
            Err(error) if is_session_lost(&error) => return Err(error.into()),
            Err(error) => refused = Some(error),
        }
    }
    Err(match refused {
        Some(error) => error.into(),
        None => Error::signing(format!(
            "the token has no mechanism for {}: it needs {}",
            found.key.algorithm,
            match found.key.algorithm {
                SigningAlgorithm::Es256 => "CKM_ECDSA or CKM_ECDSA_SHA256",
                _ => "CKM_SHA256_RSA_PKCS or CKM_RSA_PKCS",
            }
        ))
        .into(),
    })
}

/// Checks the length of a signature, and that the public key which is shown verifies it.
fn check(open: &Open, found: &FoundKey, message: &Message, scheme: Scheme, signature: &[u8]) -> Result<(), Failure> {
    let expected = found.key.algorithm.signature_len();
    if signature.len() != expected {
        return Err(Error::signing(format!(
            "the key with the {} makes signatures with {} bytes, and {} has {expected}: use an RSA key with 2048 bits, or an EC \
             key on P-256",
            found.key.name(),
            signature.len(),
            found.key.algorithm
        ))
        .into());
    }
    let Some(public) = found.public else { return Ok(()) };
    match scheme.verify(&open.session, public, message, signature) {
        Err(CallError::Pkcs11(RvError::SignatureInvalid | RvError::SignatureLenRange, _)) => {
            Err(Error::signing(format!(
                "the public key with the {} belongs to another private key: delete it from the token, or give the key an id of its own",
                found.key.name()
            ))
            .into())
        }
        // Many tokens verify nothing.
        _ => Ok(()),
    }
}

fn another_key(selector: &KeySelector) -> Error {
    Error::signing(format!(
        "the key with the {selector} is another one than when the signer was made: register its public key, and make a signer with \
         the new kid"
    ))
}
