//! Our assertions, verified by PyJWT in a throw-away environment below `target`.

use crate::run::{Outcome, cargo_with, program, root, say, succeeds};

const VERSION: &str = "2.15.1";

pub(crate) fn run() -> Outcome {
    let environment = root().join(format!("target/pyjwt-{VERSION}"));
    let python = environment.join("bin/python");
    let python = python.to_str().ok_or("the path of this checkout is not valid UTF-8")?;
    if !succeeds(python, &["-c", "import jwt, cryptography"]) {
        make(environment.to_str().unwrap_or_default(), python)?;
    }
    cargo_with(
        &["test", "--package", "line-channel-token-assertion", "--test", "verified_by_others", "--", "--nocapture"],
        &[("LINE_CHANNEL_TOKEN_PYTHON", python)],
    )
}

fn make(environment: &str, python: &str) -> Outcome {
    if !succeeds("python3", &["-c", "import venv, ensurepip"]) {
        say("python3 with venv is missing; it is installed with apt-get");
        program("apt-get", &["update"])?;
        program("apt-get", &["install", "--yes", "python3-venv"])?;
    }
    program("python3", &["-m", "venv", environment])?;
    program(
        python,
        &["-m", "pip", "install", "--quiet", "--disable-pip-version-check", &format!("pyjwt[crypto]=={VERSION}")],
    )
}
