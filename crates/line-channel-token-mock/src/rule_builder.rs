//! The settings of a rule that is not in effect yet.

use std::fmt;
use std::sync::Arc;

use crate::matcher::Matcher;
use crate::reply::Reply;
use crate::rule::{Rule, RuleSettings};
use crate::state::SharedState;
use crate::times::Times;

const DEFAULT_PRIORITY: u8 = 5;

/// Builds a [`Rule`]; [`MockBackend::given`](crate::MockBackend::given) returns one. [`respond`](Self::respond) puts the rule into
/// effect: without that, it does nothing.
///
/// ```
/// use futures_executor::block_on;
/// use line_channel_token_core::{AccessToken, Operation};
/// use line_channel_token_mock::{MockBackend, Reply, matchers};
///
/// let line = MockBackend::new();
/// line.given(Operation::Revoke)
///     .and(matchers::field("access_token", "old-token"))
///     .named("the old token is revoked")
///     .expect(1)
///     .respond(Reply::revoked());
///
/// block_on(line.client().revoke(&AccessToken::new("old-token").unwrap())).unwrap();
/// line.verify();
/// ```
#[must_use = "a rule takes effect with `respond`"]
pub struct RuleBuilder {
    state: Arc<SharedState>,
    name: Option<String>,
    matchers: Vec<Matcher>,
    priority: u8,
    expected: Times,
    limit: Option<usize>,
}

impl RuleBuilder {
    pub(crate) fn new(state: Arc<SharedState>, first: Matcher) -> Self {
        Self { state, name: None, matchers: vec![first], priority: DEFAULT_PRIORITY, expected: Times::ANY, limit: None }
    }

    /// Adds a condition: the rule responds only if all of them hold.
    pub fn and(mut self, matcher: impl Into<Matcher>) -> Self {
        self.matchers.push(matcher.into());
        self
    }

    /// Sets the name that reports show. Without one, they show the conditions.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the priority: of the rules that match, the one with the smallest number responds. The default is 5. Among equals, the
    /// rule that was written first responds.
    pub fn priority(mut self, priority: u8) -> Self {
        self.priority = priority;
        self
    }

    /// Sets how often the rule must have responded when the mock is verified: a number, or a range such as `1..` or `2..=4`. Without
    /// it, any number of times is fine.
    ///
    /// It is no limit: a rule that is expected once responds to a second request, too, and then the verification fails. `expect(0)`
    /// thus says that such a request must not come. See [`up_to_n_times`](Self::up_to_n_times) for a limit; the two go together.
    ///
    /// ```
    /// use futures_executor::block_on;
    /// use line_channel_token_core::{AccessToken, Operation};
    /// use line_channel_token_mock::{MockBackend, Reply};
    ///
    /// let line = MockBackend::new();
    /// line.given(Operation::Verify).expect(1..).respond(Reply::verified("1234567890"));
    /// line.given(Operation::Revoke).expect(0).respond(Reply::revoked());
    ///
    /// let report = line.try_verify().unwrap_err();
    /// assert_eq!(report.unmet_expectations(), [r#"rule "verify": expected at least 1 call, got 0"#]);
    ///
    /// block_on(line.client().verify(&AccessToken::new("the-token").unwrap())).unwrap();
    /// line.verify();
    /// ```
    pub fn expect(mut self, times: impl Into<Times>) -> Self {
        self.expected = times.into();
        self
    }

    /// Sets how often the rule responds at most. From then on it does not match any more, so that the next rule that matches responds.
    /// Verification does not demand that it has responded at all: see [`expect`](Self::expect).
    ///
    /// # Panics
    ///
    /// If `n` is 0.
    ///
    /// ```
    /// use futures_executor::block_on;
    /// use line_channel_token_core::{AccessToken, ErrorKind, Operation};
    /// use line_channel_token_mock::{MockBackend, Reply};
    ///
    /// let line = MockBackend::new();
    /// line.given(Operation::VerifyJwt).up_to_n_times(1).respond(Reply::verified("1234567890"));
    /// line.given(Operation::VerifyJwt).respond(Reply::token_revoked());
    ///
    /// let client = line.client();
    /// let token = AccessToken::new("the-token").unwrap();
    /// assert!(block_on(client.verify_jwt(&token)).is_ok());
    /// assert_eq!(block_on(client.verify_jwt(&token)).unwrap_err().kind(), ErrorKind::TokenRevoked);
    /// ```
    #[track_caller]
    pub fn up_to_n_times(mut self, n: usize) -> Self {
        if n == 0 {
            misuse("a rule that responds up to 0 times never responds: use expect(0) for a request that must not come");
        }
        self.limit = Some(n);
        self
    }

    /// Puts the rule into effect. The handle counts its calls.
    ///
    /// # Panics
    ///
    /// If the rule can never meet its expectation: its range is empty, or its limit is lower.
    #[track_caller]
    pub fn respond(self, reply: Reply) -> Rule {
        let Self { state, name, matchers, priority, expected, limit } = self;
        let name = name.unwrap_or_else(|| matchers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and "));
        if !expected.is_possible(limit) {
            let limit = limit.map(|limit| format!(" of a rule that responds up to {limit} times")).unwrap_or_default();
            misuse(&format!("rule \"{name}\": no number of calls meets the expectation ({expected}){limit}"));
        }
        let rule = Rule::new(RuleSettings { name, matchers, priority, expected, limit }, reply);
        state.add_rule(rule.clone());
        rule
    }
}

#[expect(clippy::panic, reason = "a test that scripts nonsense must fail")]
#[track_caller]
fn misuse(what: &str) -> ! {
    panic!("{what}");
}

impl fmt::Debug for RuleBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuleBuilder")
            .field("name", &self.name)
            .field("matchers", &self.matchers)
            .field("priority", &self.priority)
            .field("expected", &format_args!("{}", self.expected))
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
