//! Breaking changes of the public API against the last release, by cargo-semver-checks.
//!
//! It is a large program, so it is not built here: without it, and before the first release, that is said, and the listings in `xtask/api`
//! remain as the check that nothing changes unseen.

use crate::run::{Outcome, root, section};
use crate::tools::SEMVER_CHECKS;
use crate::{git, metadata};

pub(crate) fn run() -> Outcome {
    let Some(tag) = last_release()? else {
        section("SKIPPED: semver; there is no tag v* yet to compare with");
        return Ok(());
    };
    if SEMVER_CHECKS.installed().is_none() {
        let (name, version) = (SEMVER_CHECKS.name, SEMVER_CHECKS.version);
        section(&format!("SKIPPED: semver; `cargo install --locked {name}@{version}` first"));
        return Ok(());
    }
    let packages = metadata::packages()?;
    let old = published_at(&tag)?;
    let (old, new): (Vec<_>, Vec<_>) =
        metadata::libraries(&packages).into_iter().partition(|package| old.contains(&package.name));
    for package in new {
        println!("{}: not in {tag}", package.name);
    }
    let arguments = ["--baseline-rev", tag.as_str(), "--all-features"];
    SEMVER_CHECKS.run(&[&arguments[..], &metadata::package_flags(&old)].concat())
}

fn last_release() -> Result<Option<String>, String> {
    let tags = git::output(&root(), &["tag", "--list", "v*", "--merged", "HEAD", "--sort=-version:refname"])?;
    // A pre-release promises nothing.
    Ok(tags.lines().find(|tag| !tag.contains('-')).map(str::to_owned))
}

/// The names of the packages at a tag, by their manifests.
fn published_at(tag: &str) -> Result<Vec<String>, String> {
    let pattern = "^name = \"";
    let found = git::output(&root(), &["grep", "--no-color", "-h", pattern, tag, "--", "crates/*/Cargo.toml"])?;
    Ok(found.lines().filter_map(|line| line.split('"').nth(1)).map(str::to_owned).collect())
}
