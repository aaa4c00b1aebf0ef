//! The files in `.github`, which only GitHub runs: checked against its schemas by check-jsonschema, audited by zizmor, and held against what
//! the commands here are called and pin.

use std::path::PathBuf;

use crate::python::Environment;
use crate::run::{Outcome, program, root, section, utf8};
use crate::{ci, git, metadata, redis, softhsm, tools};

const CI: &str = ".github/workflows/ci.yml";
const DEPENDABOT: &str = ".github/dependabot.yml";

/// Which files follow which schema of check-jsonschema: a directory, the end of a name, the schema.
const SCHEMAS: [(&str, &str, &str); 5] = [
    (".github/workflows", ".yml", "vendor.github-workflows"),
    (".github/actions/rust", "action.yml", "vendor.github-actions"),
    (".github", "dependabot.yml", "vendor.dependabot"),
    (".github/ISSUE_TEMPLATE", "config.yml", "vendor.github-issue-config"),
    (".github/ISSUE_TEMPLATE", ".yml", "vendor.github-issue-forms"),
];

pub(crate) fn run() -> Outcome {
    section("the workflow against this checkout");
    let text = std::fs::read_to_string(root().join(CI)).map_err(|error| format!("{CI}: {error}"))?;
    let packages = metadata::packages()?;
    let rust_version =
        packages.values().find_map(|package| package.in_workspace.then(|| package.rust_version.clone())?);
    let mut faults = faults(&text, &rust_version.unwrap_or_default());
    faults.extend(not_raised()?);
    if !faults.is_empty() {
        return Err(faults.join("\n"));
    }
    let Some(environment) = Environment::or_skipped("workflows", "check-jsonschema and zizmor")? else { return Ok(()) };
    let check = environment.program("check-jsonschema")?;
    let mut checked = Vec::new();
    for (directory, end, schema) in SCHEMAS {
        let mut files = files(directory, end)?;
        files.retain(|file| !checked.contains(file));
        let names = files.iter().map(|file| utf8(file)).collect::<Result<Vec<_>, _>>()?;
        program(&check, &[&["--builtin-schema", schema], &names[..]].concat())?;
        checked.extend(files);
    }
    let zizmor = environment.program("zizmor")?;
    program(&zizmor, &["--offline", "--strict-collection", "--no-progress", ".github"])
}

fn files(directory: &str, end: &str) -> Result<Vec<PathBuf>, String> {
    let failed = |error: std::io::Error| format!("{directory}: {error}");
    let entries = std::fs::read_dir(root().join(directory)).map_err(failed)?;
    let paths = entries.collect::<Result<Vec<_>, _>>().map_err(failed)?.into_iter().map(|entry| entry.path());
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.is_file() && path.to_string_lossy().ends_with(end)).collect();
    files.sort();
    if files.is_empty() { Err(format!("{directory}: no file ends with {end}")) } else { Ok(files) }
}

/// The manifests outside of the workspace, and its own, whose directories are not in the configuration of dependabot.
fn not_raised() -> Result<Vec<String>, String> {
    let text = std::fs::read_to_string(root().join(DEPENDABOT)).map_err(|error| format!("{DEPENDABOT}: {error}"))?;
    let mut faults = Vec::new();
    for manifest in
        git::output(&root(), &["grep", "--files-with-matches", "^\\[workspace\\]", "--", "*Cargo.toml"])?.lines()
    {
        let directory = manifest.strip_suffix("Cargo.toml").unwrap_or_default().trim_end_matches('/');
        if !is_raised(&text, directory) {
            faults.push(format!("{DEPENDABOT}: cargo is not raised in /{directory}"));
        }
    }
    Ok(faults)
}

/// Whether the directories for cargo have this one, or end in `/*` after its parent.
fn is_raised(dependabot: &str, directory: &str) -> bool {
    let of_cargo = dependabot.split("package-ecosystem: ").find(|part| part.starts_with("cargo\n"));
    let lists = of_cargo.unwrap_or_default().lines().filter_map(|line| line.trim().strip_prefix("directories: "));
    let mut names = lists.flat_map(|list| list.split(',')).map(|name| name.trim_matches([' ', '[', ']', '"', '/']));
    let parent = directory.rsplit_once('/').map(|(parent, _)| format!("{parent}/*"));
    names.any(|name| name == directory || parent.as_deref() == Some(name))
}

/// What the workflow says otherwise than this checkout.
fn faults(text: &str, rust_version: &str) -> Vec<String> {
    let text = &without_comments(text);
    let mut faults = Vec::new();
    let called = names(text, "cargo xtask ");
    for (name, _) in ci::STEPS {
        if !called.contains(&name) {
            faults.push(format!("{CI}: no job runs `cargo xtask {name}`, which `cargo xtask ci` does"));
        }
    }
    let known = |name: &str| crate::HELP.lines().any(|line| line.split_whitespace().next() == Some(name));
    let unknown = called.into_iter().filter(|name| !known(name));
    faults.extend(unknown.map(|name| format!("{CI}: there is no command `cargo xtask {name}`")));
    for tool in tools::ALL {
        let versions = names(text, &format!("{}@", tool.name));
        if versions.is_empty() || versions.iter().any(|version| *version != tool.version) {
            faults.push(format!("{CI}: {} is {} in xtask/src/tools.rs", tool.name, tool.version));
        }
    }
    if !text.contains(&format!("apt-get install --yes {}", softhsm::PACKAGE)) {
        faults.push(format!("{CI}: no job installs {}, so the tests of the HSM are skipped", softhsm::PACKAGE));
    }
    if !text.contains(&format!(" {}\n", redis::PACKAGE)) {
        faults.push(format!("{CI}: no job installs {}, so the tests of Redis are skipped", redis::PACKAGE));
    }
    if !text.contains(&format!("toolchain: \"{rust_version}\"")) {
        faults.push(format!("{CI}: no job has the toolchain {rust_version}, which is rust-version in Cargo.toml"));
    }
    faults
}

/// The text as GitHub reads it: what a comment names is neither run nor installed.
fn without_comments(text: &str) -> String {
    let code = |line: &str| {
        let starts = |(at, _): &(usize, &str)| {
            line.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with(char::is_whitespace))
        };
        let end = line.match_indices('#').find(starts).map_or(line.len(), |(at, _)| at);
        line.get(..end).unwrap_or_default().to_owned() + "\n"
    };
    text.lines().map(code).collect()
}

/// The words that follow this text.
fn names<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
    let ends = |c: char| c.is_whitespace() || "`,\"'".contains(c);
    let rests = text.match_indices(before).filter_map(|(at, found)| text.get(at + found.len()..));
    rests.filter_map(|rest| rest.split(ends).next()).collect()
}

#[cfg(test)]
mod tests {
    use super::{faults, is_raised, not_raised};

    fn of_this_checkout() -> String {
        std::fs::read_to_string(crate::run::root().join(super::CI)).unwrap()
    }

    #[test]
    fn this_checkout_is_at_one() {
        assert_eq!(faults(&of_this_checkout(), "1.89"), <[String; 0]>::default());
    }

    #[test]
    fn a_step_that_no_job_runs_is_named() {
        for (step, instead) in
            [("- run: cargo xtask ", "- run: true # cargo xtask "), ("- run: cargo", "# - run: cargo")]
        {
            let text = of_this_checkout().replace("command: ", "- run: ").replace(step, instead);
            let faults = faults(&text, "1.89");
            for (name, _) in crate::ci::STEPS {
                let fault = format!("no job runs `cargo xtask {name}`");
                assert!(faults.iter().any(|found| found.contains(&fault)), "{name}: {faults:?}");
            }
        }
    }

    #[test]
    fn a_manifest_that_dependabot_passes_over_is_named() {
        assert_eq!(not_raised().unwrap(), <[String; 0]>::default());
        let text = "  - package-ecosystem: cargo\n    directories: [/, /a/b, \"/c/*\"]\n  - package-ecosystem: pip\n    directories: [/p]\n";
        assert!(["", "a/b", "c/d", "c/e"].iter().all(|directory| is_raised(text, directory)));
        assert!(["a", "a/c", "b", "c", "c/d/e", "d/c/e", "p"].iter().all(|directory| !is_raised(text, directory)));
    }

    #[test]
    fn other_versions_and_commands_are_named() {
        let text = of_this_checkout();
        assert!(faults(&text, "1.90").iter().any(|fault| fault.contains("toolchain 1.90")));
        let other = text.replace("cargo-hack@0.6.46", "cargo-hack@0.6.45");
        assert!(faults(&other, "1.89").iter().any(|fault| fault.contains("cargo-hack is")));
        let unpinned = text.replace("tools: cargo-hack@0.6.46", "tools: # cargo-hack@0.6.46");
        assert!(faults(&unpinned, "1.89").iter().any(|fault| fault.contains("cargo-hack is")));
        let without_hsm = text.replace("install --yes softhsm2", "install --yes softhsm1");
        assert!(faults(&without_hsm, "1.89").iter().any(|fault| fault.contains("no job installs softhsm2")));
        let without_redis = text.replace(" redis-tools", "");
        assert!(faults(&without_redis, "1.89").iter().any(|fault| fault.contains("no job installs redis-tools")));
        let gone = format!("{text}      - run: cargo xtask peers\n");
        assert!(faults(&gone, "1.89").iter().any(|fault| fault.contains("no command `cargo xtask peers`")));
    }
}
