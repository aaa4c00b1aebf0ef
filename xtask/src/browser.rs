//! The emulator's page in Chromium: `xtask/browser` has the tests, and the program that makes its pictures.

use std::process::Command;

use crate::npm::{self, Project};
use crate::run::{Outcome, finish, root, section, utf8};
use crate::{debian, emulator_process};

/// The package of Debian; on Ubuntu it is a snap, so that the workflow on GitHub uses the Chrome that its machines have.
pub(crate) const PACKAGE: &str = "chromium";
/// What the browser may be called, besides what `CHROMIUM` says.
const PROGRAMS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// For each file of tests a browser and an emulator are started, so that more of them than this are no faster on two cores.
const AT_ONCE: &str = "--test-concurrency=2";

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let write = match arguments {
        [] => false,
        [flag] if flag == "--write" => true,
        _ => return Err("usage: cargo xtask browser [--write]".to_owned()),
    };
    let skipped = |why: &str| section(&format!("SKIPPED: the emulator's page in a browser, because {why}"));
    if !npm::is_installed() {
        skipped("Node.js or npm is not installed");
        return Ok(());
    }
    let Some(browser) = browser() else {
        skipped("Chromium is not installed, and apt-get cannot install it");
        return Ok(());
    };
    let project = match Project::of("browser", &root().join("xtask/browser")) {
        Err(error) if !npm::is_in_reach() => {
            skipped(&format!("the npm registry is out of reach: {error}"));
            return Ok(());
        }
        project => project?,
    };
    let program = emulator_process::build(false)?;
    let node = |arguments: &[&str]| {
        let line = format!("node {}", arguments.join(" "));
        section(&line);
        let mut command = Command::new("node");
        command.args(arguments).current_dir(project.directory());
        finish(command.env("LINE_CHANNEL_TOKEN", &program).env("CHROMIUM", &browser), &line)
    };
    node(&["--test", "--test-reporter", "spec", AT_ONCE])?;
    if write { node(&["screenshots.mjs", utf8(&root().join("docs"))?]) } else { Ok(()) }
}

/// The program of a browser that is there, or that can be installed.
fn browser() -> Option<String> {
    let named = std::env::var("CHROMIUM").ok();
    let is_there = |program: &String| crate::run::succeeds(program, &["--version"]);
    let there = named.into_iter().chain(PROGRAMS.map(str::to_owned)).find(is_there);
    let program = there.or_else(|| debian::has(PACKAGE, PACKAGE, &["--version"]).then(|| PACKAGE.to_owned()))?;
    // Playwright wants its path.
    let output = Command::new("sh").args(["-c", "command -v \"$1\"", "sh", &program]).output().ok()?;
    let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (!path.is_empty()).then_some(path)
}

#[cfg(test)]
mod tests {
    use crate::run::root;

    #[test]
    fn the_lock_file_names_no_registry() {
        let lock = std::fs::read_to_string(root().join("xtask/browser/package-lock.json")).unwrap();
        assert!(!lock.contains("\"resolved\""), "install with omit-lockfile-registry-resolved");
    }

    #[test]
    fn the_pictures_of_the_readme_are_small() {
        for name in ["emulator-page.png", "emulator-page-dark.png"] {
            let size = std::fs::metadata(root().join("docs").join(name)).unwrap().len();
            assert!(size < 200_000, "docs/{name} has {size} bytes");
        }
    }
}
