//! Everything that main must pass, and how long each part took.

use std::time::Instant;

use crate::run::{Outcome, cargo, cargo_with, section};
use crate::{
    api, browser, clients, consumers, container, deny, docs_rs, features, layering, minimal_versions, msrv, openapi,
    package, pyjwt, semver, terminal, test, tree, workflows,
};

type Step = fn() -> Outcome;

/// Commands of ours, what fails soonest first; the workflow on GitHub runs each of them too.
pub(crate) const STEPS: [(&str, Step); 19] = [
    ("layering", layering::run),
    ("tree", tree::run),
    ("msrv", msrv::run),
    ("deny", deny::run),
    ("workflows", workflows::run),
    ("docs-rs", docs_rs::run),
    ("api", || api::run(&[])),
    ("semver", semver::run),
    ("features", features::run),
    ("test", test::run),
    ("consumers", consumers::run),
    ("pyjwt", pyjwt::run),
    ("openapi", openapi::run),
    ("clients", clients::run),
    ("browser", || browser::run(&[])),
    ("terminal", || terminal::run(&[])),
    // It links the binary of the steps above anew.
    ("container", container::run),
    ("package", || package::run(&[])),
    ("minimal-versions", minimal_versions::run),
];

pub(crate) fn run() -> Outcome {
    let mut times = Vec::new();
    timed("fmt", || cargo(&["fmt", "--all", "--check"]), &mut times)?;
    timed("clippy", clippy, &mut times)?;
    timed("doc", doc, &mut times)?;
    for (name, step) in STEPS {
        timed(name, step, &mut times)?;
    }
    section("how long each part took");
    for (name, seconds) in times {
        println!("{seconds:>6} s  {name}");
    }
    Ok(())
}

fn clippy() -> Outcome {
    cargo(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"])
}

fn doc() -> Outcome {
    cargo_with(&["doc", "--workspace", "--all-features", "--no-deps"], &[("RUSTDOCFLAGS", "-D warnings")])
}

#[expect(clippy::disallowed_methods, reason = "this measures real time, for people")]
fn timed(name: &'static str, step: impl FnOnce() -> Outcome, times: &mut Vec<(&'static str, u64)>) -> Outcome {
    let start = Instant::now();
    step()?;
    times.push((name, start.elapsed().as_secs()));
    Ok(())
}
