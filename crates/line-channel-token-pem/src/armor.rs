//! Finds the blocks of PEM in a text, whatever became of its BEGIN and END lines.

use std::ops::Range;

use line_channel_token_core::Error;
use zeroize::Zeroizing;

use crate::{Label, Tlv, body};

/// One block: what stands between BEGIN and END.
pub struct Block<'a> {
    /// What the block claims to be.
    pub label: Label,
    /// Where it stands, from its BEGIN line to before its END line.
    pub(crate) range: Range<usize>,
    body: &'a str,
    /// Whether an END line with the same label closes it.
    closed: bool,
}

impl Block<'_> {
    /// Whether the block names a cipher, as openssl did before PKCS#8: it needs a passphrase then.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.body.contains("ENCRYPTED") || self.body.contains("DEK-Info")
    }

    /// Whether words follow BEGIN and nothing that may be base64: a sentence names the line, and nothing got lost.
    #[must_use]
    pub fn is_mention(&self) -> bool {
        let word = |char: char| {
            !char.is_ascii() || char.is_ascii_lowercase() || char.is_whitespace() || ".,:;()\"'#-".contains(char)
        };
        self.body.chars().all(word) && self.body.contains(char::is_alphabetic)
    }

    /// The DER in it.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if the block breaks off or holds no base64.
    pub fn der(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        if self.body.trim().is_empty() {
            return Err(Error::invalid_input(
                "only the first line of this PEM is here, and the rest got lost: a variable of several lines needs \
                 quotes in a .env file, or \\n for each line end",
            ));
        }
        let whole = |der: &[u8]| Tlv::first(der).is_some_and(|(first, _)| first.tag == 0x30);
        match body::decode(self.body, whole) {
            Some(der) if self.closed || whole(&der) => Ok(der),
            _ if !self.closed => {
                Err(Error::invalid_input("the PEM is cut off: a BEGIN line has no END line that matches it"))
            }
            _ => Err(Error::invalid_input("the PEM is damaged: between BEGIN and END there is more than base64")),
        }
    }
}

/// The label alone: the body may be a key.
impl std::fmt::Debug for Block<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Block({:?})", self.label)
    }
}

/// All blocks of `text`.
pub(crate) fn blocks(text: &str) -> Vec<Block<'_>> {
    let markers = markers(text);
    let mut blocks = Vec::new();
    let mut following = markers.iter().peekable();
    let mut from = 0;
    let begins = markers.iter().any(|marker| marker.begins);
    while let Some(marker) = following.next() {
        if marker.begins {
            let next = following.peek();
            let end = next.map_or(text.len(), |next| next.start);
            let body = text.get(marker.end..end).unwrap_or_default();
            let closed = next.is_some_and(|next| !next.begins && next.label == marker.label);
            blocks.push(Block { label: Label::of(&marker.label), range: marker.start..end, body, closed });
            if let Some(next) = following.next_if(|next| !next.begins) {
                from = next.end;
            }
            continue;
        }
        // What stands before an END without a BEGIN is the block, and in a text with other blocks only if it may be base64.
        let body = text.get(from..marker.start).unwrap_or_default();
        if has_base64(body) || (!begins && blocks.is_empty()) {
            blocks.push(Block { label: Label::of(&marker.label), range: from..marker.start, body, closed: false });
        }
        from = marker.end;
    }
    blocks
}

/// Whether a line of base64 is in `text`, as opposed to words.
fn has_base64(text: &str) -> bool {
    let part = |char: char| char.is_ascii_alphanumeric() || matches!(char, '+' | '/' | '-' | '_' | '=');
    text.split(|char: char| !part(char)).any(|run| run.len() >= 40)
}

/// Whether `text` has a BEGIN or an END line.
pub(crate) fn is_armored(text: &str) -> bool {
    !markers(text).is_empty()
}

struct Marker {
    begins: bool,
    start: usize,
    end: usize,
    /// In capitals, without spaces.
    label: String,
}

/// The longest label is that of `SSH2 ENCRYPTED PRIVATE KEY`; this leaves room for some white space.
const LONGEST_LABEL: usize = 48;
/// How the labels end whose dashes may be missing altogether.
/// The longer of two that begin alike comes first.
const LAST_WORDS: [&str; 6] = ["KEY BLOCK", "KEY", "CERTIFICATE REQUEST", "CERTIFICATE", "PARAMETERS", "PKCS7"];

fn markers(text: &str) -> Vec<Marker> {
    let mut markers: Vec<Marker> = Vec::new();
    let mut from = 0;
    while let Some((at, begins)) = next_word(text, from) {
        let after = at + if begins { 5 } else { 3 };
        from = after;
        let (Some(before), Some(behind)) = (text.get(..at), text.get(after..)) else {
            continue;
        };
        // Only the last group of dashes belongs to the marker: a dash at the end of the line before is base64url.
        let unspaced = before.trim_end();
        let dashed = unspaced.ends_with('-');
        let start = if dashed { unspaced.trim_end_matches('-').len() } else { at };
        let Some((label, length)) = label(behind, dashed) else {
            continue;
        };
        let end = after + length;
        from = end;
        markers.push(Marker { begins, start, end, label });
    }
    markers
}

/// Where the next `BEGIN` or `END` stands.
fn next_word(text: &str, from: usize) -> Option<(usize, bool)> {
    let bytes = text.as_bytes();
    let starts = |at: usize, word: &str| {
        bytes.get(at..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
    };
    (from..bytes.len()).find_map(|at| match bytes.get(at)? {
        b'B' | b'b' if starts(at, "BEGIN") => Some((at, true)),
        b'E' | b'e' if starts(at, "END") => Some((at, false)),
        _ => None,
    })
}

/// The label at the beginning of `text`, and how far it and its dashes reach.
fn label(text: &str, dashed: bool) -> Option<(String, usize)> {
    let part = |char: char| {
        char.is_ascii_alphanumeric() || char.is_whitespace() || matches!(char, '_' | '.' | '/' | '#' | '+' | '\\')
    };
    let mut length = text.chars().take(LONGEST_LABEL).take_while(|char| part(*char)).map(char::len_utf8).sum();
    let whole_text = length == text.len();
    if !text.get(length..)?.starts_with('-') {
        // No dash follows, so the label ends with the first word that labels end with.
        let named = text.get(..length)?;
        match LAST_WORDS.iter().filter_map(|word| Some((named.find(word)?, word.len()))).min_by_key(|(at, _)| *at) {
            Some((at, word)) if dashed || named.starts_with(char::is_whitespace) => length = at + word,
            _ if dashed && whole_text => {}
            _ => return None,
        }
    } else if !dashed && !LAST_WORDS.iter().any(|word| text.get(..length).is_some_and(|named| named.contains(word))) {
        return None;
    }
    let named = text.get(..length)?;
    let label: String = named
        .replace("\\n", "")
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|char| char.to_ascii_uppercase())
        .collect();
    if label.is_empty() {
        return None;
    }
    let dashes = text.get(length..)?;
    let trimmed = dashes.trim_start_matches('-').trim_start_matches([' ', '\t']).trim_start_matches('-');
    Some((label, length + dashes.len() - trimmed.len()))
}
