//! Finds the one private key in whatever was pasted.

use line_channel_token_core::Error;
use line_channel_token_pem::{Block, Label, Pasted, Shape, Text, named, read as read_pasted};

use crate::der_container::{self, certificate, encrypted, public_only, several};
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
    format: Format,
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
    from_pasted(&read_pasted(bytes, WHAT)?, 0)
}

fn from_pasted(pasted: &Pasted, layers: u8) -> Result<KeyFile, Error> {
    match pasted {
        Pasted::Der(der) => {
            let key = der_container::private_key(&der.bytes)?;
            let format = if der.was_text { Format::DerAsText } else { Format::Der };
            Ok(KeyFile { key, kid: None, format })
        }
        Pasted::Text(text) => from_text(text, layers),
        _ => Err(der_container::unreadable()),
    }
}

fn from_text(text: &Text, layers: u8) -> Result<KeyFile, Error> {
    let blocks = text.blocks();
    let in_blocks = keys_in(&blocks);
    // A PEM block in a member of JSON is found without a look at the JSON.
    if let Some(key) = one(in_blocks)? {
        return Ok(KeyFile { key, kid: None, format: Format::Pem });
    }
    if let Some(error) = named(text.expose(), WHAT) {
        return Err(error);
    }
    let claims_key = blocks.iter().any(|block| block.label.is_private());
    let Found { keys, refused, bytes, in_string, any } = jwk_search::search(text.expose());
    if let Some(ReadJwk { key, kid }) = one(keys)? {
        let wrapped = in_string || text.was_encoded();
        return Ok(KeyFile { key, kid, format: if wrapped { Format::WrappedJwk } else { Format::Jwk } });
    }
    if claims_key || (refused.is_none() && !blocks.is_empty()) {
        return Err(refusal(&blocks));
    }
    if layers < MOST_LAYERS {
        if let [bytes] = bytes.as_slice() {
            return from_pasted(&read_pasted(bytes, WHAT)?, layers + 1);
        }
        // Base64 in YAML or in a member of JSON; if it holds no key, what is said of the text says more.
        if let Ok(Some(inner)) = text.embedded(WHAT)
            && let Ok(key) = from_pasted(&inner, layers + 1)
        {
            return Ok(key);
        }
    }
    Err(refused.unwrap_or_else(|| {
        Error::invalid_input(if any {
            "there is no key in this JSON: a private JWK with \"kty\" and \"d\", or PEM in a member, was expected"
        } else if text.expose().contains("kty") {
            "this looks like a JWK without its braces: give the whole JSON"
        } else {
            "this is no private key: PEM with its BEGIN and END lines, DER, or a JWK was expected"
        })
    }))
}

/// The private keys in the blocks, by what is in them: a label may be wrong.
fn keys_in(blocks: &[Block<'_>]) -> Vec<Result<PrivateKey, Error>> {
    let mut keys: Vec<Result<PrivateKey, Error>> = Vec::new();
    let mut contents = Vec::new();
    for der in blocks.iter().filter_map(|block| block.der().ok()) {
        if Shape::of(&der).is_private() && !contents.contains(&der) {
            keys.push(der_container::private_key(&der));
            contents.push(der);
        }
    }
    keys
}

/// The only one of several; the error of the only one if it is none.
trait Candidate {
    type Key;
    fn into_key(self) -> Result<Self::Key, Error>;
}

impl Candidate for Result<PrivateKey, Error> {
    type Key = PrivateKey;
    fn into_key(self) -> Result<PrivateKey, Error> {
        self
    }
}

impl Candidate for ReadJwk {
    type Key = Self;
    fn into_key(self) -> Result<Self, Error> {
        Ok(self)
    }
}

fn one<C: Candidate>(candidates: Vec<C>) -> Result<Option<C::Key>, Error> {
    let mut candidates = candidates.into_iter();
    match (candidates.next(), candidates.next()) {
        (None, _) => Ok(None),
        (Some(only), None) => only.into_key().map(Some),
        (Some(_), Some(_)) => Err(several()),
    }
}

/// Says what PEM without a readable private key is.
fn refusal(blocks: &[Block<'_>]) -> Error {
    let mut private = blocks.iter().filter(|block| block.label.is_private());
    if let Some(block) = private.next() {
        if private.next().is_some() {
            return several();
        }
        return match block.label {
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
            Label::PgpPrivateKey => Error::invalid_input(
                "this is a key of PGP, which cannot sign assertions: generate an RSA key of 2048 bits",
            ),
            _ => Error::invalid_input("this private key is neither RSA nor EC: LINE takes RSA of 2048 bits"),
        };
    }
    let has = |label| blocks.iter().any(|block| block.label == label);
    if has(Label::Certificate) || has(Label::CertificateRequest) {
        certificate()
    } else if has(Label::PublicKey) {
        public_only()
    } else if has(Label::Pkcs12) {
        Error::invalid_input(
            "this looks like a PKCS#12 file: take the key out with `openssl pkcs12 -in FILE -nocerts -nodes`",
        )
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
