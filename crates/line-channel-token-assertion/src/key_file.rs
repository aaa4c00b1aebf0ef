//! Finds the one private key in whatever was pasted.

use line_channel_token_core::Error;
use line_channel_token_pem::{Block, Label, Pasted, Text, named, read as read_pasted};

use crate::candidates::Candidates;
use crate::der_container::{self, certificate, encrypted, public_only};
use crate::jwk_search::{self, Found};
use crate::private_jwk::ReadJwk;
use crate::private_key::PrivateKey;

/// Which of the three formats a key has, whatever stands around it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Pem,
    Der,
    /// DER as base64 or hex, without BEGIN and END.
    DerAsText,
    Jwk,
    /// A JWK that stands in a string of JSON or in base64.
    WrappedJwk,
}

/// A private key as it was found.
pub(crate) struct KeyFile {
    pub(crate) key: PrivateKey,
    pub(crate) kid: Option<String>,
    pub(crate) format: Format,
}

impl KeyFile {
    /// Refuses another format than `expected`, with directions.
    pub(crate) fn expect(&self, expected: Format) -> Result<(), Error> {
        let (is, with) = match (self.format, expected) {
            (found, expected) if found == expected => return Ok(()),
            (Format::DerAsText, Format::Pem | Format::Der) => return Ok(()),
            (Format::Pem, _) => ("PEM", "from_pem"),
            (Format::Der | Format::DerAsText, _) => ("DER", "from_der"),
            (Format::WrappedJwk, Format::Jwk) => {
                return Err(Error::invalid_input(
                    "the JWK stands in a string or in base64: take it out, or read it with parse",
                ));
            }
            (Format::Jwk | Format::WrappedJwk, _) => ("JSON", "from_jwk"),
        };
        let expected = match expected {
            Format::Pem => "PEM",
            Format::Der | Format::DerAsText => "DER",
            Format::Jwk | Format::WrappedJwk => "a JWK",
        };
        Err(Error::invalid_input(format!("this is {is} and not {expected}: read it with {with} or parse")))
    }
}

const WHAT: &str = "private key";
/// Room for a key, all that may stand around it, and three layers of base64; it bounds the time that reading takes.
const LONGEST: usize = 256 * 1024;
/// As often as bytes in arrays, or base64 in YAML, are looked into.
const MOST_LAYERS: u8 = 3;

/// The only private key in `bytes`.
pub(crate) fn read(bytes: &[u8]) -> Result<KeyFile, Error> {
    if bytes.len() > LONGEST {
        return Err(Error::invalid_input("this is longer than any private key: give the key file alone"));
    }
    let mut candidates = Candidates::default();
    let without = from_pasted(&read_pasted(bytes, WHAT)?, 0, &mut candidates);
    candidates.only()?.ok_or(without)
}

/// Adds everything that may be the key. What comes back is said if nothing is.
fn from_pasted(pasted: &Pasted, layers: u8, candidates: &mut Candidates) -> Error {
    match pasted {
        Pasted::Der(der) => {
            let format = if der.was_text { Format::DerAsText } else { Format::Der };
            for key in der_container::private_keys(&der.bytes) {
                candidates.add(key, None, format);
            }
            der_container::private_key(&der.bytes).err().unwrap_or_else(der_container::unreadable)
        }
        Pasted::Text(text) => from_text(text, layers, candidates),
        _ => der_container::unreadable(),
    }
}

fn from_text(text: &Text, layers: u8, candidates: &mut Candidates) -> Error {
    let blocks = text.blocks();
    let mut here = Candidates::default();
    let mut claims = Vec::new();
    for block in &blocks {
        // By what is in them: a label may be wrong.
        let keys = block.der().map(|der| der_container::private_keys(&der)).unwrap_or_default();
        if keys.is_empty() && (block.label.is_private() || block.label == Label::Pkcs12) {
            claims.push(block);
        }
        keys.into_iter().for_each(|key| here.add(key, None, Format::Pem));
    }
    let nothing_read = here.is_empty();
    candidates.extend(here);
    if nothing_read && let Some(error) = named(text.expose(), WHAT) {
        return error;
    }
    let Found { keys, refused, bytes, in_string, any } = jwk_search::search(text.expose());
    let format = if in_string || text.was_encoded() { Format::WrappedJwk } else { Format::Jwk };
    for key in keys {
        match key {
            Ok(ReadJwk { key, kid }) => candidates.add(Ok(key), kid, format),
            Err(error) => candidates.add_unreadable(error),
        }
    }
    let mut inner = None;
    if layers < MOST_LAYERS {
        for bytes in bytes {
            let without = read_pasted(&bytes, WHAT).map(|pasted| from_pasted(&pasted, layers + 1, candidates));
            inner.get_or_insert(without.unwrap_or_else(|error| error));
        }
        // Base64 in YAML or in a member of JSON; if it holds no key, what is said of the text says more.
        for pasted in text.embedded(WHAT).into_iter().flatten() {
            from_pasted(&pasted, layers + 1, candidates);
        }
    }
    // A sentence may name the BEGIN line of the key that follows.
    let nothing_else = candidates.is_empty();
    for block in claims.into_iter().filter(|block| nothing_else || !block.is_mention()) {
        candidates.add_unreadable(refusal_of(block));
    }
    if refused.is_none() && !blocks.is_empty() {
        return refusal(&blocks);
    }
    refused.or(inner).unwrap_or_else(|| {
        Error::invalid_input(if any {
            "there is no key in this JSON: a private JWK with \"kty\" and \"d\", or PEM in a member, was expected"
        } else if text.expose().contains("kty") {
            "this looks like a JWK without its braces: give the whole JSON"
        } else {
            "this is no private key: PEM with its BEGIN and END lines, DER, or a JWK was expected"
        })
    })
}

/// Says what a block is that claims to be a private key and cannot be read.
fn refusal_of(block: &Block<'_>) -> Error {
    match block.label {
        Label::EncryptedPrivateKey => encrypted(),
        Label::PrivateKey if block.is_encrypted() => encrypted(),
        Label::PrivateKey => match block.der() {
            Ok(der) => der_container::private_key(&der).err().unwrap_or_else(der_container::unreadable),
            Err(error) => error,
        },
        Label::OpenSshPrivateKey => Error::invalid_input(
            "this private key is in the format of OpenSSH: convert a copy of it with \
             `ssh-keygen -p -m PKCS8 -N '' -f COPY`, or generate a new one",
        ),
        Label::Ssh2PrivateKey => Error::invalid_input(
            "this private key is in the format of ssh.com: convert it with `ssh-keygen -i -f KEY`, or generate a new one",
        ),
        Label::PgpPrivateKey => {
            Error::invalid_input("this is a key of PGP, which cannot sign assertions: generate an RSA key of 2048 bits")
        }
        Label::Pkcs12 => der_container::pkcs12(),
        _ => Error::invalid_input("this private key is neither RSA nor EC: LINE takes RSA of 2048 bits"),
    }
}

/// Says what PEM without a private key is.
fn refusal(blocks: &[Block<'_>]) -> Error {
    let has = |label| blocks.iter().any(|block| block.label == label);
    if has(Label::Certificate) || has(Label::CertificateRequest) {
        certificate()
    } else if has(Label::PublicKey) {
        public_only()
    } else if has(Label::Pkcs7) {
        Error::invalid_input("this is PKCS#7, which holds certificates and no key: give the key file")
    } else if has(Label::Parameters) {
        Error::invalid_input("the PEM holds key parameters alone, and no private key: give the key file")
    } else {
        let broken = blocks.iter().find_map(|block| block.der().err());
        broken.unwrap_or_else(|| {
            Error::invalid_input("the PEM holds no private key: BEGIN PRIVATE KEY or the like was expected")
        })
    }
}
