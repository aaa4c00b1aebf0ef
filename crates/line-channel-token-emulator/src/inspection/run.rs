//! An inspection, from the pasted text to its findings.

use super::assertion::{self, Decoded};
use super::builder::InspectionBuilder;
use super::finding::{Finding, Findings, Verdict};
use super::kind::InspectedKind;
use super::knowledge::{Knowledge, KnownToken};
use super::pasted::Pasted;
use super::recognize::{self, Recognized};
use super::token::{InspectedToken, findings_of_unknown};

/// The longest text that is inspected, in bytes.
const MAX_TEXT: usize = 1_000_000;

/// What a pasted text is, and what each rule says about it: for people who want to know why an assertion or a token is refused.
///
/// [`Emulator::inspect`](crate::Emulator::inspect) makes one with all that an emulator knows, and [`builder`](Self::builder)
/// without. It holds the header and the claims of an assertion, and neither its signature nor a token; keys and secrets
/// that were pasted by mistake are named and not kept.
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_emulator::{InspectedKind, Inspection, Verdict};
///
/// // {"alg":"HS256","typ":"JWT"} and {"iss":"1234567890","sub":"1234567890","exp":1790000300}
/// let pasted = "client_assertion=eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.\
///     eyJpc3MiOiIxMjM0NTY3ODkwIiwic3ViIjoiMTIzNDU2Nzg5MCIsImV4cCI6MTc5MDAwMDMwMH0.AAAA";
/// let inspection = Inspection::builder().now(Duration::from_secs(1_790_000_000)).inspect(pasted);
///
/// assert_eq!(inspection.subject(), InspectedKind::Assertion);
/// assert_eq!(inspection.header(), Some(r#"{"alg":"HS256","typ":"JWT"}"#));
/// let broken = inspection.findings().iter().filter(|finding| finding.verdict == Verdict::Violation);
/// let broken: Vec<&str> = broken.map(|finding| finding.rule).collect();
/// assert_eq!(broken, ["alg", "kid", "signature", "aud"]);
/// ```
#[derive(Clone, Debug)]
pub struct Inspection {
    subject: InspectedKind,
    header: Option<String>,
    claims: Option<String>,
    token: Option<InspectedToken>,
    findings: Vec<Finding>,
}

impl Inspection {
    /// Starts with LINE's settings, the machine's time, and no key.
    ///
    /// ```
    /// use line_channel_token_emulator::{InspectedKind, Inspection};
    ///
    /// assert_eq!(Inspection::builder().inspect("1234567890").subject(), InspectedKind::Unknown);
    /// ```
    pub fn builder() -> InspectionBuilder {
        InspectionBuilder::new()
    }

    pub(super) fn run(text: &str, known: &dyn Knowledge) -> Self {
        let mut findings = Findings::default();
        if text.len() > MAX_TEXT {
            let found = format!("the text has {} bytes: at most {MAX_TEXT} are inspected", text.len());
            findings.push(Finding::violation("text", found, "paste the assertion or the token alone"));
            return Self::new(InspectedKind::Unknown, findings);
        }
        if let Some((kind, finding)) = recognize::document(text) {
            findings.push(finding);
            return Self::new(kind, findings);
        }
        let pasted = Pasted::find(text);
        pasted.findings(&mut findings);
        let token = known.token(&pasted.value);
        if let KnownToken::Issued(token) = token {
            token.findings(&mut findings);
            let header = assertion::header_of(&pasted.value);
            return Self { header, token: Some(token.clone()), ..Self::new(token.kind(), findings) };
        }
        // Where it was taken from does not matter for what is neither.
        let other = |(kind, finding)| Self::new(kind, Findings(vec![finding]));
        match recognize::value(&pasted.value) {
            Recognized::Known(kind @ (InspectedKind::Assertion | InspectedKind::EncryptedJwt)) => {
                let Decoded { header, claims } = assertion::inspect(&pasted.value, known, &mut findings);
                Self { header, claims, ..Self::new(kind, findings) }
            }
            Recognized::Known(kind) => {
                findings_of_unknown(kind, &pasted.value, &token, &mut findings);
                Self { header: assertion::header_of(&pasted.value), ..Self::new(kind, findings) }
            }
            Recognized::Other(InspectedKind::Unknown, finding) => {
                other(recognize::named_secret(text).unwrap_or((InspectedKind::Unknown, finding)))
            }
            Recognized::Other(kind, finding) => other((kind, finding)),
        }
    }

    fn new(subject: InspectedKind, findings: Findings) -> Self {
        Self { subject, header: None, claims: None, token: None, findings: findings.0 }
    }

    /// What the text is.
    #[must_use]
    pub fn subject(&self) -> InspectedKind {
        self.subject
    }

    /// The header of an assertion or of a token in the form of a JWS: the JSON as it stands there, with escapes in place of
    /// characters that would not be seen. `None` if there is none that could be decoded.
    #[must_use]
    pub fn header(&self) -> Option<&str> {
        self.header.as_deref()
    }

    /// The claims of an assertion, likewise.
    #[must_use]
    pub fn claims(&self) -> Option<&str> {
        self.claims.as_deref()
    }

    /// The token, if the emulator that inspected the text has issued it.
    #[must_use]
    pub fn token(&self) -> Option<&InspectedToken> {
        self.token.as_ref()
    }

    /// What each rule says, in the order in which a request is checked: it is refused for the first violation.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Whether no rule is broken. What was not checked may still be wrong.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        self.findings.iter().all(|finding| finding.verdict != Verdict::Violation)
    }
}
