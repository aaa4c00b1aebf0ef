//! A key that was read and dropped is gone from the memory of the process.
#![cfg(all(target_os = "linux", any(feature = "aws-lc-rs", feature = "rust-crypto")))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use line_channel_token_assertion::SigningKey;
use zeroize::Zeroizing;

const JWK: &str = include_str!("keys/rfc7515-a2.jwk");
/// So that what is looked for does not stand in memory itself.
const MASK: u8 = 0xa5;

/// How often the masked needle stands in memory that can be written.
fn count_in_memory(masked: &[u8]) -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut memory = File::open("/proc/self/mem").unwrap();
    let mut count = 0;
    for line in maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|rights| rights.starts_with("rw"))) {
        let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let (start, end) = (u64::from_str_radix(start, 16).unwrap(), u64::from_str_radix(end, 16).unwrap());
        let mut region = Zeroizing::new(vec![0; usize::try_from(end - start).unwrap()]);
        // Some regions of the kernel cannot be read.
        if memory.seek(SeekFrom::Start(start)).is_ok() && memory.read_exact(&mut region).is_ok() {
            let (first, rest) = masked.split_first().unwrap();
            let found = region.windows(masked.len()).filter(|window| {
                window[0] == first ^ MASK && window[1..].iter().zip(rest).all(|(byte, masked)| *byte == masked ^ MASK)
            });
            count += found.count();
        }
    }
    count
}

/// The private exponent in the text of the JWK, and the bytes that it stands for, masked.
fn needles() -> [Vec<u8>; 2] {
    let start = JWK.find("\"d\"").unwrap();
    let value = JWK[start + 3..].find('"').unwrap() + start + 4;
    let text = &JWK.as_bytes()[value..value + 32];
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).unwrap());
    [text, bytes.as_slice()].map(|needle| needle.iter().map(|byte| byte ^ MASK).collect())
}

/// The JWK with each capital as an escape of JSON, and everything once more inside of a string if `in_string`.
fn escaped(in_string: bool) -> Zeroizing<String> {
    let mut json = Zeroizing::new(String::with_capacity(JWK.len() * 16));
    let (backslash, quote) = if in_string { ("\\\\", "\\\"") } else { ("\\", "\"") };
    json.push_str(if in_string { "{\"key\": \"" } else { "" });
    let mut quoted = false;
    for char in JWK.chars() {
        match char {
            '"' => {
                quoted = !quoted;
                json.push_str(quote);
            }
            'A'..='Z' if quoted => {
                json.push_str(backslash);
                json.push_str("u00");
                for digit in [u32::from(char) / 16, u32::from(char) % 16] {
                    json.push(char::from_digit(digit, 16).unwrap());
                }
            }
            char => json.push(char),
        }
    }
    json.push_str(if in_string { "\"}" } else { "" });
    json
}

/// One test alone in this file, because another thread would have keys of its own.
#[test]
fn nothing_of_a_dropped_key_is_left_in_memory() {
    let [text, bytes] = needles();
    let planted = Zeroizing::new(JWK.to_owned());
    assert!(count_in_memory(&text) > 0, "the search finds what is there");
    drop(planted);
    assert_eq!((count_in_memory(&text), count_in_memory(&bytes)), (0, 0), "before");
    for in_string in [false, true] {
        let json = escaped(in_string);
        let key = SigningKey::parse(json.as_str()).unwrap();
        assert_eq!(count_in_memory(&text), 0, "the text is wiped while the key is in use");
        drop(key);
        assert_eq!((count_in_memory(&text), count_in_memory(&bytes)), (0, 0), "in a string: {in_string}");
        // A key that is refused is wiped as well.
        let cut = &json.as_str()[..json.len() - 40];
        assert!(SigningKey::parse(cut).is_err());
        assert_eq!((count_in_memory(&text), count_in_memory(&bytes)), (0, 0), "refused, in a string: {in_string}");
    }
}
