//! A key that was parsed and dropped leaves nothing in the memory of the process.
#![cfg(all(target_os = "linux", any(feature = "aws-lc-rs", feature = "rust-crypto")))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use line_channel_token_assertion::SigningKey;
use zeroize::Zeroizing;

const JWK: &str = include_str!("keys/rfc7515-a2.jwk");
/// Masks the needles, so that the search does not find itself.
const MASK: u8 = 0xa5;

/// A name, and the masked bytes to search for.
type Needle = (String, Vec<u8>);

/// The names of the needles in writable memory.
fn found(needles: &[Needle]) -> Vec<&str> {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let mut memory = File::open("/proc/self/mem").unwrap();
    let mut found = vec![false; needles.len()];
    let mut begins = [false; 256];
    needles.iter().for_each(|(_, masked)| begins[usize::from(masked[0] ^ MASK)] = true);
    for line in maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|rights| rights.starts_with("rw"))) {
        let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let start = u64::from_str_radix(start, 16).unwrap();
        let end = u64::from_str_radix(end, 16).unwrap();
        let mut region = Zeroizing::new(vec![0; usize::try_from(end - start).unwrap()]);
        // Some regions of the kernel are not readable.
        if memory.seek(SeekFrom::Start(start)).is_ok() && memory.read_exact(&mut region).is_ok() {
            for at in (0..region.len()).filter(|at| begins[usize::from(region[*at])]) {
                for ((_, masked), found) in needles.iter().zip(&mut found) {
                    let same = |here: &[u8]| here.iter().zip(masked).all(|(byte, masked)| *byte == masked ^ MASK);
                    *found |= region.get(at..at + masked.len()).is_some_and(same);
                }
            }
        }
    }
    // The crate `rsa` copies the primes into big integers that it does not wipe; SECURITY.md says so.
    let excused = |name: &str| cfg!(not(feature = "aws-lc-rs")) && matches!(name, "p, reversed" | "q, reversed");
    let names = needles.iter().zip(found).filter(|(_, found)| *found).map(|((name, _), _)| name.as_str());
    names.filter(|name| !excused(name)).collect()
}

/// For `d`, `p`, `q`, `dp`, `dq` and `qi`: the text of the JWK, its bytes, and its bytes reversed, which is the order of big
/// integers on most machines.
fn needles() -> Vec<Needle> {
    let mut needles = Vec::new();
    for name in ["d", "p", "q", "dp", "dq", "qi"] {
        let start = JWK.find(&format!("\"{name}\"")).unwrap() + name.len() + 2;
        let value = JWK[start..].find('"').unwrap() + start + 1;
        // A part from the middle, because a copy may lack either end.
        let text = &JWK.as_bytes()[value + 32..value + 64];
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).unwrap());
        let reversed: Zeroizing<Vec<u8>> = Zeroizing::new(bytes.iter().rev().copied().collect());
        for (form, needle) in [("text", text), ("bytes", &bytes), ("reversed", &reversed)] {
            needles.push((format!("{name}, {form}"), needle.iter().map(|byte| byte ^ MASK).collect()));
        }
    }
    needles
}

/// Writes each capital of the JWK as an escape of JSON, and puts all of it in a string if `in_string`.
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

/// The only test in this file, because another thread would have keys of its own.
#[test]
fn dropped_keys_leave_nothing_in_memory() {
    let needles = needles();
    let texts: Vec<_> = needles.iter().filter(|(name, _)| name.ends_with("text")).cloned().collect();
    let planted = Zeroizing::new(JWK.to_owned());
    assert_eq!(found(&texts).len(), 6, "the search finds what is there");
    drop(planted);
    assert!(found(&needles).is_empty(), "before: {:?}", found(&needles));
    for in_string in [false, true] {
        let json = escaped(in_string);
        let key = SigningKey::parse(json.as_str()).unwrap();
        assert!(found(&texts).is_empty(), "the text is wiped while the key is in use: {:?}", found(&texts));
        assert!(found(&needles).iter().any(|name| !name.ends_with("text")), "the key itself is in memory");
        drop(key);
        assert!(found(&needles).is_empty(), "in a string: {in_string}: {:?}", found(&needles));
        // A key that is refused is wiped too.
        let cut = &json.as_str()[..json.len() - 40];
        assert!(SigningKey::parse(cut).is_err());
        assert!(found(&needles).is_empty(), "refused, in a string: {in_string}: {:?}", found(&needles));
    }
}
