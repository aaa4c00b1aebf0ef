//! Runs one case, and says which rule it checks if it fails.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::time::timeout;

/// Longer than any case takes, also on a busy machine.
const HANGS_AFTER: Duration = Duration::from_secs(20);

/// What a case checks, for the author of a backend or a store who sees it fail.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The rule, as `HttpBackend` or `TokenStore` states it.
    pub says: &'static str,
    /// What is usually wrong, and what to do.
    pub hint: &'static str,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\nThe rule that is broken: {}\nWhat to do: {}\n", self.says, self.hint)
    }
}

/// Runs one case on a runtime of its own.
///
/// # Panics
///
/// As the case does, or if it does not end.
pub fn run<F: Future<Output = ()>>(rule: Rule, case: impl FnOnce() -> F) {
    run_within(HANGS_AFTER, rule, case);
}

fn run_within<F: Future<Output = ()>>(limit: Duration, rule: Rule, case: impl FnOnce() -> F) {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let outcome = catch_unwind(AssertUnwindSafe(|| runtime.block_on(async { timeout(limit, case()).await })));
    // A name resolution that hangs must not delay the end of the test.
    runtime.shutdown_background();
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(_)) => {
            // What it waits for is the rule's: a response, the end of a connection, a request.
            panic!("the case did not end within {limit:?}\n{rule}")
        }
        Err(panic) => {
            // Into the output that the test harness shows below the panic's message.
            eprintln!("{rule}");
            resume_unwind(panic);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;
    use std::time::Duration;

    use super::{Rule, run, run_within};

    const RULE: Rule = Rule { says: "it responds", hint: "respond" };

    #[test]
    fn a_case_that_panics_fails_with_its_own_message() {
        let panic = catch_unwind(|| run(RULE, || async { panic!("got nothing") })).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"got nothing"));
        run(RULE, || async {});
    }

    #[test]
    fn a_case_that_hangs_fails_with_its_rule() {
        let panic = catch_unwind(|| run_within(Duration::ZERO, RULE, std::future::pending::<()>)).unwrap_err();
        let text = panic.downcast_ref::<String>().unwrap();
        assert!(text.starts_with(&format!("the case did not end within 0ns\n{RULE}")), "{text}");
    }

    #[test]
    fn a_rule_says_what_is_broken_and_what_to_do() {
        let text = RULE.to_string();
        assert!(text.contains("broken: it responds") && text.contains("What to do: respond"), "{text}");
    }
}
