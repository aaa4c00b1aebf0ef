//! Calls with a token, and a second one after a 401.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use http::{Response, StatusCode};
use line_channel_token_core::{ChannelId, ChannelSecret, ErrorKind, IssuedToken, Operation};
use line_channel_token_mock::{MockBackend, Reply};
use line_channel_token_ureq::blocking::{Client, TokenCache};

/// LINE with tokens `token-0`, `token-1` and so on, as many as given; after that it is down.
fn line(count: usize) -> (MockBackend, TokenCache) {
    let line = MockBackend::new();
    let issued = AtomicUsize::new(0);
    let reply = Reply::from_fn(move |_| match issued.fetch_add(1, Ordering::SeqCst) {
        nth if nth < count => Reply::stateless_token(&format!("token-{nth}")),
        _ => Reply::invalid_client_credentials(),
    });
    line.given(Operation::IssueStateless).respond(reply);
    let client = Client::from(line.client());
    let channel = (ChannelId::new("1234567890").unwrap(), ChannelSecret::new("s3cret").unwrap());
    let tokens = TokenCache::stateless(&client, channel.0, channel.1);
    (line, tokens)
}

/// A server that accepts every token but these, and says how many calls it has seen.
fn respond(refused: &[&str], token: &IssuedToken, calls: &AtomicUsize) -> Response<usize> {
    let call = calls.fetch_add(1, Ordering::SeqCst);
    let mut response = Response::new(call);
    if refused.contains(&token.access_token().expose_secret()) {
        *response.status_mut() = StatusCode::UNAUTHORIZED;
    }
    response
}

#[test]
fn a_401_is_repeated_once_with_the_next_token() {
    for (refused, tokens_of_line, status, calls_made) in [
        (&[][..], 1, 200, 1),
        (&["token-0"], 2, 200, 2),
        // A second 401 is returned as it is.
        (&["token-0", "token-1"], 3, 401, 2),
        // There is no new token, so the first response it is.
        (&["token-0"], 1, 401, 1),
    ] {
        let (line, tokens) = line(tokens_of_line);
        let calls = AtomicUsize::new(0);
        let response = tokens.authorized(|token| respond(refused, token, &calls)).unwrap();
        assert_eq!(response.status(), status, "{refused:?}");
        assert_eq!((calls.load(Ordering::SeqCst), *response.body()), (calls_made, calls_made - 1), "{refused:?}");
        let issues = line.received_requests().len();
        assert_eq!(issues, if refused.is_empty() { 1 } else { 2 }, "{refused:?}");
    }
}

#[test]
fn any_other_status_is_returned_as_it_is() {
    for status in [200, 400, 403, 429, 500] {
        let (line, tokens) = line(2);
        let mut calls = 0;
        let outcome = tokens.authorized(|_| {
            calls += 1;
            (StatusCode::from_u16(status).unwrap(), calls)
        });
        assert_eq!(outcome.unwrap(), (StatusCode::from_u16(status).unwrap(), 1));
        assert_eq!(line.received_requests().len(), 1);
    }
}

#[test]
fn an_error_of_ureq_with_the_status_counts_too() {
    let (_line, tokens) = line(2);
    let mut calls = Vec::new();
    let outcome = tokens.authorized(|token| {
        calls.push(token.access_token().expose_secret().to_owned());
        if calls.len() == 1 { Err(ureq::Error::StatusCode(401)) } else { Ok(Response::new(())) }
    });
    assert!(outcome.unwrap().is_ok());
    assert_eq!(calls, ["token-0", "token-1"]);
    let failed = tokens.authorized(|_| Err::<Response<()>, _>(ureq::Error::HostNotFound));
    assert!(matches!(failed.unwrap(), Err(ureq::Error::HostNotFound)), "no response, no second call");
}

#[test]
fn without_a_token_no_call_is_made() {
    let (_line, tokens) = line(0);
    let mut calls = 0;
    let outcome = tokens.authorized(|_| {
        calls += 1;
        StatusCode::OK
    });
    assert_eq!((outcome.unwrap_err().kind(), calls), (ErrorKind::InvalidClient, 0));
}

#[test]
fn many_threads_that_meet_a_dead_token_issue_once() {
    const THREADS: usize = 200;
    let (line, tokens) = line(2);
    tokens.token().unwrap();
    let together = Arc::new(Barrier::new(THREADS));
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (tokens, together) = (tokens.clone(), Arc::clone(&together));
            thread::spawn(move || {
                let mut first = true;
                tokens.authorized(|token| {
                    let dead = token.access_token().expose_secret() == "token-0";
                    // Everybody has used the dead token before anybody invalidates it.
                    if std::mem::take(&mut first) {
                        together.wait();
                    }
                    if dead { StatusCode::UNAUTHORIZED } else { StatusCode::OK }
                })
            })
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap().unwrap(), StatusCode::OK);
    }
    assert_eq!(line.received_requests().len(), 2);
}
