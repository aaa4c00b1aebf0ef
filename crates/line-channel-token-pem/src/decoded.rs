//! Bytes as somebody pasted them, decoded: DER, or a text that may hold PEM.

use std::fmt;

use line_channel_token_core::Error;
use zeroize::Zeroizing;

use crate::{Block, block, boundary, charset, encoded, escapes};

/// A key or certificate without the encodings around it: UTF-16, base64, hex, HTML entities, percent-encoding.
///
/// ```
/// use line_channel_token_pem::Decoded;
///
/// // The value of a Kubernetes secret: base64 of PEM.
/// let value = "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCkFBQUEKLS0tLS1FTkQgUFJJVkFURSBLRVktLS0tLQo=";
/// let Decoded::Text(text) = Decoded::parse(value.as_bytes(), "private key")? else { panic!() };
/// assert!(text.was_encoded());
/// assert_eq!(text.blocks().len(), 1);
///
/// let Decoded::Der(der) = Decoded::parse(&[0x30, 0x82, 0x04, 0xbd], "private key")? else { panic!() };
/// assert!(!der.was_encoded);
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Decoded {
    /// DER of any kind. It may be damaged.
    Der(Der),
    /// A text that may hold PEM.
    Text(Text),
}

impl Decoded {
    /// Decodes `bytes`, through up to three layers of base64 or hex.
    ///
    /// `expected` names what is expected, for errors: `private key`, `root certificate`.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if `bytes` is empty, if it is DER that was
    /// destroyed by reading it as text, and if it is a binary file that cannot be parsed: a Java keystore, gzip, zip or PGP.
    pub fn parse(bytes: &[u8], expected: &str) -> Result<Self, Error> {
        decode_layer(bytes, expected, 0)
    }
}

/// DER, decoded from whatever encoding it had.
///
/// `Debug` shows a placeholder, and the memory is wiped on drop. [`Decoded`] has an example.
pub struct Der {
    /// The DER, and any bytes that follow it.
    pub bytes: Zeroizing<Vec<u8>>,
    /// Whether it was encoded in base64 or hex.
    pub was_encoded: bool,
}

impl fmt::Debug for Der {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Der([redacted])")
    }
}

/// A text in UTF-8, without invisible characters and with ASCII quotes and dashes.
///
/// `Debug` shows a placeholder, and the memory is wiped on drop.
///
/// ```
/// use line_channel_token_pem::Decoded;
///
/// let pasted = "\u{feff}\u{2014}BEGIN PRIVATE KEY\u{2014}\nAAAA\n\u{2014}END PRIVATE KEY\u{2014}";
/// let Decoded::Text(text) = Decoded::parse(pasted.as_bytes(), "private key")? else { panic!() };
/// assert_eq!(text.expose_secret(), "-BEGIN PRIVATE KEY-\nAAAA\n-END PRIVATE KEY-");
/// assert_eq!(text.blocks().len(), 1);
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
pub struct Text {
    text: Zeroizing<String>,
    /// How many layers of base64 or hex were decoded.
    layers: u8,
}

impl Text {
    /// The text itself. It may be a secret.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.text
    }

    /// The PEM blocks in the text.
    #[must_use]
    pub fn blocks(&self) -> Vec<Block<'_>> {
        block::find_blocks(&self.text)
    }

    /// Whether the text was encoded in base64 or hex.
    #[must_use]
    pub fn was_encoded(&self) -> bool {
        self.layers > 0
    }

    /// Decodes each long run of base64 in the text, as in the YAML or JSON of a Kubernetes secret. PEM blocks are left out.
    ///
    /// Most texts have runs that only look like base64, so an error in the list says nothing about the text.
    #[must_use]
    pub fn embedded(&self, expected: &str) -> Vec<Result<Decoded, Error>> {
        if self.layers >= MAX_LAYERS {
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
        runs.map(|bytes| decode_layer(&bytes, expected, self.layers + 1)).collect()
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text([redacted])")
    }
}

/// Base64 of base64 happens: a secret store encodes a value that was encoded already.
const MAX_LAYERS: u8 = 3;

fn decode_layer(bytes: &[u8], expected: &str, layers: u8) -> Result<Decoded, Error> {
    if let Some(text) = der_decoded_as_text(bytes) {
        // Latin-1 keeps every byte; any other encoding loses most of them.
        let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
        bytes.extend(text.chars().map_while(|char| u8::try_from(char).ok()));
        if bytes.len() == text.chars().count() {
            return Ok(Decoded::Der(Der { bytes, was_encoded: layers > 0 }));
        }
        return Err(Error::invalid_input(format!(
            "the {expected} is DER that was read as text, which destroys it: read the file as bytes, or convert it to PEM"
        )));
    }
    if let Some(der) = trimmed_der(bytes) {
        return Ok(Decoded::Der(Der { bytes: Zeroizing::new(der.to_vec()), was_encoded: layers > 0 }));
    }
    if let Some(format) = binary_format(bytes) {
        return Err(Error::invalid_input(format!("this is {format}, not a {expected}: give the PEM file")));
    }
    let text = escapes::unescape(charset::decode(bytes));
    if text.trim().is_empty() {
        return Err(Error::invalid_input(format!(
            "the {expected} is empty: check the file or variable that it came from"
        )));
    }
    if layers < MAX_LAYERS
        && !boundary::has_boundary(&text)
        && let Some(decoded) = encoded::decode(&text)
    {
        return decode_layer(&decoded, expected, layers + 1);
    }
    Ok(Decoded::Text(Text { text, layers }))
}

/// DER begins with the tag of a SEQUENCE, which is also the digit 0, so it is DER only if it is not text as a whole.
fn trimmed_der(bytes: &[u8]) -> Option<&[u8]> {
    let trimmed = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    (trimmed.first() == Some(&0x30) && !charset::is_text(bytes) && !boundary::has_boundary(&charset::decode(bytes)))
        .then_some(trimmed)
}

/// The binary format of `bytes`, if it is known and cannot be parsed.
fn binary_format(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xfe, 0xed, 0xfe, 0xed, ..] | [0xce, 0xce, 0xce, 0xce, ..] => Some(
            "a Java keystore (take the key out with `keytool -importkeystore -deststoretype PKCS12`, then `openssl pkcs12`)",
        ),
        [0x1f, 0x8b, ..] => Some("a gzip file"),
        [b'P', b'K', 3, 4, ..] => Some("a zip file"),
        [0x95 | 0x97 | 0x99 | 0xc5 | 0xc6, ..] if !charset::is_text(bytes) => Some("likely a PGP key"),
        _ => None,
    }
}

/// DER whose bytes above 0x7f became U+FFFD or characters of Latin-1 or Windows-1252: its second byte is one of them.
fn der_decoded_as_text(bytes: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let second = text.strip_prefix('0')?.chars().next()?;
    matches!(second, '\u{fffd}' | '\u{80}'..='\u{84}' | '\u{201a}' | '\u{201e}').then_some(text)
}
