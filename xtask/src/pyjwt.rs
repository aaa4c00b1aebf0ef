//! What we sign, verified by PyJWT; and what we seal, opened by the program of the guide, in Python too.

use crate::python::Environment;
use crate::run::{Outcome, cargo_with, program, root, utf8};

pub(crate) fn run() -> Outcome {
    let Some(environment) = Environment::or_skipped("pyjwt", "our assertions and sealed values in Python")? else {
        return Ok(());
    };
    let python = environment.program("python")?;
    cargo_with(
        &["test", "--package", "line-channel-token-assertion", "--test", "verified_by_others", "--", "--nocapture"],
        &[("LINE_CHANNEL_TOKEN_PYTHON", &python)],
    )?;
    let script = root().join("xtask/python/sealed_values.py");
    let guide = root().join("crates/line-channel-token/src/_guide/sharing.md");
    let vectors = root().join("crates/line-channel-token-cache/tests/sealed_store/vectors.json");
    program(&python, &[utf8(&script)?, "check", utf8(&guide)?, utf8(&vectors)?])
}
