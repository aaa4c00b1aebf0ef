//! PEM blocks: what is between a BEGIN and an END line.

use std::fmt;
use std::ops::Range;

use line_channel_token_core::Error;
use zeroize::Zeroizing;

use crate::boundary::find_boundaries;
use crate::{Label, Tlv, block_body};

/// One PEM block of a [`Text`](crate::Text).
///
/// `Debug` shows the label alone: the body may be a key.
///
/// ```
/// use line_channel_token_pem::{Decoded, Label};
///
/// // The line ends became spaces on the way.
/// let pasted = b"-----BEGIN RSA PRIVATE KEY----- MAMCAQU= -----END RSA PRIVATE KEY-----";
/// let Decoded::Text(text) = Decoded::parse(pasted, "private key")? else { panic!() };
/// let [block] = &text.blocks()[..] else { panic!() };
/// assert_eq!(block.label, Label::PrivateKey);
/// assert!(!block.is_encrypted() && !block.is_mention());
/// assert_eq!(block.der()?.as_slice(), [0x30, 3, 0x02, 1, 5]);
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
pub struct Block<'a> {
    /// What the BEGIN line says. It may be wrong: the DER decides.
    pub label: Label,
    /// The position in the text, from the BEGIN line to before the END line.
    pub(crate) range: Range<usize>,
    body: &'a str,
    /// Whether an END line with the same label follows.
    closed: bool,
}

impl Block<'_> {
    /// Whether the block names a cipher, as openssl did before PKCS#8: then it needs a passphrase.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.body.contains("ENCRYPTED") || self.body.contains("DEK-Info")
    }

    /// Whether only words follow the BEGIN line: a sentence mentions the line, and no block is damaged.
    #[must_use]
    pub fn is_mention(&self) -> bool {
        let in_prose = |char: char| {
            !char.is_ascii() || char.is_ascii_lowercase() || char.is_whitespace() || ".,:;()\"'#-".contains(char)
        };
        self.body.chars().all(in_prose) && self.body.contains(char::is_alphabetic)
    }

    /// Decodes the body.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if the block is cut off or is not base64.
    pub fn der(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        if self.body.trim().is_empty() {
            return Err(Error::invalid_input(
                "only the first line of this PEM is here, and the rest is missing: a variable with several lines needs \
                 quotes in a .env file, or \\n for each line end",
            ));
        }
        let is_complete = |der: &[u8]| Tlv::split_first(der).is_some_and(|(first, _)| first.tag == 0x30);
        match block_body::decode(self.body, is_complete) {
            Some(der) if self.closed || is_complete(&der) => Ok(der),
            _ if !self.closed => {
                Err(Error::invalid_input("the PEM is cut off: no END line matches its BEGIN line; give the whole file"))
            }
            _ => Err(Error::invalid_input(
                "the PEM is damaged: the text between BEGIN and END is not base64; give the original file",
            )),
        }
    }
}

impl fmt::Debug for Block<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Block({:?})", self.label)
    }
}

/// All blocks of `text`.
pub(crate) fn find_blocks(text: &str) -> Vec<Block<'_>> {
    let boundaries = find_boundaries(text);
    let mut blocks = Vec::new();
    let mut following = boundaries.iter().peekable();
    let mut from = 0;
    let has_begin = boundaries.iter().any(|boundary| boundary.is_begin);
    while let Some(boundary) = following.next() {
        if boundary.is_begin {
            let next = following.peek();
            let end = next.map_or(text.len(), |next| next.start);
            let body = text.get(boundary.end..end).unwrap_or_default();
            let closed = next.is_some_and(|next| !next.is_begin && next.label == boundary.label);
            blocks.push(Block { label: Label::of(&boundary.label), range: boundary.start..end, body, closed });
            if let Some(next) = following.next_if(|next| !next.is_begin) {
                from = next.end;
            }
            continue;
        }
        // The text before an END line without a BEGIN line is its block. If there are other blocks, it must look like base64.
        let body = text.get(from..boundary.start).unwrap_or_default();
        if has_base64(body) || (!has_begin && blocks.is_empty()) {
            blocks.push(Block { label: Label::of(&boundary.label), range: from..boundary.start, body, closed: false });
        }
        from = boundary.end;
    }
    blocks
}

/// Whether `text` has a line of base64, not only words.
fn has_base64(text: &str) -> bool {
    let in_base64 = |char: char| char.is_ascii_alphanumeric() || matches!(char, '+' | '/' | '-' | '_' | '=');
    text.split(|char: char| !in_base64(char)).any(|run| run.len() >= 40)
}
