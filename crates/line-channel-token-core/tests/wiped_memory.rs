//! What is promised to be wiped is gone from the memory of the process.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use line_channel_token_core::{
    AccessToken, Assertion, BaseUrl, ChannelId, ChannelSecret, Moment, Timing, request, response,
};

use secrecy::zeroize::Zeroizing;

#[path = "support/memory.rs"]
mod memory;

use memory::Needle;

/// Makes a value out of a secret, finds it in memory, drops it, and finds nothing any more.
fn is_wiped<T>(length: usize, make: impl FnOnce(&str) -> T) {
    let mut needle = Needle::new(length);
    assert_eq!(needle.found(), 0, "the test itself leaves copies");
    let value = needle.with(make);
    assert!(needle.found() > 0, "the value holds it");
    drop(black_box(value));
    assert_eq!(needle.found(), 0, "it is still there");
}

fn id() -> ChannelId {
    ChannelId::new("1234567890").unwrap()
}

fn timing() -> Timing {
    let now = Moment { monotonic: Duration::ZERO, unix: Duration::from_secs(1_767_225_600) };
    Timing { sent_at: now, received_at: now }
}

/// One test, because one in another thread would show in this one's memory.
#[test]
fn secrets_are_gone_once_their_values_are_dropped() {
    is_wiped(32, |text| ChannelSecret::new(text).unwrap());
    is_wiped(33, |text| ChannelSecret::new(text).unwrap().clone());
    is_wiped(101, |text| AccessToken::new(text).unwrap());
    is_wiped(102, |text| AccessToken::new(text).unwrap().header_value());
    is_wiped(103, |text| AccessToken::new(text).unwrap().header_value().clone());
    is_wiped(150, |text| Assertion::new(["e30.", text, ".c2ln"].concat()).unwrap());
    is_wiped(34, |text| request::issue(&BaseUrl::line(), &id(), &ChannelSecret::new(text).unwrap()).unwrap());
    is_wiped(104, |text| request::verify(&BaseUrl::line(), &AccessToken::new(text).unwrap()).unwrap());
    is_wiped(105, |text| {
        // What is percent-encoded takes three times the room.
        let token = Zeroizing::new([text, &"+".repeat(200)].concat());
        request::verify(&BaseUrl::line(), &AccessToken::new(&*token).unwrap()).unwrap()
    });
    is_wiped(106, |text| request::verify_jwt(&BaseUrl::line(), &AccessToken::new(text).unwrap()).unwrap());
    let below = BaseUrl::new("https://gateway.example/line").unwrap();
    is_wiped(152, |text| request::key_ids(&below, &Assertion::new(["e30.", text, ".c2ln"].concat()).unwrap()).unwrap());

    for escape in ["", "\\/", "\\u002b"] {
        is_wiped(107 + escape.len(), |text| {
            let body =
                ["{\"access_token\":\"", escape, text, "\",\"token_type\":\"Bearer\",\"expires_in\":900}"].concat();
            let response = Response::new(Bytes::from_owner(Zeroizing::new(body)));
            response::issue_stateless(&response, timing()).unwrap()
        });
    }
}
