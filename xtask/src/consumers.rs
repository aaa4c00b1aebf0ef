//! Programs outside of the workspace that depend on us as users do, built and run against the emulator.
//!
//! A build of the workspace unifies the features of all its members, and so hides a feature that a user would miss.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::lock_files;
use crate::packages::profiles_file;
use crate::run::{Outcome, cargo, cargo_output, cargo_with, root, section, utf8};

const SECRET: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const KID: &str = "consumers";

/// What must not come along, by consumer: what it did not ask for.
const ABSENT: [(&str, &[&str]); 10] = [
    ("both-backends", &["ring", "rsa", "line-channel-token-emulator", "line-channel-token-mock"]),
    ("both-providers", &["line-channel-token-hyper", "ring"]),
    ("core-only", &["aws-lc-rs", "hyper", "jsonwebtoken", "reqwest", "ring", "rsa", "rustls", "tokio"]),
    ("hyper-only", &["aws-lc-rs", "p256", "reqwest", "rsa", "line-channel-token-assertion"]),
    ("mock-in-tests", &["line-channel-token-mock", "line-channel-token-emulator"]),
    ("no-c-compiler", &["aws-lc-rs", "aws-lc-sys", "cc", "cmake", "pkg-config", "ring"]),
    ("no-tls", &["aws-lc-rs", "ring", "line-channel-token-assertion"]),
    ("reqwest-only", &["line-channel-token-assertion", "line-channel-token-hyper", "p256", "ring", "rsa"]),
    ("rust-crypto-only", &["aws-lc-rs", "line-channel-token-reqwest", "reqwest"]),
    (
        "ureq-only",
        &[
            "futures-executor",
            "hyper",
            "hyper-util",
            "line-channel-token-cache",
            "mio",
            "p256",
            "reqwest",
            "ring",
            "rsa",
            "tokio",
            "url",
        ],
    ),
];

pub(crate) fn run() -> Outcome {
    section("programs outside of the workspace, against the emulator");
    let consumers = consumers()?;
    let stale = stale(&ABSENT, &consumers)?;
    if !stale.is_empty() {
        return Err(stale.join("\n"));
    }
    let target = root().join("target");
    let target = ["--target-dir", utf8(&target)?];
    cargo(&[&["check", "--package", "examples", "--examples"], &target[..]].concat())?;
    // As the tests build them, whose crates are compiled already: with the features of the whole workspace.
    let programs = ["--example", "generate_key", "--example", "emulator_server"];
    let build = ["test", "--workspace", "--all-features", "--no-run", "--quiet"];
    cargo(&[&build[..], &programs, &target].concat())?;
    let directory = root().join("target/consumers-key");
    let (private, public) = key_pair(&directory)?;
    let emulator = Emulator::start(&public)?;
    let private = private.to_str().ok_or("the path of this checkout is not valid UTF-8")?;
    let variables = [
        ("EMULATOR_URL", emulator.url.as_str()),
        ("EMULATOR_SECRET", SECRET),
        ("EMULATOR_KEY_FILE", private),
        ("EMULATOR_KID", KID),
    ];
    for consumer in consumers {
        outside("run", &consumer, &variables)?;
        nothing_else_comes_along(&consumer)?;
    }
    outside("test", &root().join("xtask/consumers/mock-in-tests"), &[])?;
    outside("test", &root().join("examples/downstream"), &[])?;
    with_own_lock_file("test", &root().join("examples/interop"))
}

/// Runs cargo for a package outside, with the versions that our own lock file names.
fn outside(command: &str, package: &Path, variables: &[(&str, &str)]) -> Outcome {
    let failed = |error: std::io::Error| format!("{}: {error}", package.display());
    std::fs::copy(root().join("Cargo.lock"), package.join("Cargo.lock")).map_err(failed)?;
    cargo_in(package, command, &[], variables)
}

/// Runs cargo for a package outside, with the versions that its own lock file names. An error if that file is out of date.
fn with_own_lock_file(command: &str, package: &Path) -> Outcome {
    cargo_in(package, command, &["--locked"], &[])
}

fn cargo_in(package: &Path, command: &str, flags: &[&str], variables: &[(&str, &str)]) -> Outcome {
    let manifest = package.join("Cargo.toml");
    // With the target directory and the profiles of this checkout, so that crates of others are not compiled again if their features are the same.
    let (target, profiles) = (root().join("target"), profiles_file()?);
    let mut arguments = vec![command, "--quiet", "--manifest-path", utf8(&manifest)?, "--target-dir", utf8(&target)?];
    arguments.extend(["--config", &profiles]);
    arguments.extend(flags);
    cargo_with(&arguments, variables)
}

/// Holds the tree of a consumer against [`ABSENT`], build scripts included, because what calls a compiler stands there.
fn nothing_else_comes_along(consumer: &Path) -> Outcome {
    let name = consumer.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let Some((_, absent)) = ABSENT.iter().find(|(known, _)| *known == name) else {
        return Err(format!("{name} is not in the list of xtask/src/consumers.rs"));
    };
    let manifest = consumer.join("Cargo.toml");
    let manifest = manifest.to_str().unwrap_or_default();
    let tree = ["tree", "--quiet", "--edges", "normal,build", "--prefix", "none", "--manifest-path", manifest];
    let (tree, _) = cargo_output(&tree)?;
    let present: Vec<_> =
        absent.iter().filter(|name| tree.lines().any(|line| line.split(' ').next() == Some(**name))).collect();
    if present.is_empty() { Ok(()) } else { Err(format!("{name} did not ask for {present:?}")) }
}

/// What of such a list no longer says anything: consumers that are gone, and crates that nothing of ours could bring along.
fn stale(absent: &[(&str, &[&str])], consumers: &[PathBuf]) -> Result<Vec<String>, String> {
    let mut stale = Vec::new();
    for (name, crates) in absent {
        if !consumers.iter().any(|consumer| consumer.ends_with(name)) {
            stale.push(format!("xtask/consumers/{name} is gone: remove it from xtask/src/consumers.rs"));
        }
        let unknown = lock_files::unknown(crates)?;
        stale.extend(unknown.iter().map(|unknown| {
            format!("{name} must not have {unknown}, which no Cargo.lock names: correct xtask/src/consumers.rs")
        }));
    }
    Ok(stale)
}

fn consumers() -> Result<Vec<PathBuf>, String> {
    let directory = root().join("xtask/consumers");
    let entries = std::fs::read_dir(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    let mut consumers: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    consumers.sort();
    Ok(consumers)
}

fn key_pair(directory: &Path) -> Result<(PathBuf, PathBuf), String> {
    let (private, public) = (directory.join("private.pem"), directory.join("public.jwk"));
    let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
    let _ = std::fs::remove_dir_all(directory);
    std::fs::create_dir_all(directory).map_err(failed)?;
    let output = Command::new(example("generate_key")).arg("--out").arg(&private).output().map_err(failed)?;
    std::fs::write(&public, output.stdout).map_err(failed)?;
    Ok((private, public))
}

/// The example `emulator_server` as a process, which ends with this value.
struct Emulator {
    child: Child,
    url: String,
}

impl Emulator {
    fn start(public: &Path) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("emulator_server: {error}");
        let mut command = Command::new(example("emulator_server"));
        command.args(["--listen", "127.0.0.1:0", "--channel", "1234567890", "--secret", SECRET, "--kid", KID, "--jwk"]);
        let mut child = command.arg(public).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(failed)?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.as_mut() {
            BufReader::new(stdout).read_line(&mut line).map_err(failed)?;
        }
        let url = line.trim().strip_prefix("listening on ").unwrap_or_default().to_owned();
        let emulator = Self { child, url };
        if emulator.url.is_empty() { Err("emulator_server did not start".to_owned()) } else { Ok(emulator) }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn example(name: &str) -> PathBuf {
    root().join("target/debug/examples").join(name)
}

#[cfg(test)]
mod tests {
    use super::{ABSENT, consumers, stale};

    #[test]
    fn old_and_mistyped_names_are_found() {
        let consumers = consumers().unwrap();
        assert_eq!(stale(&ABSENT, &consumers).unwrap(), <[String; 0]>::default());
        let stale = stale(&[("core-only", &["ring", "rnig"]), ("core", &["ring"])], &consumers).unwrap();
        assert_eq!(stale.len(), 2, "{stale:?}");
        assert!(stale[0].contains("core-only must not have rnig"), "{stale:?}");
        assert!(stale[1].contains("xtask/consumers/core is gone"), "{stale:?}");
    }
}
