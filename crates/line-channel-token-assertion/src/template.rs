//! Writes assertions up to the signature: what a signer in memory and one in a vault have in common.

use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use line_channel_token_core::{AssertionKid, AssertionLifetime, ChannelId, Clock, SystemClock, TokenLifetime};
use zeroize::Zeroizing;

use crate::{SigningAlgorithm, UnsignedAssertion};

/// Whom LINE wants an assertion to be for, whatever address it is sent to.
const AUDIENCE: &str = "https://api.line.me/";

/// Writes the assertions of one channel and kid, all but the signature.
///
/// Use it where the private key never leaves a KMS or an HSM; where it is at hand,
/// [`AssertionSigner`](crate::AssertionSigner) does the whole. It needs no crypto provider.
///
#[cfg_attr(any(feature = "aws-lc-rs", feature = "rust-crypto", feature = "sha2"), doc = "```")]
#[cfg_attr(not(any(feature = "aws-lc-rs", feature = "rust-crypto", feature = "sha2")), doc = "```ignore")]
/// use async_trait::async_trait;
/// use line_channel_token_assertion::{AssertionTemplate, SigningAlgorithm};
/// use line_channel_token_core::{
///     Assertion, AssertionKid, AssertionSource, ChannelId, Error, TokenLifetime,
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
///     async fn assertion(&self, token_lifetime: Option<TokenLifetime>) -> Result<Assertion, Error> {
///         let unsigned = self.template.unsigned(token_lifetime);
///         let signature = self
///             .kms
///             .sign_sha256_digest("alias/line", unsigned.signing_input_sha256())
///             .await
///             .map_err(|error| Error::signing("the KMS did not sign").with_source(error))?;
///         unsigned.attach_signature(&signature)
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
    clock: Arc<dyn Clock>,
}

/// What is the same in every assertion, written once.
#[derive(Debug)]
struct Fixed {
    channel_id: ChannelId,
    kid: AssertionKid,
    algorithm: SigningAlgorithm,
    /// The header in base64url, and the dot after it.
    header: String,
    /// The claims in JSON, up to the value of `exp`.
    claims: String,
}

impl AssertionTemplate {
    /// Makes a template. Assertions live 5 minutes by the machine's clock, unless told otherwise.
    #[must_use]
    pub fn new(channel_id: ChannelId, kid: AssertionKid, algorithm: SigningAlgorithm) -> Self {
        // A kid is visible ASCII, quotes and backslashes included.
        let kid_json = serde_json::Value::from(kid.as_str());
        let mut header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{algorithm}","typ":"JWT","kid":{kid_json}}}"#));
        header.push('.');
        let claims = format!(r#"{{"iss":"{channel_id}","sub":"{channel_id}","aud":"{AUDIENCE}","exp":"#);
        Self {
            fixed: Arc::new(Fixed { channel_id, kid, algorithm, header, claims }),
            lifetime: AssertionLifetime::default(),
            clock: Arc::new(SystemClock),
        }
    }

    /// The same with assertions that live as long as `lifetime` says.
    #[must_use]
    pub fn with_lifetime(mut self, lifetime: AssertionLifetime) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// The same with the time from `clock`.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The channel that the assertions speak for.
    #[must_use]
    pub fn channel_id(&self) -> &ChannelId {
        &self.fixed.channel_id
    }

    /// The kid of the key.
    #[must_use]
    pub fn kid(&self) -> &AssertionKid {
        &self.fixed.kid
    }

    /// The algorithm that the signatures must have.
    #[must_use]
    pub fn algorithm(&self) -> SigningAlgorithm {
        self.fixed.algorithm
    }

    /// How long each assertion lives.
    #[must_use]
    pub fn lifetime(&self) -> AssertionLifetime {
        self.lifetime
    }

    /// Writes an assertion that expires one lifetime from now. `token_lifetime` becomes the claim `token_exp`, which
    /// `issue_jwt` needs and the other calls leave out.
    #[must_use]
    pub fn unsigned(&self, token_lifetime: Option<TokenLifetime>) -> UnsignedAssertion {
        let Fixed { algorithm, header, claims: head, .. } = &*self.fixed;
        let exp = self.clock.now().unix.as_secs().saturating_add(self.lifetime.as_secs());
        // Room for two numbers of 20 digits; writing to a String cannot fail.
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
    use crate::SigningAlgorithm;

    #[derive(Debug)]
    struct Fixed;

    impl Clock for Fixed {
        fn now(&self) -> Moment {
            Moment { monotonic: Duration::ZERO, unix: Duration::from_millis(1_785_000_000_999) }
        }

        fn sleep(&self, _: Duration) -> Sleep {
            Box::pin(std::future::pending())
        }
    }

    fn template(kid: &str, algorithm: SigningAlgorithm) -> AssertionTemplate {
        AssertionTemplate::new(ChannelId::new("0123456789").unwrap(), AssertionKid::new(kid).unwrap(), algorithm)
            .with_clock(Arc::new(Fixed))
    }

    fn parts(signing_input: &[u8]) -> Vec<String> {
        let text = std::str::from_utf8(signing_input).unwrap();
        text.split('.').map(|part| String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()).collect()
    }

    #[test]
    fn header_and_claims_are_as_line_wants_them() {
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
    fn a_kid_with_quotes_does_not_break_out_of_the_header() {
        let header =
            &parts(template("a\",\"alg\":\"none\\x", SigningAlgorithm::Rs256).unsigned(None).signing_input())[0];
        let header: serde_json::Value = serde_json::from_str(header).unwrap();
        assert_eq!(header["kid"], "a\",\"alg\":\"none\\x");
        assert_eq!(header["alg"], "RS256");
    }
}
