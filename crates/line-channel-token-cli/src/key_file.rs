//! Keys from standard input or a file.

use line_channel_token::{PublicJwk, SigningKey};

use crate::failure::Failure;
use crate::input::Source;

/// The most that the library parses.
const LIMIT: usize = 256 * 1024;

/// The private key. The error says what the input is, if it is something else.
pub(crate) fn read_private(source: &Source) -> Result<SigningKey, Failure> {
    let bytes = source.read("a private key", LIMIT)?;
    SigningKey::parse(bytes.as_slice()).map_err(|error| {
        let failure = in_source(source, error);
        let is_public = PublicJwk::from_public_key(bytes.as_slice()).is_ok();
        if is_public {
            failure.with_hint("for the JWK of a public key: `line-channel-token jwk --public`")
        } else {
            failure
        }
    })
}

/// The public key of a file that holds that alone.
pub(crate) fn read_public(source: &Source) -> Result<PublicJwk, Failure> {
    let bytes = source.read("a public key", LIMIT)?;
    PublicJwk::from_public_key(bytes.as_slice()).map_err(|error| in_source(source, error))
}

fn in_source(source: &Source, error: line_channel_token::Error) -> Failure {
    let failure = Failure::from(error);
    failure.in_input(&source.name())
}

/// The public JWK of a private key, of a public key, or as it stands there.
pub(crate) fn read_any(source: &Source) -> Result<String, Failure> {
    let bytes = source.read("a key", LIMIT)?;
    let private = SigningKey::parse(bytes.as_slice()).map(|key| key.public_jwk().to_json());
    let is_public = || PublicJwk::from_public_key(bytes.as_slice()).map(|key| key.to_json());
    private.or_else(|error| is_public().map_err(|_| error)).or_else(|error| {
        // Whoever parses it says what is wrong with it.
        let text = std::str::from_utf8(&bytes).unwrap_or_default().trim();
        if text.starts_with('{') { Ok(text.to_owned()) } else { Err(in_source(source, error)) }
    })
}
