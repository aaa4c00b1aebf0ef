//! Everything that main must pass.

use crate::run::{Outcome, cargo, cargo_with};
use crate::{arrows, deny, features, msrv, python, test};

pub(crate) fn run() -> Outcome {
    cargo(&["fmt", "--all", "--check"])?;
    arrows::run()?;
    msrv::run()?;
    cargo(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"])?;
    cargo_with(&["doc", "--workspace", "--all-features", "--no-deps"], &[("RUSTDOCFLAGS", "-D warnings")])?;
    features::run()?;
    test::run()?;
    python::run()?;
    deny::run()
}
