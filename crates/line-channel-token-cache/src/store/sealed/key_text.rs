//! A sealing key as people write it: `id:key`, the key in base64 or hex.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use line_channel_token_core::__clean_pasted as clean;
use zeroize::Zeroizing;

use super::envelope::{MAX_KEY_ID, is_name};

/// The length of a key.
pub(super) const KEY: usize = 32;

/// On the heap, because what is moved on the stack leaves copies behind.
pub(super) type KeyBytes = Zeroizing<Vec<u8>>;

const MAKE_ONE: &str = "make one with `openssl rand -base64 32`";
const FORM: &str =
    "write it as its id, a colon and the key in base64, such as `2026-11:` and what `openssl rand -base64 32` prints";

/// The id and the key in this text. The error never shows it.
pub(super) fn parse(text: &str) -> Result<(&str, KeyBytes), String> {
    // What is a key need not be anything else, whatever its id begins with.
    if let Some((id, key)) = split(text.trim())
        && check_id(id).is_ok()
        && let Ok(bytes) = decode(key)
        && bytes.len() == KEY
    {
        return Ok((id, key_bytes(&bytes)?));
    }
    let cleaned = |text| clean("sealing key", text).map_err(|error| error.to_string());
    let text = cleaned(text)?;
    let Some((id, key)) = split(text) else { return Err(without_an_id(text)) };
    if is_key(id) && !is_key(key) {
        return Err(format!("the sealing key stands before its id: {FORM}"));
    }
    check_id(id)?;
    if key.is_empty() {
        return Err(format!("the sealing key is empty after the colon: {FORM}"));
    }
    let bytes = decode(cleaned(key)?).map_err(|problem| problem.explain())?;
    Ok((id, key_bytes(&bytes)?))
}

/// Checks the id of a key. The error does not show it: it may be the key.
pub(super) fn check_id(id: &str) -> Result<(), String> {
    if id.is_empty() {
        return Err(format!("the id of the sealing key is empty: {FORM}"));
    }
    if is_key(id) {
        return Err("the id of the sealing key looks like the key itself, and an id is stored and shown: take a name or a date, such as `2026-11`".to_owned());
    }
    if id.len() > MAX_KEY_ID {
        return Err(format!("the id of the sealing key has {} bytes, and {MAX_KEY_ID} are allowed", id.len()));
    }
    if !is_name(id) {
        return Err("the id of the sealing key has a character that is none of letters, digits, `.`, `_` and `-`: take a name or a date, such as `2026-11`".to_owned());
    }
    Ok(())
}

/// Takes 32 random bytes, as far as one can see that.
pub(super) fn key_bytes(bytes: &[u8]) -> Result<KeyBytes, String> {
    if bytes.len() != KEY {
        return Err(format!("the sealing key has {} bytes, and AES-256 needs {KEY}: {MAKE_ONE}", bytes.len()));
    }
    if bytes.iter().all(|byte| Some(byte) == bytes.first()) {
        return Err(format!("the sealing key is the same byte {KEY} times: {MAKE_ONE}"));
    }
    // One of 10^13 random keys is.
    if bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()) {
        return Err(format!(
            "the sealing key is {KEY} characters of text, and must be {KEY} random bytes: decode it if it is hex or base64, and if it is a password, {MAKE_ONE}"
        ));
    }
    Ok(Zeroizing::new(bytes.to_vec()))
}

fn split(text: &str) -> Option<(&str, &str)> {
    let (id, key) = text.split_once(':')?;
    Some((id.trim(), key.trim()))
}

/// Whether this is as long as a key once it is decoded.
fn is_key(text: &str) -> bool {
    decode(text).is_ok_and(|bytes| bytes.len() == KEY)
}

fn without_an_id(text: &str) -> String {
    if is_key(text) {
        return format!("the sealing key has no id: {FORM}");
    }
    format!("the sealing key is not of the form `id:key`: {FORM}")
}

/// Text that is neither base64 nor hex.
struct Undecodable<'a>(&'a str);

impl Undecodable<'_> {
    fn explain(&self) -> String {
        if is_hex(self.0) {
            return format!("the sealing key has {} hex digits, and needs {}", self.0.len(), 2 * KEY);
        }
        let bad = |character: char| !(character.is_ascii_alphanumeric() || "+/-_=".contains(character));
        match self.0.find(bad) {
            Some(at) => format!(
                "the sealing key is neither base64 nor hex: character {} after the colon belongs to neither",
                at + 1
            ),
            None => "the sealing key is broken base64: its end is missing, or something was added to it".to_owned(),
        }
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Decodes base64 (standard or URL-safe, padded or not) or hex. What consists of hex digits is hex.
fn decode(text: &str) -> Result<Zeroizing<Vec<u8>>, Undecodable<'_>> {
    const ANY_PADDING: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let mut bytes = Zeroizing::new(vec![0; text.len()]);
    let length = if is_hex(text) {
        decode_hex(text, &mut bytes)
    } else {
        let url_safe = text.contains(['-', '_']);
        let engine = GeneralPurpose::new(if url_safe { &URL_SAFE } else { &STANDARD }, ANY_PADDING);
        engine.decode_slice(text, &mut bytes).ok()
    };
    bytes.truncate(length.ok_or(Undecodable(text))?);
    Ok(bytes)
}

fn decode_hex(text: &str, bytes: &mut [u8]) -> Option<usize> {
    let pairs = text.as_bytes().chunks_exact(2);
    if text.is_empty() || !pairs.remainder().is_empty() {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    for (byte, pair) in bytes.iter_mut().zip(pairs) {
        let [high, low] = pair else { return None };
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(text.len() / 2)
}

#[cfg(test)]
mod tests {
    use super::parse;

    /// 32 bytes, whose base64 has both of the characters that differ between the alphabets.
    const KEY: [u8; 32] = *b"\xfb\xff\xbe\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d";
    const BASE64: &str = "+/++AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0=";
    const HEX: &str = "fbffbe0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d";

    #[test]
    fn base64_and_hex_are_decoded() {
        let url_safe = BASE64.replace('+', "-").replace('/', "_");
        for key in
            [BASE64, BASE64.trim_end_matches('='), &url_safe, url_safe.trim_end_matches('='), HEX, &HEX.to_uppercase()]
        {
            for text in [
                format!("main:{key}"),
                format!("main: {key}"),
                format!("\u{feff}'main:{key}'\r\n"),
                format!(" \"main:{key}\"\n"),
            ] {
                let (id, bytes) = parse(&text).unwrap();
                assert_eq!((id, &bytes[..]), ("main", &KEY[..]), "{text:?}");
            }
        }
    }

    #[test]
    fn ids_that_begin_like_a_reference_are_ids() {
        for id in ["env", "vault", "secret", "token.2", "2026-11-26", "a", "A_b-c.9"] {
            assert_eq!(parse(&format!("{id}:{BASE64}")).unwrap().0, id);
        }
    }

    #[test]
    fn each_mistake_is_named_and_not_shown() {
        let short = &BASE64[..22];
        let cases = [
            (String::new(), "the sealing key is empty"),
            (" \n".to_owned(), "the sealing key is empty"),
            (BASE64.to_owned(), "has no id"),
            (HEX.to_owned(), "has no id"),
            (format!("{BASE64}:main"), "stands before its id"),
            (format!("{HEX}:main"), "stands before its id"),
            (format!("{HEX}:{HEX}"), "looks like the key itself"),
            (format!(":{BASE64}"), "is empty"),
            ("main:".to_owned(), "is empty after the colon"),
            (format!("main:{short}"), "has 16 bytes, and AES-256 needs 32"),
            (format!("main:{HEX}{HEX}"), "has 64 bytes, and AES-256 needs 32"),
            (format!("main:{}", &HEX[1..]), "has 63 hex digits, and needs 64"),
            (format!("main:{}", &HEX[2..]), "has 31 bytes"),
            (format!("main:{}", &BASE64[1..43]), "broken base64"),
            (format!("main:{}", &BASE64[..41]), "broken base64"),
            (format!("main:{}?{}", &BASE64[..10], &BASE64[11..]), "character 11 after the colon"),
            (format!("main:{}", "00".repeat(32)), "the same byte 32 times"),
            ("main:aHVudGVyMiBodW50ZXIyIGh1bnRlcjIgaHVudGVyMiE=".to_owned(), "32 characters of text"),
            ("${SEALING_KEY}".to_owned(), "a variable that was not expanded"),
            ("main:${SEALING_KEY}".to_owned(), "a variable that was not expanded"),
            ("main:$KEY".to_owned(), "a variable that was not expanded"),
            ("main:changeme".to_owned(), "the placeholder of an example"),
            ("main:********".to_owned(), "is masked"),
            ("/run/secrets/sealing-key".to_owned(), "the path of a file"),
            ("main:/run/secrets/sealing-key".to_owned(), "the path of a file"),
            ("-----BEGIN PRIVATE KEY-----".to_owned(), "is PEM"),
            ("SEALING_SECRET=main:abc".to_owned(), "has its name before it"),
            ("ma in:abc".to_owned(), "white space"),
            (format!("m/n:{BASE64}"), "none of letters, digits"),
            (format!("{}:{BASE64}", "m".repeat(65)), "has 65 bytes, and 64 are allowed"),
            ("hunter2".to_owned(), "not of the form `id:key`"),
        ];
        for (text, says) in cases {
            let error = parse(&text).err().unwrap_or_else(|| panic!("{text:?} is a key"));
            assert!(error.contains(says), "{text:?}: {error}");
            for part in text.split([':', '=']).filter(|part| part.len() > 6) {
                assert!(!error.contains(part), "{text:?}: {error}");
            }
        }
    }
}
