//! The container image of the emulator: built and asked for its health if docker is there; else its files are linted, and the static
//! binary runs as process 1 of an empty root.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::python::Environment;
use crate::run::{Outcome, cargo, program, root, section, succeeds, target, utf8};

const IMAGE: &str = "line-channel-token-test";
const PROGRAM: &str = "line-channel-token";
const NAMESPACE: [&str; 5] = ["--user", "--map-root-user", "--pid", "--fork", "--kill-child"];

pub(crate) fn run() -> Outcome {
    lint()?;
    if succeeds("docker", &["info"]) {
        return in_docker();
    }
    section("SKIPPED: docker does not respond, so no image is built; its binary runs in an empty root instead");
    let linux = cfg!(all(target_os = "linux", target_env = "gnu"));
    if !linux || !succeeds("unshare", &[&NAMESPACE[..], &["true"]].concat()) {
        section("SKIPPED: this machine lets nobody have a namespace of processes");
        return Ok(());
    }
    in_empty_root(&static_binary()?)
}

fn lint() -> Outcome {
    let Some(hadolint) = Environment::or_skipped("hadolint", "the lint of Dockerfile")? else { return Ok(()) };
    program(&hadolint.program("hadolint")?, &["Dockerfile"])?;
    let Some(check) = Environment::or_skipped("workflows", "the lint of compose.yaml")? else { return Ok(()) };
    let check = check.program("check-jsonschema")?;
    program(&check, &["--builtin-schema", "vendor.compose-spec", "compose.yaml"])
}

fn in_docker() -> Outcome {
    program("docker", &["build", "--tag", IMAGE, "."])?;
    let _ = Command::new("docker").args(["rm", "--force", IMAGE]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    program("docker", &["run", "--detach", "--read-only", "--cap-drop", "ALL", "--name", IMAGE, IMAGE])?;
    // The first request may come before it listens; docker's own check is repeated as well.
    let healthy = (0..30).any(|_| {
        succeeds("docker", &["exec", IMAGE, "/line-channel-token", "emulator", "--health"])
            || !succeeds("docker", &["exec", IMAGE, "/line-channel-token", "--version"])
    });
    let stopped = program("docker", &["stop", "--time", "10", IMAGE]);
    let code = Command::new("docker").args(["inspect", "--format", "{{.State.ExitCode}}", IMAGE]).output();
    let _ = program("docker", &["rm", "--force", IMAGE]);
    stopped?;
    let code = code.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    match (healthy, code.as_str()) {
        (false, _) => Err("the container is not healthy".to_owned()),
        (true, "0") => Ok(()),
        (true, code) => Err(format!("the container ended with {code} after SIGTERM")),
    }
}

/// Only the binary itself is linked otherwise, so nothing that it is made of is compiled again.
fn static_binary() -> Result<PathBuf, String> {
    cargo(&[
        "rustc",
        "--package",
        "line-channel-token-cli",
        "--bin",
        PROGRAM,
        "--",
        "-C",
        "target-feature=+crt-static",
    ])?;
    let empty = root().join("target/container");
    let failed = |error: std::io::Error| format!("{}: {error}", empty.display());
    if empty.exists() {
        std::fs::remove_dir_all(&empty).map_err(failed)?;
    }
    std::fs::create_dir_all(&empty).map_err(failed)?;
    let built = target().join("debug").join(PROGRAM);
    std::fs::copy(&built, empty.join(PROGRAM)).map_err(|error| format!("{}: {error}", built.display()))?;
    // The next build links the usual one again.
    std::fs::remove_file(&built).map_err(failed)?;
    Ok(empty)
}

fn in_empty_root(empty: &Path) -> Outcome {
    section("the static binary as process 1 of an empty root");
    let directory = utf8(empty)?;
    let in_root = ["--root", directory, "/line-channel-token", "emulator"];
    let failed = |error: std::io::Error| format!("unshare: {error}");
    let mut command = Command::new("unshare");
    command.args(NAMESPACE).args(in_root).args(["--port", "0", "--port-file", "/port"]).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().map_err(failed)?;
    let mut ready = String::new();
    if let Some(stdout) = child.stdout.as_mut() {
        BufReader::new(stdout).read_line(&mut ready).map_err(failed)?;
    }
    print!("{ready}");
    let health =
        Command::new("unshare").args(NAMESPACE).args(in_root).args(["--health", "--port-file", "/port"]).status();
    let parent = child.id();
    let first = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap_or_default();
    let signalled = succeeds("kill", &["-TERM", first.trim()]);
    if !signalled {
        let _ = child.kill();
    }
    let status = child.wait().map_err(failed)?;
    let healthy = health.is_ok_and(|status| status.success());
    let left = empty.join("port").exists();
    match (ready.contains("is ready at"), healthy, signalled && status.success(), left) {
        (true, true, true, false) => Ok(()),
        (false, ..) => Err("the static binary does not start in an empty root".to_owned()),
        (_, false, ..) => Err("`emulator --health` does not find it healthy".to_owned()),
        (_, _, false, _) => Err(format!("after SIGTERM it ended with {status}")),
        (.., true) => Err("its port file is left".to_owned()),
    }
}
