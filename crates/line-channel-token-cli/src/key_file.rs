//! Keys from standard input or a file.

use line_channel_token::{PublicJwk, SigningKey};

use crate::failure::Failure;
use crate::input::Source;

/// The most that the library parses.
const LIMIT: usize = 256 * 1024;

/// The private key. The error says what the input is, if it is something else.
pub(crate) fn read_private(source: &Source) -> Result<SigningKey, Failure> {
    let bytes = source.read("a private key", LIMIT)?;
    SigningKey::parse(bytes.as_slice()).map_err(|error| in_source(source, error))
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
