//! The cache, on a clock that the test moves.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use line_channel_token_core::{Clock, Error, ErrorKind, IssuedToken, Timing, response};
use line_channel_token_mock::ManualClock;
use line_channel_token_ureq::blocking::TokenCache;

/// What a source does at its next call. Without a step it issues a token.
type Step = Box<dyn FnOnce() -> Result<(), Error> + Send>;

/// A source whose calls are counted, and a cache over it. Its tokens are `token-0`, `token-1` and so on, and live for 900 seconds.
struct Line {
    clock: ManualClock,
    calls: Arc<AtomicUsize>,
    steps: Arc<Mutex<VecDeque<Step>>>,
    tokens: TokenCache,
}

fn issued(clock: &ManualClock, text: &str) -> IssuedToken {
    let body = format!(r#"{{"access_token":"{text}","token_type":"Bearer","expires_in":900}}"#);
    let timing = Timing { sent_at: clock.now(), received_at: clock.now() };
    response::issue_stateless(&http::Response::new(body.into()), timing).unwrap().into()
}

impl Line {
    fn new() -> Self {
        let clock = ManualClock::new();
        let calls = Arc::new(AtomicUsize::new(0));
        let steps = Arc::new(Mutex::new(VecDeque::<Step>::new()));
        let (of_source, counter, script) = (clock.clone(), Arc::clone(&calls), Arc::clone(&steps));
        let tokens = TokenCache::new(Arc::new(clock.clone()), move || {
            let nth = counter.fetch_add(1, Ordering::SeqCst);
            let token = issued(&of_source, &format!("token-{nth}"));
            let step = script.lock().unwrap().pop_front();
            step.map_or(Ok(()), |step| step()).map(|()| token)
        });
        Self { clock, calls, steps, tokens }
    }

    fn then(&self, step: impl FnOnce() -> Result<(), Error> + Send + 'static) {
        self.steps.lock().unwrap().push_back(Box::new(step));
    }

    fn fails(&self) {
        self.then(|| Err(Error::transient("LINE is down")));
    }

    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// The token that the cache returns now.
    fn token(&self) -> String {
        text(&self.tokens.token().unwrap())
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

fn text(token: &IssuedToken) -> String {
    token.access_token().expose_secret().to_owned()
}

#[test]
fn a_fresh_token_costs_no_call() {
    let line = Line::new();
    for _ in 0..10 {
        assert_eq!(line.token(), "token-0");
        line.advance(70);
    }
    assert_eq!(line.calls(), 1);
}

#[test]
fn a_token_is_replaced_in_its_last_fifth() {
    let line = Line::new();
    assert_eq!(line.token(), "token-0");
    line.advance(719);
    assert_eq!(line.token(), "token-0");
    line.advance(1);
    assert_eq!(line.token(), "token-1");
    line.clock.set_unix_time(line.clock.now().unix + Duration::from_secs(3600));
    assert_eq!(line.token(), "token-2", "the calendar says that it expired");
    line.clock.suspend(Duration::from_secs(900));
    assert_eq!(line.token(), "token-3");
}

#[test]
fn others_go_on_with_the_old_token_while_one_refreshes() {
    let line = Line::new();
    assert_eq!(line.token(), "token-0");
    line.advance(800);
    let (begun, has_begun) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    line.then(move || {
        begun.send(()).unwrap();
        may_go.recv().unwrap();
        Ok(())
    });
    let tokens = line.tokens.clone();
    let refreshing = thread::spawn(move || text(&tokens.token().unwrap()));
    has_begun.recv().unwrap();
    // None of these waits: nobody lets the source go on.
    for _ in 0..5 {
        assert_eq!(line.token(), "token-0");
    }
    go.send(()).unwrap();
    assert_eq!(refreshing.join().unwrap(), "token-1");
    assert_eq!((line.token().as_str(), line.calls()), ("token-1", 2));
}

#[test]
fn without_a_token_all_wait_for_one_call() {
    for outcome in [true, false] {
        let line = Line::new();
        let (begun, has_begun) = mpsc::channel();
        let (go, may_go) = mpsc::channel::<()>();
        line.then(move || {
            begun.send(()).unwrap();
            may_go.recv().unwrap();
            if outcome { Ok(()) } else { Err(Error::transient("LINE is down")) }
        });
        let ask = |tokens: &TokenCache| tokens.token().map(|token| text(&token)).map_err(|error| error.kind());
        let first = line.tokens.clone();
        let first = thread::spawn(move || ask(&first));
        has_begun.recv().unwrap();
        let waiting: Vec<_> = (0..50)
            .map(|_| {
                let (tokens, arriving) = (line.tokens.clone(), mpsc::channel());
                let thread = thread::spawn(move || {
                    arriving.0.send(()).unwrap();
                    ask(&tokens)
                });
                arriving.1.recv().unwrap();
                thread
            })
            .collect();
        go.send(()).unwrap();
        let expected = if outcome { Ok("token-0".to_owned()) } else { Err(ErrorKind::TemporarilyUnavailable) };
        assert_eq!(first.join().unwrap(), expected);
        for thread in waiting {
            assert_eq!(thread.join().unwrap(), expected);
        }
        assert_eq!(line.calls(), 1);
    }
}

#[test]
fn a_failed_refresh_leaves_the_old_token_until_its_end() {
    let line = Line::new();
    assert_eq!(line.token(), "token-0");
    line.advance(720);
    for _ in 0..20 {
        line.fails();
    }
    for _ in 0..179 {
        assert_eq!(line.token(), "token-0");
        line.advance(1);
    }
    // 1 s, 2 s, 4 s, ... at most 60 s between two attempts.
    assert_eq!(line.calls(), 1 + 8);
    line.advance(1);
    assert_eq!(line.tokens.token().unwrap_err().kind(), ErrorKind::TemporarilyUnavailable, "never past its end");
}

#[test]
fn a_failure_ahead_of_an_end_during_the_call_is_told() {
    let line = Line::new();
    line.token();
    line.advance(899);
    let clock = line.clock.clone();
    line.then(move || {
        clock.advance(Duration::from_secs(2));
        Err(Error::transient("LINE is down"))
    });
    assert_eq!(line.tokens.token().unwrap_err().kind(), ErrorKind::TemporarilyUnavailable);
}

#[test]
fn the_last_error_comes_at_once_until_the_delay_is_over() {
    let line = Line::new();
    line.fails();
    for (seconds, left) in [(0, 1000), (0, 1000)] {
        line.advance(seconds);
        let error = line.tokens.token().unwrap_err();
        assert_eq!(error.retry_after(), Some(Duration::from_millis(left)));
        assert!(error.to_string().starts_with("LINE is down"), "{error}");
    }
    assert_eq!(line.calls(), 1);
    line.advance(1);
    assert_eq!(line.token(), "token-1");
    // A failure after a success begins anew.
    line.advance(900);
    line.fails();
    assert_eq!(line.tokens.token().unwrap_err().retry_after(), Some(Duration::from_secs(1)));
}

#[test]
fn a_source_that_panics_wedges_nothing() {
    let line = Line::new();
    line.then(|| panic!("s3cret"));
    let error = line.tokens.token().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenUnavailable);
    assert!(error.to_string().starts_with("the token source panicked"), "{error}");
    line.advance(30);
    assert_eq!(line.token(), "token-1");
    line.advance(800);
    line.then(|| panic!("s3cret"));
    assert_eq!(line.token(), "token-1", "the old one serves");
    line.advance(30);
    assert_eq!(line.token(), "token-3");
}

#[test]
fn a_token_that_expired_on_its_way_is_an_error() {
    let line = Line::new();
    let clock = line.clock.clone();
    line.then(move || {
        clock.advance(Duration::from_secs(900));
        Ok(())
    });
    assert_eq!(line.tokens.token().unwrap_err().kind(), ErrorKind::TokenUnavailable);
    line.advance(30);
    assert_eq!(line.token(), "token-1");
}

#[test]
fn a_source_that_asks_its_own_cache_gets_an_error() {
    let line = Line::new();
    let tokens = line.tokens.clone();
    let (outcome, of_source) = mpsc::channel();
    line.then(move || {
        outcome.send(tokens.token().map(drop).unwrap_err()).unwrap();
        Ok(())
    });
    assert_eq!(line.token(), "token-0");
    assert_eq!(of_source.recv().unwrap().kind(), ErrorKind::TokenUnavailable);
}

#[test]
fn a_token_that_is_invalidated_is_replaced_and_no_other() {
    let line = Line::new();
    let first = line.tokens.token().unwrap();
    line.tokens.invalidate(&first);
    assert_eq!(line.token(), "token-1");
    line.tokens.invalidate(&first);
    assert_eq!((line.token().as_str(), line.calls()), ("token-1", 2));
}

#[test]
fn tokens_that_are_refused_at_once_are_delayed() {
    let line = Line::new();
    for (nth, delay) in [(0, 0), (1, 1), (2, 2), (3, 4)] {
        let token = line.tokens.token().unwrap();
        assert_eq!(text(&token), format!("token-{nth}"));
        line.tokens.invalidate(&token);
        if delay > 0 {
            let error = line.tokens.token().unwrap_err();
            assert_eq!(
                (error.kind(), error.retry_after()),
                (ErrorKind::TokenUnavailable, Some(Duration::from_secs(delay)))
            );
            assert_eq!(line.calls(), nth + 1);
        }
        line.advance(delay);
    }
}

#[test]
fn a_token_that_lived_ends_the_row_of_refused_ones() {
    let line = Line::new();
    for _ in 0..5 {
        line.tokens.invalidate(&line.tokens.token().unwrap());
        // The next one lives until its time to be replaced.
        line.token();
        line.advance(720);
        line.token();
    }
    assert_eq!(line.calls(), 11);
}

#[test]
fn a_token_that_comes_near_its_end_makes_no_storm() {
    let line = Line::new();
    let slow = |line: &Line, seconds| {
        let clock = line.clock.clone();
        line.then(move || {
            clock.advance(Duration::from_secs(seconds));
            Ok(())
        });
    };
    slow(&line, 800);
    for _ in 0..20 {
        assert_eq!(line.token(), "token-0");
    }
    assert_eq!(line.calls(), 1);
    line.advance(1);
    slow(&line, 899);
    assert_eq!(line.token(), "token-1");
    assert_eq!((line.token().as_str(), line.calls()), ("token-1", 2));
    line.advance(1);
    assert_eq!(line.token(), "token-2", "no delay goes on past the end of the token");
    // A failure after it is the first one.
    line.advance(900);
    line.fails();
    assert_eq!(line.tokens.token().unwrap_err().retry_after(), Some(Duration::from_secs(1)));
}

#[test]
fn neither_debug_nor_an_error_shows_a_token() {
    let line = Line::new();
    line.token();
    let text = format!("{:?}{:#?}", line.tokens, line.tokens);
    assert!(!text.contains("token-0") && text.contains("has_token: true"), "{text}");
}
