//! Encodes the header and the claims of assertions, for a signer in memory and for one in a KMS or an HSM.

use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use line_channel_token_core::{AssertionKid, AssertionLifetime, ChannelId, Clock, SystemClock, TokenLifetime};
use zeroize::Zeroizing;

use crate::{SigningAlgorithm, UnsignedAssertion};

/// The `aud` that LINE requires, whatever address the assertion is sent to.
const AUDIENCE: &str = "https://api.line.me/";

/// Encodes the assertions of one channel and kid, without the signature.
///
/// Use it if the private key never leaves a KMS or an HSM. If the key is in memory, use
/// [`AssertionSigner`](crate::AssertionSigner), which also signs. The template needs no crypto provider.
///
#[cfg_attr(any(feature = "aws-lc-rs", feature = "rust-crypto", feature = "sha2"), doc = "```")]
#[cfg_attr(not(any(feature = "aws-lc-rs", feature = "rust-crypto", feature = "sha2")), doc = "```ignore")]
/// use async_trait::async_trait;
/// use line_channel_token_assertion::{AssertionTemplate, SigningAlgorithm};
/// use line_channel_token_core::{
///     Assertion, AssertionKid, AssertionSource, ChannelId, Clock, Error, SystemClock, TokenLifetime,
/// };
/// # #[derive(Debug)]
/// # struct Kms;
/// # impl Kms {
/// #     async fn sign_sha256_digest(&self, _key: &str, _digest: [u8; 32]) -> Result<Vec<u8>, std::io::Error> {
/// #         Ok(vec![7; 256])
/// #     }
/// # }
///
/// #[derive(Debug)]
/// struct KmsSigner {
///     kms: Kms,
///     template: AssertionTemplate,
/// }
///
/// #[async_trait]
/// impl AssertionSource for KmsSigner {
///     fn channel_id(&self) -> &ChannelId {
///         self.template.channel_id()
///     }
///
///     fn kid(&self) -> Option<&AssertionKid> {
///         Some(self.template.kid())
///     }
///
///     async fn assertion(&self, token_lifetime: Option<TokenLifetime>) -> Result<Assertion, Error> {
///         self.assertion_by_clock(token_lifetime, &SystemClock).await
///     }
///
///     async fn assertion_by_clock(
///         &self,
///         token_lifetime: Option<TokenLifetime>,
///         clock: &dyn Clock,
///     ) -> Result<Assertion, Error> {
///         let unsigned = self.template.unsigned_by_clock(token_lifetime, clock);
///         let digest = unsigned.signing_input_sha256();
///         let signature = self.kms.sign_sha256_digest("alias/line", digest).await;
///         unsigned.attach_signature(&signature.map_err(|_| Error::transient("the KMS does not respond"))?)
///     }
/// }
///
/// # fn main() -> Result<(), Error> {
/// let signer = KmsSigner {
///     kms: Kms,
///     template: AssertionTemplate::new(
///         ChannelId::new("1234567890")?,
///         AssertionKid::new("6b2f34a4-9a0b-4d0e-8f0e-5b5f6f0c2d11")?,
///         SigningAlgorithm::Rs256,
///     ),
/// };
/// # let assertion = futures_executor::block_on(signer.assertion(None))?;
/// # assert_eq!(assertion.expose_secret().split('.').count(), 3);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AssertionTemplate {
    fixed: Arc<Fixed>,
    lifetime: AssertionLifetime,
    /// `None` until one is set.
    clock: Option<Arc<dyn Clock>>,
}

/// The parts that are the same in every assertion.
#[derive(Debug)]
struct Fixed {
    channel_id: ChannelId,
    kid: AssertionKid,
    algorithm: SigningAlgorithm,
    /// The header in base64url, with the dot after it.
    header: String,
    /// The claims in JSON, up to the value of `exp`.
    claims: String,
}

impl Fixed {
    fn new(channel_id: ChannelId, kid: AssertionKid, algorithm: SigningAlgorithm, audience: &str) -> Self {
        // Both may be any text, so their quotes and backslashes are escaped.
        let kid_json = serde_json::Value::from(kid.as_str());
        let audience = serde_json::Value::from(audience);
        let mut header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{algorithm}","typ":"JWT","kid":{kid_json}}}"#));
        header.push('.');
        let claims = format!(r#"{{"iss":"{channel_id}","sub":"{channel_id}","aud":{audience},"exp":"#);
        Self { channel_id, kid, algorithm, header, claims }
    }
}

impl AssertionTemplate {
    /// Makes a template. [`AssertionTemplate`] has an example.
    ///
    /// Assertions live 5 minutes, by the clock of the machine. [`with_lifetime`](Self::with_lifetime) and
    /// [`with_clock`](Self::with_clock) change that.
    #[must_use]
    pub fn new(channel_id: ChannelId, kid: AssertionKid, algorithm: SigningAlgorithm) -> Self {
        Self {
            fixed: Arc::new(Fixed::new(channel_id, kid, algorithm, AUDIENCE)),
            lifetime: AssertionLifetime::default(),
            clock: None,
        }
    }

    /// Sets the lifetime of the assertions, 1 to 1800 seconds. The default is 300.
    ///
    /// LINE refuses an assertion that expires more than 30 minutes ahead of its own clock, so the maximum fails if the local clock
    /// is fast.
    #[must_use]
    pub fn with_lifetime(mut self, lifetime: AssertionLifetime) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Sets the audience (`aud`). The default is `https://api.line.me/`, which LINE requires whatever address the assertion is sent to:
    /// use this for another server that asks for its own.
    ///
    /// ```
    /// use line_channel_token_assertion::{AssertionTemplate, SigningAlgorithm};
    /// use line_channel_token_core::{AssertionKid, ChannelId};
    ///
    /// let channel_id = ChannelId::new("1234567890")?;
    /// let template = AssertionTemplate::new(channel_id, AssertionKid::new("kid")?, SigningAlgorithm::Rs256);
    /// let gateway = template.clone().with_audience("https://gateway.example/");
    /// assert_ne!(gateway.unsigned(None).signing_input(), template.unsigned(None).signing_input());
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    #[must_use]
    pub fn with_audience(mut self, audience: impl AsRef<str>) -> Self {
        let Fixed { channel_id, kid, algorithm, .. } = &*self.fixed;
        let fixed = Fixed::new(channel_id.clone(), kid.clone(), *algorithm, audience.as_ref());
        self.fixed = Arc::new(fixed);
        self
    }

    /// Sets the clock that expiry is measured by. The default is the clock of the machine.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// The channel that the assertions are for.
    #[must_use]
    pub fn channel_id(&self) -> &ChannelId {
        &self.fixed.channel_id
    }

    /// The kid of the key.
    #[must_use]
    pub fn kid(&self) -> &AssertionKid {
        &self.fixed.kid
    }

    /// The algorithm of the signatures.
    #[must_use]
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.fixed.algorithm
    }

    /// The lifetime of each assertion.
    #[must_use]
    pub fn lifetime(&self) -> AssertionLifetime {
        self.lifetime
    }

    /// Encodes an assertion that expires one lifetime from now. `token_lifetime` becomes the claim `token_exp`, in seconds: LINE
    /// requires it for `issue_jwt`, and the other calls do not send it. [`UnsignedAssertion`] has an example.
    #[must_use]
    pub fn unsigned(&self, token_lifetime: Option<TokenLifetime>) -> UnsignedAssertion {
        self.unsigned_by_clock(token_lifetime, &SystemClock)
    }

    /// As [`unsigned`](Self::unsigned), by this clock unless [`with_clock`](Self::with_clock) has set one: for
    /// [`AssertionSource::assertion_by_clock`](line_channel_token_core::AssertionSource::assertion_by_clock). [`AssertionTemplate`] has
    /// an example.
    #[must_use]
    pub fn unsigned_by_clock(&self, token_lifetime: Option<TokenLifetime>, clock: &dyn Clock) -> UnsignedAssertion {
        let Fixed { algorithm, header, claims: head, .. } = &*self.fixed;
        let exp = self.clock.as_deref().unwrap_or(clock).now().unix.as_secs().saturating_add(self.lifetime.as_secs());
        // Room for two numbers with 20 digits. Cannot fail: writing to a String never does.
        let mut claims = String::with_capacity(head.len() + 56);
        claims.push_str(head);
        let _ = match token_lifetime {
            Some(lifetime) => write!(claims, "{exp},\"token_exp\":{}}}", lifetime.as_secs()),
            None => write!(claims, "{exp}}}"),
        };
        let length = header.len() + base64_len(claims.len()) + 1 + base64_len(algorithm.signature_len());
        let mut jwt = Zeroizing::new(String::with_capacity(length));
        jwt.push_str(header);
        URL_SAFE_NO_PAD.encode_string(&claims, &mut jwt);
        UnsignedAssertion::new(*algorithm, jwt)
    }
}

/// The length of `bytes` bytes in base64url without padding.
fn base64_len(bytes: usize) -> usize {
    (bytes * 4).div_ceil(3)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use line_channel_token_core::{AssertionKid, AssertionLifetime, ChannelId, Clock, Moment, Sleep, TokenLifetime};

    use super::AssertionTemplate;
    use crate::{SigningAlgorithm, UnsignedAssertion};

    /// A clock that stands still, in milliseconds since 1970.
    #[derive(Debug)]
    struct Stopped(u64);

    impl Clock for Stopped {
        fn now(&self) -> Moment {
            Moment { monotonic: Duration::ZERO, unix: Duration::from_millis(self.0) }
        }

        fn sleep(&self, _: Duration) -> Sleep {
            Box::pin(std::future::pending())
        }
    }

    fn template(kid: &str, algorithm: SigningAlgorithm) -> AssertionTemplate {
        AssertionTemplate::new(ChannelId::new("0123456789").unwrap(), AssertionKid::new(kid).unwrap(), algorithm)
            .with_clock(Arc::new(Stopped(1_785_000_000_999)))
    }

    fn parts(signing_input: &[u8]) -> Vec<String> {
        let text = std::str::from_utf8(signing_input).unwrap();
        text.split('.').map(|part| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()).collect()
    }

    #[test]
    fn header_and_claims_follow_line() {
        let unsigned = template("6b2f", SigningAlgorithm::Rs256).unsigned(Some(TokenLifetime::MAX));
        assert_eq!(
            parts(unsigned.signing_input()),
            [
                r#"{"alg":"RS256","typ":"JWT","kid":"6b2f"}"#,
                r#"{"iss":"0123456789","sub":"0123456789","aud":"https://api.line.me/","exp":1785000300,"token_exp":2592000}"#,
            ]
        );
        let shorter =
            template("6b2f", SigningAlgorithm::Es256).with_lifetime(AssertionLifetime::from_secs(60).unwrap());
        assert_eq!(
            parts(shorter.unsigned(None).signing_input()),
            [
                r#"{"alg":"ES256","typ":"JWT","kid":"6b2f"}"#,
                r#"{"iss":"0123456789","sub":"0123456789","aud":"https://api.line.me/","exp":1785000060}"#,
            ]
        );
    }

    #[test]
    fn another_audience_is_escaped_and_keeps_the_rest() {
        let other = template("6b2f", SigningAlgorithm::Rs256).with_audience("https://gateway.example/\"\\");
        let parts = parts(other.unsigned(None).signing_input());
        assert_eq!(parts[0], r#"{"alg":"RS256","typ":"JWT","kid":"6b2f"}"#);
        let claims: serde_json::Value = serde_json::from_str(&parts[1]).unwrap();
        assert_eq!(claims["aud"], "https://gateway.example/\"\\");
        assert_eq!((&claims["iss"], &claims["exp"]), (&"0123456789".into(), &1_785_000_300_u64.into()));
    }

    #[test]
    fn a_clock_of_its_own_comes_first() {
        let expiry = |unsigned: UnsignedAssertion| {
            let claims: serde_json::Value = serde_json::from_str(&parts(unsigned.signing_input())[1]).unwrap();
            claims["exp"].as_u64().unwrap()
        };
        let id = || (ChannelId::new("0123456789").unwrap(), AssertionKid::new("kid").unwrap());
        let (channel_id, kid) = id();
        let unset = AssertionTemplate::new(channel_id, kid, SigningAlgorithm::Rs256);
        assert_eq!(expiry(unset.unsigned_by_clock(None, &Stopped(2_000_000))), 2_300);

        let set = template("kid", SigningAlgorithm::Rs256);
        assert_eq!(expiry(set.unsigned_by_clock(None, &Stopped(2_000_000))), 1_785_000_300);

        let (channel_id, kid) = id();
        let system = AssertionTemplate::new(channel_id, kid, SigningAlgorithm::Rs256);
        assert!(expiry(system.unsigned(None)) > 1_735_689_600, "later than 2025");
    }

    #[test]
    fn quotes_in_a_kid_are_escaped() {
        let header =
            &parts(template("a\",\"alg\":\"none\\x", SigningAlgorithm::Rs256).unsigned(None).signing_input())[0];
        let header: serde_json::Value = serde_json::from_str(header).unwrap();
        assert_eq!(header["kid"], "a\",\"alg\":\"none\\x");
        assert_eq!(header["alg"], "RS256");
    }
}
