//! What somebody pasted: DER, or a text that may hold PEM.

use line_channel_token_core::Error;
use zeroize::Zeroizing;

use crate::armor::{self, Block};
use crate::{charset, encoded, escapes};

/// The two things that bytes can be.
#[derive(Debug)]
#[non_exhaustive]
pub enum Pasted {
    /// DER, of any kind and perhaps damaged.
    Der(Der),
    /// A text, perhaps with PEM in it.
    Text(Text),
}

/// DER that was pasted.
pub struct Der {
    /// All of it, with whatever follows the DER.
    pub bytes: Zeroizing<Vec<u8>>,
    /// Whether it came as base64 or hex.
    pub was_text: bool,
}

/// A text that was pasted, in UTF-8 and without what hides between its characters.
pub struct Text {
    text: Zeroizing<String>,
    /// How many layers of base64 or hex were taken off.
    layers: u8,
}

impl Text {
    /// The text itself. It may be a secret.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The blocks of PEM in it.
    #[must_use]
    pub fn blocks(&self) -> Vec<Block<'_>> {
        armor::blocks(&self.text)
    }

    /// Whether the text came in base64 or hex.
    #[must_use]
    pub fn was_encoded(&self) -> bool {
        self.layers > 0
    }

    /// What each long run of base64 in the text holds, as in the YAML or JSON of a Kubernetes secret. What stands in a
    /// block of PEM is left out.
    ///
    /// Most texts have runs that mean nothing, so an error in the list says nothing of the text.
    #[must_use]
    pub fn embedded(&self, what: &str) -> Vec<Result<Pasted, Error>> {
        if self.layers >= MOST_LAYERS {
            return Vec::new();
        }
        let blocks = self.blocks();
        let mut parts = Vec::new();
        let mut from = 0;
        for block in blocks.iter().filter(|block| !block.is_mention()) {
            parts.push(self.text.get(from..block.range.start).unwrap_or_default());
            from = block.range.end.max(from);
        }
        parts.push(self.text.get(from..).unwrap_or_default());
        let runs = parts.into_iter().flat_map(encoded::embedded);
        runs.map(|bytes| layer(&bytes, what, self.layers + 1)).collect()
    }
}

impl std::fmt::Debug for Der {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Der([redacted])")
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Text([redacted])")
    }
}

/// Base64 of base64 happens: a secret store encodes what was encoded already.
const MOST_LAYERS: u8 = 3;

/// Takes off what stands around a key or a certificate: encodings of characters, base64, hex, escapes.
///
/// `what` names what is expected, for errors: `private key`, `root certificate`.
///
/// # Errors
///
/// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if there is nothing, and for binary files that are
/// known and hold keys in their own way.
pub fn read(bytes: &[u8], what: &str) -> Result<Pasted, Error> {
    layer(bytes, what, 0)
}

fn layer(bytes: &[u8], what: &str, layers: u8) -> Result<Pasted, Error> {
    if let Some(text) = der_read_as_text(bytes) {
        // Latin-1 keeps every byte; anything else loses most of them.
        let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
        bytes.extend(text.chars().map_while(|char| u8::try_from(char).ok()));
        if bytes.len() == text.chars().count() {
            return Ok(Pasted::Der(Der { bytes, was_text: layers > 0 }));
        }
        return Err(Error::invalid_input(format!(
            "the {what} is DER that was read as text, which destroys it: read the file as bytes, or convert it to PEM"
        )));
    }
    if let Some(der) = der(bytes) {
        return Ok(Pasted::Der(Der { bytes: Zeroizing::new(der.to_vec()), was_text: layers > 0 }));
    }
    if let Some(named) = named(bytes) {
        return Err(Error::invalid_input(format!("this is {named}, and no {what}: give the PEM file")));
    }
    let text = escapes::unescape(charset::text(bytes));
    if text.trim().is_empty() {
        return Err(Error::invalid_input(format!("the {what} is empty")));
    }
    if layers < MOST_LAYERS
        && !armor::is_armored(&text)
        && let Some(decoded) = encoded::decode(&text)
    {
        return layer(&decoded, what, layers + 1);
    }
    Ok(Pasted::Text(Text { text, layers }))
}

/// DER begins with a SEQUENCE, which is also the digit 0, and cannot be text as a whole.
fn der(bytes: &[u8]) -> Option<&[u8]> {
    let trimmed = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    (trimmed.first() == Some(&0x30) && !charset::is_text(bytes) && !armor::is_armored(&charset::text(bytes)))
        .then_some(trimmed)
}

fn named(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xfe, 0xed, 0xfe, 0xed, ..] | [0xce, 0xce, 0xce, 0xce, ..] => Some(
            "a Java keystore (take the key out with `keytool -importkeystore -deststoretype PKCS12`, then `openssl pkcs12`)",
        ),
        [0x1f, 0x8b, ..] => Some("a gzip file"),
        [b'P', b'K', 3, 4, ..] => Some("a zip file"),
        [0x95 | 0x97 | 0x99 | 0xc5 | 0xc6, ..] if !charset::is_text(bytes) => Some("likely a key of PGP"),
        _ => None,
    }
}

/// DER whose bytes above 0x7f became U+FFFD or characters of Latin-1 or Windows-1252: its second byte is one of them.
fn der_read_as_text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let second = text.strip_prefix('0')?.chars().next()?;
    matches!(second, '\u{fffd}' | '\u{80}'..='\u{84}' | '\u{201a}' | '\u{201e}').then_some(text)
}
