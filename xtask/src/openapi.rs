//! The control API of the emulator against its own description: schemathesis calls the real binary with what the description allows,
//! and with what it does not.

use std::process::Command;

use crate::emulator_process::{self, EmulatorProcess};
use crate::python::Environment;
use crate::run::{Outcome, root, section, utf8};

/// Enough for each operation to be called with each kind of mistake; the run ends after it in any case.
const SECONDS: &str = "40";

pub(crate) fn run() -> Outcome {
    let Some(environment) = Environment::or_skipped("schemathesis", "the control API under schemathesis")? else {
        return Ok(());
    };
    let schemathesis = environment.program("schemathesis")?;
    let emulator = emulator_process::build(false)?;
    let log = root().join("target/openapi.log");
    let emulator = EmulatorProcess::start(&emulator, &[], &[("LINE_EMULATOR_SECRET_1234567890", "s3cret")], log)?;
    let configuration = root().join("xtask/openapi/schemathesis.toml");
    let description = format!("{}/_emulator/openapi.json", emulator.url());
    section("schemathesis run");
    let status = Command::new(schemathesis)
        .args(["--config-file", utf8(&configuration)?, "run", &description, "--checks=all"])
        // A stream of events does not end; the tests of the binary read it.
        .arg("--exclude-path=/_emulator/events")
        // The same calls each time; another seed is for whoever looks for more.
        .args(["--seed=1", "--max-examples=25", "--max-time", SECONDS, "--continue-on-failure"])
        // It keeps what it has found where it runs.
        .current_dir(root().join("target"))
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("schemathesis: {status}\nthe emulator said:\n{}", emulator.log())),
        Err(error) => Err(format!("schemathesis: {error}")),
    }
}
