//! A private key, parsed, and the format that it had.

use line_channel_token_core::Error;

use crate::private_key::PrivateKey;

/// The format of a key, whatever is around it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Pem,
    Der,
    /// DER as base64 or hex, without BEGIN and END.
    EncodedDer,
    Jwk,
    /// A JWK in a string of JSON or in base64.
    EncodedJwk,
}

/// A private key, parsed. Its components are not yet known to fit together.
pub(crate) struct ParsedKey {
    pub(crate) key: PrivateKey,
    /// The `kid` of the JWK.
    pub(crate) kid: Option<String>,
    pub(crate) format: Format,
}

impl ParsedKey {
    /// Refuses a key whose format is not `expected`, and says which function parses it.
    pub(crate) fn expect_format(&self, expected: Format) -> Result<(), Error> {
        let (found, function) = match (self.format, expected) {
            (found, expected) if found == expected => return Ok(()),
            (Format::EncodedDer, Format::Pem | Format::Der) => return Ok(()),
            (Format::Pem, _) => ("PEM", "from_pem"),
            (Format::Der | Format::EncodedDer, _) => ("DER", "from_der"),
            (Format::EncodedJwk, Format::Jwk) => {
                return Err(Error::invalid_input(
                    "the JWK is in a string or in base64: give the JSON itself, or use SigningKey::parse",
                ));
            }
            (Format::Jwk | Format::EncodedJwk, _) => ("JSON", "from_jwk"),
        };
        let expected = match expected {
            Format::Pem => "PEM",
            Format::Der | Format::EncodedDer => "DER",
            Format::Jwk | Format::EncodedJwk => "a JWK",
        };
        Err(Error::invalid_input(format!(
            "this is {found}, not {expected}: use SigningKey::{function} or SigningKey::parse"
        )))
    }
}
