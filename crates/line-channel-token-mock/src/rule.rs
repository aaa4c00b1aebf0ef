//! Rules: which requests are answered, with what, and how often.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::backend::Shared;
use crate::expectation::Expectation;
use crate::matchers::Difference;
use crate::reply::Step;
use crate::{Matcher, ReceivedRequest, Reply};

/// A rule that is being written. [`respond`](Self::respond) ends it; without that it does nothing.
#[must_use = "a rule takes effect with `respond`"]
pub struct RuleBuilder {
    shared: Arc<Shared>,
    name: Option<String>,
    matchers: Vec<Matcher>,
    priority: u8,
    expectation: Expectation,
}

impl RuleBuilder {
    pub(crate) fn new(shared: Arc<Shared>, first: Matcher) -> Self {
        Self { shared, name: None, matchers: vec![first], priority: 5, expectation: Expectation::Any }
    }

    /// And this condition too.
    pub fn and(mut self, matcher: impl Into<Matcher>) -> Self {
        self.matchers.push(matcher.into());
        self
    }

    /// The name in reports; without one, the conditions stand there.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Rules with a smaller number are asked first; 5 unless set. Among equals, the one that was written first.
    pub fn priority(mut self, priority: u8) -> Self {
        self.priority = priority;
        self
    }

    /// Answers so often and then no more, so that the next rule has its turn; verification demands all of them. wiremock
    /// calls this `expect(n)` and `up_to_n_times(n)`. 0 is [`never`](Self::never).
    pub fn times(mut self, times: usize) -> Self {
        self.expectation = if times == 0 { Expectation::Never } else { Expectation::Times(times) };
        self
    }

    /// Answers so often at most and then no more; verification demands none of them.
    pub fn up_to(mut self, times: usize) -> Self {
        self.expectation = Expectation::UpTo(times);
        self
    }

    /// Refuses the requests that match, whatever other rules say, and verification fails where one came. A
    /// [`priority`](Self::priority) before that of other rules is up to you.
    pub fn never(mut self) -> Self {
        self.expectation = Expectation::Never;
        self
    }

    /// Verification demands at least so many calls.
    pub fn at_least(mut self, times: usize) -> Self {
        self.expectation = Expectation::AtLeast(times);
        self
    }

    /// Puts the rule into effect. The handle counts its calls.
    pub fn respond(self, reply: Reply) -> Rule {
        let Self { shared, name, matchers, priority, expectation } = self;
        let name = name.unwrap_or_else(|| matchers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and "));
        let rule = Rule(Arc::new(Inner { name, matchers, priority, expectation, reply, calls: AtomicUsize::new(0) }));
        shared.add(rule.clone());
        rule
    }
}

impl fmt::Debug for RuleBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuleBuilder")
            .field("name", &self.name)
            .field("matchers", &self.matchers)
            .finish_non_exhaustive()
    }
}

/// A rule in effect.
#[derive(Clone)]
pub struct Rule(Arc<Inner>);

struct Inner {
    name: String,
    matchers: Vec<Matcher>,
    priority: u8,
    expectation: Expectation,
    reply: Reply,
    calls: AtomicUsize,
}

impl Rule {
    /// How many requests it has answered.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.0.calls.load(Ordering::SeqCst)
    }

    /// Its name, or its conditions where it was given none.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.name
    }

    pub(crate) fn priority(&self) -> u8 {
        self.0.priority
    }

    pub(crate) fn expectation(&self) -> Expectation {
        self.0.expectation
    }

    pub(crate) fn is_met(&self) -> bool {
        self.0.expectation.is_met_by(self.calls())
    }

    /// The conditions that do not hold for this request.
    pub(crate) fn differences(&self, received: &ReceivedRequest) -> Vec<Difference> {
        self.0.matchers.iter().filter_map(|matcher| matcher.check(received).err()).collect()
    }

    /// Why it cannot answer any more, where it has answered as often as it may.
    pub(crate) fn used_up(&self) -> Option<Difference> {
        let expectation = self.0.expectation;
        let used_up = expectation.is_used_up_by(self.calls());
        used_up.then(|| Difference::UsedUp(format!("it answers {expectation} and is used up")))
    }

    pub(crate) fn forbids(&self) -> bool {
        matches!(self.0.expectation, Expectation::Never)
    }

    /// What it answers now. The caller holds the lock of the rules, so that two requests never get the same turn.
    pub(crate) fn take(&self) -> (usize, Option<Step>) {
        let turn = self.0.calls.fetch_add(1, Ordering::SeqCst);
        (turn, self.0.reply.step(turn).cloned())
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule")
            .field("name", &self.0.name)
            .field("expects", &format_args!("{}", self.0.expectation))
            .field("calls", &self.calls())
            .field("reply", &self.0.reply)
            .finish()
    }
}
