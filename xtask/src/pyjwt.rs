//! Our assertions, verified by PyJWT.

use crate::python::Environment;
use crate::run::{Outcome, cargo_with};

pub(crate) fn run() -> Outcome {
    let Some(environment) = Environment::or_skipped("pyjwt", "our assertions in PyJWT")? else { return Ok(()) };
    let python = environment.program("python")?;
    cargo_with(
        &["test", "--package", "line-channel-token-assertion", "--test", "verified_by_others", "--", "--nocapture"],
        &[("LINE_CHANNEL_TOKEN_PYTHON", &python)],
    )
}
