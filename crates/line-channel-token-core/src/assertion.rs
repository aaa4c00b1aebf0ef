//! The JWT assertion that stands in for the channel secret, and who can make one.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use crate::mistaken::{self, Value};
use crate::wiped::secret;
use crate::{ChannelId, Clock, Error, TokenLifetime, credential};

/// A signed JWT assertion, as the parameter `client_assertion` carries it.
///
/// It works like a password until it expires: `Debug` shows a placeholder and the memory is wiped on drop.
///
/// ```
/// use line_channel_token_core::Assertion;
///
/// let assertion = Assertion::new("eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl")?; // made by a signer of your own
/// assert_eq!(format!("{assertion:?}"), "Assertion(\"[redacted]\")");
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Assertion(SecretString);

impl Assertion {
    /// Takes an assertion that was signed elsewhere, in the compact form `header.claims.signature`. White space and quotes
    /// around it are trimmed.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](crate::ErrorKind::InvalidInput) if it is not three dot-separated parts of base64url.
    pub fn new(jwt: impl Into<String>) -> Result<Self, Error> {
        let mut jwt = Zeroizing::new(jwt.into());
        if is_compact_jws(jwt.as_bytes()) {
            return Ok(Self(secret(std::mem::take(&mut *jwt))));
        }
        let trimmed = credential::clean("assertion", &jwt)?;
        if is_compact_jws(trimmed.as_bytes()) {
            return Ok(Self(trimmed.into()));
        }
        Err(Error::invalid_input(
            "the assertion is not a signed JWT: three parts of base64url with a dot between were expected",
        ))
    }

    /// The JWT itself. Keep it out of logs and messages.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Assertion(\"[redacted]\")")
    }
}

/// Whether this is `header.claims.signature`, none of them empty and each in base64url.
fn is_compact_jws(text: &[u8]) -> bool {
    let (mut parts, mut before) = (1, b'.');
    for &byte in text {
        match byte {
            b'.' if before == b'.' => return false,
            b'.' => parts += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => {}
            _ => return false,
        }
        before = byte;
    }
    parts == 3 && before != b'.'
}

/// The `kid` of an assertion signing key: the Console shows it once a public key is registered (a UUID).
///
/// It is not the [key id of an issued token](crate::TokenKeyId).
///
/// ```
/// use line_channel_token_core::AssertionKid;
///
/// let kid: AssertionKid = "6b2f34a4-9a0b-4d0e-8f0e-5b5f6f0c2d11\n".parse()?; // a file's newline does no harm
/// assert_eq!(kid.as_str(), "6b2f34a4-9a0b-4d0e-8f0e-5b5f6f0c2d11");
/// assert!(AssertionKid::new("1234567890").unwrap_err().to_string().contains("looks like a channel id"));
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AssertionKid(Box<str>);

impl AssertionKid {
    /// Takes a kid. White space and quotes around it are trimmed.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](crate::ErrorKind::InvalidInput) if it is empty, holds anything but visible ASCII, or is surely
    /// something else: a placeholder, a channel id, a token, a key. The message does not show it.
    pub fn new(kid: impl AsRef<str>) -> Result<Self, Error> {
        let kid = credential::clean("kid of the assertion key", kid.as_ref())?;
        // A secret in its place would stand in logs: a kid is none.
        match mistaken::other_value(kid, Value::Kid) {
            Some(other) => Err(Error::invalid_input(format!(
                "the kid of the assertion key looks like {other}: it is what the LINE Developers Console shows once a public \
                 key is registered"
            ))),
            None => Ok(Self(kid.into())),
        }
    }

    /// The kid as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AssertionKid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something that makes assertions for one channel: a key in memory, a KMS, an HSM, a signing service.
///
/// The signer of `line-channel-token-assertion` implements it; implement it yourself if the key must not leave
/// its vault. A client takes what it makes:
///
/// ```
/// use line_channel_token_core::{Assertion, AssertionSource, ChannelId, Error, TokenLifetime, async_trait};
/// # #[derive(Debug)] struct SigningService;
/// # impl SigningService { async fn sign(&self, _: &ChannelId, _: Option<u64>) -> Result<String, ()> { Ok("e30.e30.c2ln".to_owned()) } }
///
/// /// Assertions that another process signs.
/// #[derive(Debug)]
/// struct Remote(ChannelId, SigningService);
///
/// #[async_trait]
/// impl AssertionSource for Remote {
///     fn channel_id(&self) -> &ChannelId {
///         &self.0
///     }
///
///     async fn assertion(&self, token_lifetime: Option<TokenLifetime>) -> Result<Assertion, Error> {
///         let token_exp = token_lifetime.map(TokenLifetime::as_secs);
///         let jwt = self.1.sign(&self.0, token_exp).await;
///         Assertion::new(jwt.map_err(|_| Error::transient("the signing service does not respond"))?)
///     }
/// }
///
/// # futures_executor::block_on(async {
/// let signer = Remote(ChannelId::new("1234567890")?, SigningService);
/// let assertion = signer.assertion(Some(TokenLifetime::from_days(30)?)).await?; // for `Client::issue_jwt`
/// # assert_eq!(assertion.expose_secret(), "e30.e30.c2ln");
/// # Ok::<(), Error>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait AssertionSource: fmt::Debug + Send + Sync + 'static {
    /// The channel that the assertions speak for: their `iss` and `sub`.
    fn channel_id(&self) -> &ChannelId;

    /// The kid of the key that signs, if it is known: errors quote it if LINE does not know the key.
    fn kid(&self) -> Option<&AssertionKid> {
        None
    }

    /// Makes an assertion. `token_lifetime` becomes the claim `token_exp`; `issue_jwt` needs it, and the other
    /// calls leave it out.
    ///
    /// # Errors
    ///
    /// Whatever kept it from signing, best built with [`Error::signing`].
    async fn assertion(&self, token_lifetime: Option<TokenLifetime>) -> Result<Assertion, Error>;

    /// As [`assertion`](Self::assertion), by the clock of the client that the assertion is for: its `exp` must agree with the
    /// server's time, which in a test is that of the mock or the emulator. A signer that was given a clock of its own keeps to
    /// that.
    ///
    /// The token sources of `line-channel-token-cache` call it with [`Client::clock`](crate::Client::clock). A signer that does not
    /// write it follows no client's clock.
    ///
    /// # Errors
    ///
    /// As [`assertion`](Self::assertion).
    async fn assertion_by_clock(
        &self,
        token_lifetime: Option<TokenLifetime>,
        clock: &dyn Clock,
    ) -> Result<Assertion, Error> {
        let _ = clock;
        self.assertion(token_lifetime).await
    }
}

#[async_trait]
impl<S: AssertionSource + ?Sized> AssertionSource for Arc<S> {
    fn channel_id(&self) -> &ChannelId {
        (**self).channel_id()
    }

    fn kid(&self) -> Option<&AssertionKid> {
        (**self).kid()
    }

    async fn assertion(&self, token_lifetime: Option<TokenLifetime>) -> Result<Assertion, Error> {
        (**self).assertion(token_lifetime).await
    }

    async fn assertion_by_clock(
        &self,
        token_lifetime: Option<TokenLifetime>,
        clock: &dyn Clock,
    ) -> Result<Assertion, Error> {
        (**self).assertion_by_clock(token_lifetime, clock).await
    }
}

#[cfg(test)]
mod tests {
    use super::{Assertion, AssertionKid};

    #[test]
    fn only_a_compact_jws_is_an_assertion() {
        assert_eq!(Assertion::new(" e30.e30.c2ln\n").unwrap().expose_secret(), "e30.e30.c2ln");
        for bad in ["abc", "e30.e30", "e30.e30.", "e30.e30.c2ln.x", "e30.e3+0.c2ln", "e30.e30.c2ln="] {
            let error = Assertion::new(bad).unwrap_err().to_string();
            assert!(error.contains("not a signed JWT") && !error.contains("e30"), "{error}");
        }
    }

    #[test]
    fn a_kid_loses_its_newline_and_must_not_be_empty() {
        assert_eq!(AssertionKid::new("6b2f\n").unwrap().as_str(), "6b2f");
        assert!(AssertionKid::new("\n").is_err());
        assert_eq!(AssertionKid::new("\"6b2f\"").unwrap().as_str(), "6b2f");
        for (kid, says) in [
            ("1234567890", "channel id"),
            ("eyJhbGciOiJIUzI1NiJ9.e30.c2ln", "token"),
            ("${LINE_KID}", "not expanded"),
            ("{\"kid\":\"6b2f\"}", "JSON"),
        ] {
            let error = AssertionKid::new(kid).unwrap_err().to_string();
            assert!(error.contains(says) && !error.contains(kid), "{error}");
        }
    }
}
