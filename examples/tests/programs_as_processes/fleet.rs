//! The fleet: many processes with one channel.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use line_channel_token::{Clock, SystemClock};
use serde_json::Value;

use crate::support::{directory, example, run};

/// Runs it; returns whether the promise was kept, what it printed, and what happened in each run.
fn fleet(arguments: &[&str]) -> (bool, String, Vec<Value>) {
    let directory = directory();
    let json = directory.join("fleet.json");
    let mut command = example("fleet");
    command.args(arguments).arg("--json").arg(&json).arg("--chart").arg(directory.join("fleet.svg"));
    let (ok, stdout, stderr) = run(&mut command);
    let told = std::fs::read_to_string(&json).unwrap_or_else(|error| panic!("{error}: {stdout}{stderr}"));
    let runs: Value = serde_json::from_str(&told).unwrap();
    let chart = std::fs::read_to_string(directory.join("fleet.svg")).unwrap();
    assert!(chart.contains("role=\"img\"") && chart.ends_with("</svg>\n"), "{chart}");
    assert!(!stdout.contains('\x1b'), "nobody looks at a terminal: {stdout}");
    (ok, stdout + &stderr, runs.as_array().unwrap().clone())
}

fn count(run: &Value, figure: &str) -> u64 {
    run[figure].as_u64().unwrap_or_else(|| panic!("{figure}: {run}"))
}

#[test]
fn a_hundred_cold_processes_issue_one_token() {
    let (kept, told, runs) = fleet(&["--store", "file", "--workers", "100", "--lives", "0", "--shared-only"]);
    assert!(kept, "{told}");
    assert_eq!(count(&runs[0], "served"), 100, "{told}");
    assert_eq!(count(&runs[0], "issues"), 1, "{told}");
    assert_eq!(count(&runs[0], "most_live"), 1, "{told}");
    assert_eq!(count(&runs[0], "errors"), 0, "{told}");
}

#[test]
fn a_store_serves_the_replicas_that_line_refuses_without_it() {
    let (kept, told, runs) = fleet(&["--store", "file", "--workers", "40", "--lives", "0"]);
    assert!(kept, "{told}");
    let (shared, unshared) = (&runs[0], &runs[1]);
    assert_eq!((count(shared, "served"), count(shared, "issues")), (40, 1), "{told}");
    assert_eq!((count(unshared, "served"), count(unshared, "issues")), (30, 30), "{told}");
    assert!(told.contains("40 of 40") && told.contains("30 of 40"), "{told}");
}

#[test]
fn one_token_follows_another_through_a_deploy() {
    let of_family = |family: &'static str, store: &'static str| {
        let arguments = [
            "--store",
            store,
            "--family",
            family,
            "--workers",
            "8",
            "--lives",
            "1",
            "--life",
            "6",
            "--deploys",
            "1",
            "--shared-only",
        ];
        std::thread::spawn(move || fleet(&arguments))
    };
    let mut runs = vec![of_family("jwt", "file"), of_family("short-lived", "file")];
    if ["redis-server", "valkey-server"].iter().any(|name| Command::new(name).arg("--version").output().is_ok()) {
        runs.push(of_family("jwt", "redis"));
    }
    for run in runs {
        let (kept, told, runs) = run.join().unwrap();
        assert!(kept, "{told}");
        assert_eq!(count(&runs[0], "issues"), 2, "{told}");
        assert!(count(&runs[0], "replaced") >= 1 && count(&runs[0], "messages") > 50, "{told}");
    }
}

#[test]
fn no_process_is_left_behind() {
    for (signal, code) in [("-INT", Some(130)), ("-KILL", None)] {
        let directory = directory();
        let mut command = example("fleet");
        command.args(["--store", "file", "--workers", "3", "--lives", "100"]);
        command.arg("--chart").arg(directory.join("fleet.svg")).env("TMPDIR", &directory);
        let mut fleet = command.stdout(Stdio::piped()).spawn().expect("cargo has built it");
        let mut lines = BufReader::new(fleet.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("3 of 3 served")), "it never served all");
        let workers = children(fleet.id());
        assert_eq!(workers.len(), 3);
        assert!(Command::new("kill").args([signal, &fleet.id().to_string()]).status().unwrap().success());
        assert_eq!(fleet.wait().unwrap().code(), code);
        let end = SystemClock.now().monotonic + Duration::from_secs(15);
        while workers.iter().any(|worker| is_alive(worker)) {
            assert!(SystemClock.now().monotonic < end, "workers are left after {signal}");
            std::thread::yield_now();
        }
    }
}

#[test]
fn a_missing_server_is_named() {
    let mut command = example("fleet");
    let (ok, _, stderr) = run(command.args(["--store", "redis", "--workers", "1"]).env("PATH", "/nowhere"));
    assert!(!ok && stderr.contains("no redis-server is installed") && stderr.contains("--store file"), "{stderr}");
}

fn children(process: u32) -> Vec<String> {
    let output = Command::new("pgrep").args(["-P", &process.to_string()]).output().expect("pgrep is installed");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn is_alive(process: &str) -> bool {
    let output = Command::new("ps").args(["-o", "stat=", "-p", process]).output().expect("ps is everywhere");
    let state = String::from_utf8(output.stdout).unwrap();
    !state.trim().is_empty() && !state.trim().starts_with('Z')
}
