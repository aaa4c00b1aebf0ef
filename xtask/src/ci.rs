//! Everything that main must pass.

use crate::run::{Outcome, cargo, cargo_with};
use crate::{api, arrows, consumers, deny, features, msrv, python, test, tree};

pub(crate) fn run() -> Outcome {
    cargo(&["fmt", "--all", "--check"])?;
    arrows::run()?;
    tree::run()?;
    msrv::run()?;
    cargo(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"])?;
    cargo_with(&["doc", "--workspace", "--all-features", "--no-deps"], &[("RUSTDOCFLAGS", "-D warnings")])?;
    api::run(&[])?;
    features::run()?;
    test::run()?;
    consumers::run()?;
    python::run()?;
    deny::run()
}
