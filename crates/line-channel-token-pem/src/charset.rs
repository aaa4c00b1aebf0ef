//! Decodes UTF-8 and UTF-16, and replaces the characters that editors and word processors insert.

use zeroize::Zeroizing;

/// Decodes `bytes`, and replaces the characters that only look like ASCII by ASCII.
///
/// Invalid bytes become U+FFFD.
pub(crate) fn decode(bytes: &[u8]) -> Zeroizing<String> {
    // A byte becomes at most three, and a string that grows would leave a copy in memory.
    let mut text = Zeroizing::new(String::with_capacity(bytes.len() * 3 + 3));
    match Utf16::detect(bytes) {
        Some(order) => {
            let units = bytes.chunks_exact(2).map(|pair| match (order, pair) {
                (Utf16::LittleEndian, &[low, high]) | (Utf16::BigEndian, &[high, low]) => {
                    u16::from_be_bytes([high, low])
                }
                _ => 0,
            });
            for char in char::decode_utf16(units) {
                push(&mut text, char.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        None => {
            for chunk in bytes.utf8_chunks() {
                chunk.valid().chars().for_each(|char| push(&mut text, char));
                if !chunk.invalid().is_empty() {
                    text.push(char::REPLACEMENT_CHARACTER);
                }
            }
        }
    }
    text
}

/// Whether all of `bytes` is text, in UTF-8 or UTF-16.
pub(crate) fn is_text(bytes: &[u8]) -> bool {
    let control = |byte: u8| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | 0x1a);
    Utf16::detect(bytes).is_some() || (std::str::from_utf8(bytes).is_ok() && !bytes.iter().any(|byte| control(*byte)))
}

fn push(text: &mut String, char: char) {
    match char {
        // The byte order mark, characters without width, and control characters.
        '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{ad}' => {}
        '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{7f}' => {}
        '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => text.push(' '),
        '\u{85}' | '\u{2028}' | '\u{2029}' => text.push('\n'),
        '\u{2010}'..='\u{2015}'
        | '\u{2212}'
        | '\u{2500}'
        | '\u{2e3a}'
        | '\u{2e3b}'
        | '\u{fe58}'
        | '\u{fe63}'
        | '\u{ff0d}' => {
            text.push('-');
        }
        '\u{2018}'..='\u{201b}' | '\u{2032}' | '\u{b4}' => text.push('\''),
        '\u{201c}'..='\u{201f}' | '\u{2033}' | '\u{ab}' | '\u{bb}' => text.push('"'),
        // The full-width forms of ASCII.
        '\u{ff01}'..='\u{ff5e}' => text.extend(char::from_u32(u32::from(char) - 0xfee0)),
        _ => text.push(char),
    }
}

#[derive(Clone, Copy)]
enum Utf16 {
    LittleEndian,
    BigEndian,
}

impl Utf16 {
    /// Detects UTF-16 by its byte order mark, or by the zero in every other byte of ASCII.
    fn detect(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xfe, ..] => return Some(Self::LittleEndian),
            [0xfe, 0xff, ..] => return Some(Self::BigEndian),
            _ => {}
        }
        let pairs = bytes.len() / 2;
        let ascii = |byte: u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e);
        let count = |is: fn(u8, u8) -> (u8, u8)| {
            let pairs = bytes.chunks_exact(2).map(|pair| match pair {
                &[first, second] => is(first, second),
                _ => (0, 1),
            });
            pairs.filter(|&(char, zero)| ascii(char) && zero == 0).count()
        };
        if pairs < 8 {
            None
        } else if count(|first, second| (first, second)) * 10 > pairs * 9 {
            Some(Self::LittleEndian)
        } else if count(|first, second| (second, first)) * 10 > pairs * 9 {
            Some(Self::BigEndian)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{decode, is_text};

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn utf_16_is_decoded_without_a_mark() {
        for mark in ["", "\u{feff}"] {
            let pasted = format!("{mark}-----BEGIN PRIVATE KEY-----\r\nAAAA");
            for bytes in
                [utf16(&pasted, u16::to_le_bytes), utf16(&pasted, u16::to_be_bytes), pasted.clone().into_bytes()]
            {
                assert_eq!(decode(&bytes).as_str(), "-----BEGIN PRIVATE KEY-----\r\nAAAA");
                assert!(is_text(&bytes));
            }
        }
        let utf32: Vec<u8> = "\u{feff}{\"kty\":1}".chars().flat_map(|char| u32::from(char).to_le_bytes()).collect();
        assert_eq!(decode(&utf32).as_str(), "{\"kty\":1}");
    }

    #[test]
    fn lookalike_characters_become_ascii() {
        assert_eq!(
            decode("\u{201c}a\u{201d}\u{a0}\u{2014}\u{2013}\u{ff0d}\u{200b}\u{ff21}\0".as_bytes()).as_str(),
            "\"a\" ---A"
        );
        assert_eq!(decode(b"caf\xe9\n").as_str(), "caf\u{fffd}\n");
        assert!(!is_text(&[0x30, 0x82, 4, 0xbe]));
    }
}
