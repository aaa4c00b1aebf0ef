//! No input makes the parsers panic, and no error or `Debug` shows any of it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use line_channel_token_pem::{Decoded, DerKind, Tlv, decode_base64, mistaken_value};
use proptest::prelude::*;

fn exercise(bytes: &[u8]) -> String {
    let mut shown = format!("{:?}", DerKind::of(bytes));
    if let Some((tlv, _)) = Tlv::split_first(bytes) {
        shown += &format!("{tlv:?} {:?}", tlv.children());
    }
    match Decoded::parse(bytes, "private key") {
        Err(error) => shown += &format!("{error} {error:?}"),
        Ok(decoded) => {
            shown += &format!("{decoded:?}");
            if let Decoded::Text(text) = &decoded {
                shown += &format!(
                    "{:?} {:?}",
                    text.embedded("private key"),
                    mistaken_value(text.expose_secret(), "private key")
                );
                for block in text.blocks() {
                    shown += &format!("{block:?} {} {:?}", block.is_encrypted(), block.der().err());
                }
            }
        }
    }
    shown
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        exercise(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        exercise(text.as_bytes());
        exercise(&[&[0x30, 0x82, 1, 0], &bytes[..]].concat());
        let _ = decode_base64(&text);
    }

    #[test]
    fn damaged_pem_never_panics_or_leaks(
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<char>()), 0..6),
        label in "[A-Z0-9 ]{0,12}KEY",
    ) {
        const SECRET: &str = "c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0";
        let mut chars: Vec<char> = format!("-----BEGIN {label}-----\n{SECRET}\n-----END {label}-----\n").chars().collect();
        for (at, char) in damage {
            let at = at.index(chars.len());
            chars[at] = char;
        }
        let text: String = chars.into_iter().collect();
        let shown = exercise(text.as_bytes());
        prop_assert!(!(0..SECRET.len() - 8).any(|at| shown.contains(&SECRET[at..at + 8])), "{shown}");
    }
}

#[test]
fn repetitive_long_texts_are_parsed_quickly() {
    for part in [
        "-----BEGIN ",
        "-----BEGIN PRIVATE KEY-----\n",
        "END ",
        " ",
        "-",
        "&",
        "%2B",
        "\\",
        "A",
        "0x",
        "{",
        "'a'",
        "\0a",
    ] {
        exercise(part.repeat(100_000 / part.len()).as_bytes());
    }
}
