//! The command `token` with a warm store, beside what programs of others do for a token that they have; and how often it calls Redis.

mod cpu;
#[cfg(unix)]
mod round_trips;

use std::path::PathBuf;
use std::process::Command;

use serde_json::json;

use crate::bench_emulator::{first_token, median};
use crate::emulator_process::{self, EmulatorProcess};
use crate::npm::{self, Project};
use crate::python::{Environment, unless_out_of_reach};
use crate::run::{Outcome, finish, root, section, utf8};
use crate::{bench_emulator, debian};

const ROUNDS: usize = 7;
/// Milliseconds of CPU that a warm `token` may take.
const THRESHOLD: f64 = 5.0;

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let check = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--check"] => true,
        _ => return Err("bench-store takes [--check]".to_owned()),
    };
    let has_programs = debian::has("time", "/usr/bin/time", &["true"])
        && debian::has("curl", "curl", &["--version"])
        && debian::has("openssl", "openssl", &["version"])
        && debian::has("bash", "bash", &["--version"]);
    if !has_programs {
        section("SKIPPED: the store's figures, because time, curl, openssl or bash is not installed");
        return Ok(());
    }
    let program = emulator_process::build(true)?;
    let directory = root().join("target/bench-store");
    let key = bench_emulator::key(&program, &directory)?;
    let emulator = bench_emulator::emulator(&program, &directory, &key)?;
    let bench = Bench { program, directory, key, emulator };
    let cpu = bench.figures()?;
    bench.round_trips()?;
    if check && cpu > THRESHOLD {
        return Err(format!("a warm `token` takes {cpu:.1} ms of CPU, and not {THRESHOLD} at most"));
    }
    Ok(())
}

struct Bench {
    program: PathBuf,
    directory: PathBuf,
    key: PathBuf,
    emulator: EmulatorProcess,
}

impl Bench {
    /// Prints the table, and returns the milliseconds of CPU of ours.
    fn figures(&self) -> Result<f64, String> {
        let store = self.directory.join("tokens");
        let _ = std::fs::remove_dir_all(&store);
        let store = utf8(&store)?.to_owned();
        let key = utf8(&self.key)?.to_owned();
        let variables = [
            ("LINE_API_BASE_URL", self.emulator.url()),
            ("LINE_CHANNEL_ID", bench_emulator::CHANNEL),
            ("LINE_ASSERTION_KID", bench_emulator::KID),
            ("LINE_ASSERTION_KEY_FILE", key.as_str()),
            ("LINE_TOKEN_FAMILY", "jwt"),
            ("LINE_TOKEN_STORE", "file"),
            ("LINE_TOKEN_STORE_DIR", store.as_str()),
        ];
        let commands = self.commands(&variables)?;
        let mut times = vec![Vec::new(); commands.len()];
        section(&format!("CPU, {ROUNDS} rounds"));
        for _ in 0..ROUNDS {
            for ((name, line), times) in commands.iter().zip(&mut times) {
                times.push(cpu::milliseconds(name, line, &variables)?);
            }
        }
        let nothing = cpu::milliseconds("true", &["/bin/true".to_owned()], &variables)?;
        let from_start = first_token::measure(&commands, &variables)?;
        section("for docs/benchmarks.md");
        println!("| from start to a token | CPU | time | memory |\n|---|---|---|---|");
        for (token, times) in from_start.iter().zip(&times) {
            println!(
                "| {} | {:.1} ms | {:.1} ms | {:.1} MiB |",
                token.name,
                median(times),
                token.milliseconds,
                token.kib / 1024.0
            );
        }
        println!("| `true`, which does nothing | {nothing:.1} ms | | |\n\n{}", bench_emulator::machine());
        times.first().map(|times| median(times)).ok_or_else(|| "nothing was measured".to_owned())
    }

    /// Ours first. The file of the others is one that they write themselves, and holds a token of the same length.
    fn commands(&self, variables: &[(&str, &str)]) -> Result<Vec<(&'static str, Vec<String>)>, String> {
        let token = self.token(variables)?;
        let file = self.directory.join("authorized_user.json");
        let content = json!({
            "token": token.trim(), "refresh_token": "refresh", "client_id": "client", "client_secret": "secret",
            "expiry": "2099-01-01T00:00:00Z", "type": "authorized_user",
        });
        std::fs::write(&file, content.to_string()).map_err(|error| format!("{}: {error}", file.display()))?;
        let file = utf8(&file)?.to_owned();
        let sources = root().join("xtask/bench-store");
        let ours = vec![utf8(&self.program)?.to_owned(), "token".to_owned()];
        let shell = vec!["sh".to_owned(), utf8(&sources.join("issue.sh"))?.to_owned()];
        let mut commands = vec![("`line-channel-token token`, warm file store", ours)];
        let requirements = sources.join("requirements.txt");
        let python = Environment::from_file("bench-store", &requirements);
        if let Some(python) = unless_out_of_reach(python, "google-auth")? {
            let script = utf8(&sources.join("google_auth.py"))?.to_owned();
            commands.push((
                "google-auth 2.63 on Python, a token in its file",
                vec![python.program("python")?, script, file.clone()],
            ));
        }
        match Project::of("bench-store", &sources) {
            Ok(project) => {
                let script = utf8(&project.directory().join("google_auth.cjs"))?.to_owned();
                commands.push((
                    "google-auth-library 10.9 on Node.js, a token in a file",
                    vec!["node".to_owned(), script, file],
                ));
            }
            Err(error) if !npm::is_installed() || !npm::is_in_reach() => {
                section(&format!("SKIPPED: google-auth-library, because npm or its registry is out of reach: {error}"));
            }
            Err(error) => return Err(error),
        }
        commands.push(("`curl` and `openssl` in a shell, issued each time", shell));
        Ok(commands)
    }

    /// A token, from the store if it has one.
    fn token(&self, variables: &[(&str, &str)]) -> Result<String, String> {
        let mut command = Command::new(&self.program);
        let output = command.arg("token").envs(variables.iter().copied()).output();
        let output = output.map_err(|error| format!("{}: {error}", self.program.display()))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(format!("line-channel-token token: {}", String::from_utf8_lossy(&output.stderr)))
    }

    #[cfg(not(unix))]
    fn round_trips(&self) -> Outcome {
        Ok(())
    }

    /// Issues into an empty Redis, and takes from it.
    #[cfg(unix)]
    fn round_trips(&self) -> Outcome {
        let Some(redis) = round_trips::Redis::start(&self.directory)? else {
            section("SKIPPED: the calls of Redis, because redis-server is not installed");
            return Ok(());
        };
        section("calls of Redis by the command `token`");
        for what in ["nothing there: load, take the lease, store and release it", "a token there"] {
            let before = redis.calls()?;
            let mut command = Command::new(&self.program);
            command.args(["token", "--store", "redis", "--family", "jwt", "--store-url", &redis.url()]);
            command.env("LINE_API_BASE_URL", self.emulator.url()).env("LINE_CHANNEL_ID", bench_emulator::CHANNEL);
            command.env("LINE_ASSERTION_KID", bench_emulator::KID).env("LINE_ASSERTION_KEY_FILE", &self.key);
            command.stdout(std::process::Stdio::null());
            finish(&mut command, "line-channel-token token")?;
            println!("{what}: {}", redis.calls()? - before);
        }
        Ok(())
    }
}
