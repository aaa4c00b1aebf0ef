//! A channel as the Console knows it: its id, its secret and its registered keys.

use aws_lc_rs::digest::{Digest, SHA256, digest};
use line_channel_token_core::{AccessToken, AssertionKid, ChannelId, ChannelSecret, Error};
use subtle::ConstantTimeEq;

use crate::public_key::PublicKey;
use crate::{jwk, random};

/// A channel of the emulator, with its secret, keys and tokens.
///
/// ```
/// use line_channel_token_emulator::{EmulatedChannel, Emulator};
///
/// let channel = EmulatedChannel::new("1234567890", "s3cret")?.with_scope("OC P")?.with_long_lived_token("abc+/w==")?;
/// let emulator = Emulator::builder().channel(channel).build()?;
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct EmulatedChannel {
    pub(crate) id: ChannelId,
    pub(crate) secret: ChannelSecret,
    pub(crate) keys: Vec<(AssertionKid, PublicKey)>,
    pub(crate) scope: String,
    pub(crate) long_lived: Option<AccessToken>,
}

impl EmulatedChannel {
    /// A channel without registered keys, whose tokens have the scope `P CM`.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if [`ChannelId`] or
    /// [`ChannelSecret`] refuses its text: an id of up to 20 decimal digits, a secret of visible ASCII.
    ///
    /// ```
    /// use line_channel_token_emulator::EmulatedChannel;
    ///
    /// let channel = EmulatedChannel::new("1234567890", "s3cret")?;
    /// assert_eq!(channel.id().as_str(), "1234567890");
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn new(id: impl AsRef<str>, secret: impl AsRef<str>) -> Result<Self, Error> {
        let id = ChannelId::new(id)?;
        let secret = ChannelSecret::new(secret)?;
        Ok(Self { id, secret, keys: Vec::new(), scope: "P CM".to_owned(), long_lived: None })
    }

    /// A channel with a random id of ten digits and a random secret, for a test that shares an emulator with others. It has no
    /// registered key: what signs makes its own key pair, and [`with_key`](Self::with_key) takes the public half.
    ///
    /// # Errors
    ///
    /// Kind [`TemporarilyUnavailable`](line_channel_token_core::ErrorKind::TemporarilyUnavailable) if the operating system gives no random numbers.
    ///
    /// ```
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator};
    ///
    /// let emulator = Emulator::builder().build()?;
    /// let channel = EmulatedChannel::generate()?;
    /// emulator.add_channel(channel.clone())?;
    /// futures_executor::block_on(emulator.client().issue_stateless(channel.id(), channel.secret()))?;
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn generate() -> Result<Self, Error> {
        let no_random = |_| Error::transient("the operating system gave no random numbers: try again");
        let id = random::channel_id().map_err(no_random)?;
        let secret = random::channel_secret().map_err(no_random)?;
        Self::new(id, secret)
    }

    /// The same channel with a public key registered as an assertion signing key, under the kid that the Console
    /// would show for it.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if the kid is empty or taken, or
    /// if the Console would refuse the JWK, each rule with a message of its own: RSA of 2048 bits, `alg` RS256,
    /// exactly one of `"use":"sig"` and `"key_ops":["verify"]`, no `kid`, no private member. A member that is `null` or an
    /// empty array counts as absent, because .NET and others write those for what a key does not have. A P-256 key for ES256 is
    /// accepted here, and refused by [`EmulatorBuilder::build`](crate::EmulatorBuilder::build) unless
    /// [`accept_es256`](crate::EmulatorBuilder::accept_es256) is on.
    ///
    /// ```
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator};
    ///
    /// # let jwk = r#"{"kty":"EC","alg":"ES256","use":"sig","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;
    /// let channel = EmulatedChannel::new("1234567890", "s3cret")?.with_key("kid-1", jwk)?;
    /// let emulator = Emulator::builder().channel(channel).accept_es256(true).build()?;
    ///
    /// let twice = EmulatedChannel::new("1234567890", "s3cret")?.with_key("kid-1", jwk)?.with_key("kid-1", jwk);
    /// assert!(twice.is_err());
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn with_key(mut self, kid: impl AsRef<str>, public_jwk_json: impl AsRef<str>) -> Result<Self, Error> {
        let kid = AssertionKid::new(kid)?;
        if self.keys.iter().any(|(taken, _)| *taken == kid) {
            return Err(Error::invalid_input(format!(
                "the channel {} has a key with the kid {kid} already: give another kid",
                self.id
            )));
        }
        self.keys.push((kid, jwk::parse(public_jwk_json.as_ref())?));
        Ok(self)
    }

    /// The same channel with another `scope` for its tokens, as [`verify`](line_channel_token_core::Client::verify) shows it:
    /// names with a space between, such as `P`, `OC P` or `P CM`. An empty text means that there is none: the response then
    /// has no such member.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if it is not as RFC 6749, section 3.3, has it:
    /// visible ASCII without `"` and `\`, and single spaces between names.
    ///
    /// ```
    /// use line_channel_token_emulator::EmulatedChannel;
    ///
    /// let channel = EmulatedChannel::new("1234567890", "s3cret")?.with_scope("OC P")?;
    /// assert!(channel.with_scope("P  CM").is_err(), "two spaces");
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn with_scope(mut self, scope: impl AsRef<str>) -> Result<Self, Error> {
        let scope = scope.as_ref();
        let is_name =
            |name: &str| !name.is_empty() && name.bytes().all(|byte| matches!(byte, b'!' | b'#'..=b'[' | b']'..=b'~'));
        if !scope.is_empty() && !scope.split(' ').all(is_name) {
            let message =
                "a scope is names of visible ASCII without quotes and backslashes, and single spaces between them";
            return Err(Error::invalid_input(message));
        }
        scope.clone_into(&mut self.scope);
        Ok(self)
    }

    /// The same channel with a long-lived token, as the Console issues it: it does not expire. Any text
    /// that [`AccessToken`] takes will do.
    /// [`Emulator::register_long_lived_token`](crate::Emulator::register_long_lived_token) replaces it at run time.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if [`AccessToken`] refuses the text.
    ///
    /// ```
    /// use line_channel_token_emulator::EmulatedChannel;
    ///
    /// let channel = EmulatedChannel::new("1234567890", "s3cret")?.with_long_lived_token("abc+/w==")?;
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn with_long_lived_token(mut self, token: impl AsRef<str>) -> Result<Self, Error> {
        self.long_lived = Some(AccessToken::new(token)?);
        Ok(self)
    }

    /// The channel id.
    ///
    /// ```
    /// use line_channel_token_emulator::EmulatedChannel;
    ///
    /// assert_eq!(EmulatedChannel::new(" 1234567890\n", "s3cret")?.id().as_str(), "1234567890");
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    #[must_use]
    pub fn id(&self) -> &ChannelId {
        &self.id
    }

    /// The channel secret that it was made with. [`Emulator::set_channel_secret`](crate::Emulator::set_channel_secret) does not
    /// change it here.
    ///
    /// ```
    /// use line_channel_token_emulator::EmulatedChannel;
    ///
    /// let channel = EmulatedChannel::generate()?;
    /// assert_eq!(channel.secret().expose_secret().len(), 32);
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    #[must_use]
    pub fn secret(&self) -> &ChannelSecret {
        &self.secret
    }
}

/// SHA-256 of a channel secret, so that a comparison takes the same time whatever the text and its length.
#[derive(Clone, Copy)]
pub(crate) struct SecretDigest(Digest);

impl SecretDigest {
    pub(crate) fn of(secret: &str) -> Self {
        Self(digest(&SHA256, secret.as_bytes()))
    }

    pub(crate) fn matches(&self, given: &str) -> bool {
        self.0.as_ref().ct_eq(Self::of(given).0.as_ref()).into()
    }
}

#[cfg(test)]
mod tests {
    use super::{EmulatedChannel, SecretDigest};
    use crate::rfc_keys::RSA_A2;

    #[test]
    fn a_kid_is_registered_once() {
        let channel = EmulatedChannel::new("1234", "s3cr3t").unwrap().with_key("kid-1", RSA_A2).unwrap();
        let error = channel.clone().with_key("kid-1", RSA_A2).unwrap_err().to_string();
        assert!(error.contains("kid-1 already"), "{error}");
        assert!(!format!("{channel:?}").contains("s3cr3t"));
    }

    #[test]
    fn scopes_are_names_with_single_spaces() {
        let channel = || EmulatedChannel::new("1234", "s3cr3t").unwrap();
        for scope in ["", "P", "OC P", "P OC OCE", "profile:read"] {
            assert_eq!(channel().with_scope(scope).unwrap().scope, scope);
        }
        for scope in [" ", "P ", " P", "P  CM", "P\tCM", "P\"", "P\\", "権限", "P\n"] {
            assert!(channel().with_scope(scope).is_err(), "{scope:?}");
        }
    }

    #[test]
    fn only_the_whole_secret_matches() {
        let secret = SecretDigest::of("s3cr3t");
        assert!(secret.matches("s3cr3t"));
        assert!(!secret.matches("s3cr3") && !secret.matches("s3cr3t ") && !secret.matches(""));
    }
}
