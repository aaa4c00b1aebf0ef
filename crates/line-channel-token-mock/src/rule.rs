//! A rule: which requests get which responses, and how often.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::matcher::Matcher;
use crate::mismatch::Mismatch;
use crate::received_request::ReceivedRequest;
use crate::reply::{Reply, Step};
use crate::times::Times;

/// A handle on a rule in effect, which [`RuleBuilder::respond`](crate::RuleBuilder::respond) returns.
///
/// ```
/// use futures_executor::block_on;
/// use line_channel_token_core::{AccessToken, Operation};
/// use line_channel_token_mock::{MockBackend, Reply};
///
/// let line = MockBackend::new();
/// let revocation = line.given(Operation::Revoke).respond(Reply::revoked());
///
/// block_on(line.client().revoke(&AccessToken::new("the-token").unwrap())).unwrap();
/// assert_eq!(revocation.calls(), 1);
/// assert_eq!(revocation.name(), "revoke");
/// ```
#[derive(Clone)]
pub struct Rule(Arc<Shared>);

struct Shared {
    settings: RuleSettings,
    reply: Reply,
    calls: AtomicUsize,
}

/// What a rule is besides its reply.
#[derive(Debug)]
pub(crate) struct RuleSettings {
    pub(crate) name: String,
    pub(crate) matchers: Vec<Matcher>,
    pub(crate) priority: u8,
    pub(crate) expected: Times,
    /// `None`: as often as requests come.
    pub(crate) limit: Option<usize>,
}

impl Rule {
    pub(crate) fn new(settings: RuleSettings, reply: Reply) -> Self {
        Self(Arc::new(Shared { settings, reply, calls: AtomicUsize::new(0) }))
    }

    /// How many requests it has responded to.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.0.calls.load(Ordering::SeqCst)
    }

    /// Its name, or its conditions if it was given none.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.settings.name
    }

    pub(crate) fn priority(&self) -> u8 {
        self.0.settings.priority
    }

    pub(crate) fn expected(&self) -> Times {
        self.0.settings.expected
    }

    pub(crate) fn is_met(&self) -> bool {
        self.expected().contains(self.calls())
    }

    /// The conditions that do not hold for this request.
    pub(crate) fn mismatches(&self, request: &ReceivedRequest) -> Vec<Mismatch> {
        self.0.settings.matchers.iter().filter_map(|matcher| matcher.mismatch(request)).collect()
    }

    /// Why it cannot respond any more, if it has responded as often as it may.
    pub(crate) fn used_up(&self) -> Option<Mismatch> {
        let limit = self.0.settings.limit.filter(|limit| self.calls() >= *limit)?;
        let times = if limit == 1 { "time" } else { "times" };
        Some(Mismatch::UsedUp(format!("it has responded {limit} {times}, which is its limit")))
    }

    /// The step of the reply whose turn it is, and its number, counted from 0. The caller holds the lock of the rules, so that two
    /// requests never get the same turn.
    pub(crate) fn take_turn(&self) -> (usize, Option<Step>) {
        let turn = self.0.calls.fetch_add(1, Ordering::SeqCst);
        (turn, self.0.reply.step(turn).cloned())
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule")
            .field("name", &self.name())
            .field("expected", &format_args!("{}", self.expected()))
            .field("calls", &self.calls())
            .field("reply", &self.0.reply)
            .finish()
    }
}
