//! Finds the only private key in the input.

use line_channel_token_core::Error;
use line_channel_token_pem::{Block, Decoded, Label, Text, mistaken_value};

use crate::key_errors::{encrypted, jwk_without_braces, malformed, no_private_block, unsupported_block};
use crate::parse::candidates::Candidates;
use crate::parse::der;
use crate::parse::jwk::JwkKey;
use crate::parse::jwk_search::{self, Found};
use crate::parse::parsed_key::{Format, ParsedKey};

const EXPECTED: &str = "private key";
/// Room for a key, everything that may be around it, and three layers of base64. It limits the time that parsing takes.
const MAX_LEN: usize = 256 * 1024;
/// How many layers of byte arrays, or of base64 in YAML, are decoded.
const MAX_LAYERS: u8 = 3;

/// The only private key in `bytes`.
pub(crate) fn find_key(bytes: &[u8]) -> Result<ParsedKey, Error> {
    if bytes.len() > MAX_LEN {
        return Err(Error::invalid_input("this is longer than any private key: give only the key file"));
    }
    let mut candidates = Candidates::default();
    let no_key = search(&Decoded::parse(bytes, EXPECTED)?, 0, &mut candidates);
    candidates.into_only()?.ok_or(no_key)
}

/// Adds everything that may be the key. Returns the error for the case that there is no candidate.
fn search(decoded: &Decoded, layers: u8, candidates: &mut Candidates) -> Error {
    match decoded {
        Decoded::Der(der) => {
            let format = if der.was_encoded { Format::EncodedDer } else { Format::Der };
            for key in der::parse_all(&der.bytes) {
                candidates.add(key, None, format);
            }
            der::parse(&der.bytes).err().unwrap_or_else(malformed)
        }
        Decoded::Text(text) => search_text(text, layers, candidates),
        _ => malformed(),
    }
}

fn search_text(text: &Text, layers: u8, candidates: &mut Candidates) -> Error {
    let blocks = text.blocks();
    let mut in_pem = Candidates::default();
    let mut invalid_blocks = Vec::new();
    for block in &blocks {
        // The DER decides, because a label may be wrong.
        let keys = block.der().map(|der| der::parse_all(&der)).unwrap_or_default();
        if keys.is_empty() && (block.label.is_private_key() || block.label == Label::Pkcs12) {
            invalid_blocks.push(block);
        }
        keys.into_iter().for_each(|key| in_pem.add(key, None, Format::Pem));
    }
    let none_in_pem = in_pem.is_empty();
    candidates.extend(in_pem);
    if none_in_pem && let Some(error) = mistaken_value(text.expose_secret(), EXPECTED) {
        return error;
    }
    let Found { keys, not_private, byte_arrays, in_string, has_json } = jwk_search::search(text.expose_secret());
    let format = if in_string || text.was_encoded() { Format::EncodedJwk } else { Format::Jwk };
    for key in keys {
        match key {
            Ok(JwkKey { key, kid }) => candidates.add(Ok(key), kid, format),
            Err(error) => candidates.add_invalid(error),
        }
    }
    let mut no_key_in_bytes = None;
    if layers < MAX_LAYERS {
        for bytes in byte_arrays {
            let no_key = Decoded::parse(&bytes, EXPECTED).map(|decoded| search(&decoded, layers + 1, candidates));
            no_key_in_bytes.get_or_insert(no_key.unwrap_or_else(|error| error));
        }
        // Base64 in YAML or in a member of JSON. If it holds no key, the error about the text says more.
        for decoded in text.embedded(EXPECTED).into_iter().flatten() {
            search(&decoded, layers + 1, candidates);
        }
    }
    // A sentence may mention the BEGIN line of the key that follows.
    let no_other = candidates.is_empty();
    for block in invalid_blocks.into_iter().filter(|block| no_other || !block.is_mention()) {
        candidates.add_invalid(block_error(block));
    }
    if not_private.is_none() && !blocks.is_empty() {
        return no_private_block(&blocks);
    }
    not_private.or(no_key_in_bytes).unwrap_or_else(|| {
        if has_json {
            Error::invalid_input(
                "this JSON holds no key: give a private JWK with \"kty\" and \"d\", or PEM in a member",
            )
        } else if text.expose_secret().contains("kty") {
            jwk_without_braces()
        } else {
            Error::invalid_input("this is not a private key: give PEM with its BEGIN and END lines, DER, or a JWK")
        }
    })
}

/// The error for a block whose label names a private key, and which holds none.
fn block_error(block: &Block<'_>) -> Error {
    match block.label {
        Label::PrivateKey if block.is_encrypted() => encrypted(),
        Label::PrivateKey => match block.der() {
            Ok(der) => der::parse(&der).err().unwrap_or_else(malformed),
            Err(error) => error,
        },
        label => unsupported_block(label),
    }
}
