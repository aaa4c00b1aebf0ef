//! The emulator beside mock servers from npm, and the command `issue` beside LINE's SDKs, in one run.

pub(crate) mod first_token;
mod load;
mod report;
mod servers;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use self::load::Load;
use self::report::Report;
pub(crate) use self::report::{machine, median};
use self::servers::NodeServer;
use crate::emulator_process::{self, EmulatorProcess};
use crate::npm::{self, Project};
use crate::python::Environment;
use crate::run::{Outcome, finish, root, section, utf8};
use crate::{clients, debian};

pub(crate) const CHANNEL: &str = "1234567890";
const SECRET: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
pub(crate) const KID: &str = "bench";

const ROUNDS: usize = 5;
/// How often the faster of the others the emulator is to issue a token.
const THRESHOLD: f64 = 20.0;
/// After how many requests the memory is looked at again.
const REQUESTS_FOR_MEMORY: u64 = 200_000;

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let (json, check) = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => (None, false),
        ["--check"] => (None, true),
        ["--json", file] => (Some(PathBuf::from(file)), false),
        ["--json", file, "--check"] | ["--check", "--json", file] => (Some(PathBuf::from(file)), true),
        _ => return Err("bench-emulator takes [--json FILE] [--check]".to_owned()),
    };
    if !debian::has("wrk", "sh", &["-c", "command -v wrk"]) || !debian::has("time", "/usr/bin/time", &["true"]) {
        section(
            "SKIPPED: the emulator beside others, because wrk or time is not installed; on Debian they are the packages wrk and time",
        );
        return Ok(());
    }
    if !npm::is_installed() {
        section("SKIPPED: the emulator beside others, because Node.js or npm is not installed");
        return Ok(());
    }
    let project = match Project::of("bench-emulator", &root().join("xtask/bench-emulator")) {
        Err(error) if !npm::is_in_reach() => {
            section(&format!("SKIPPED: the emulator beside others, because the npm registry is out of reach: {error}"));
            return Ok(());
        }
        project => project?,
    };
    let program = emulator_process::build(true)?;
    let directory = root().join("target/bench-emulator");
    let key = key(&program, &directory)?;
    let emulator = emulator(&program, &directory, &key)?;
    let mut report = Report::new();
    throughput(&project, &program, &key, &emulator, &mut report)?;
    memory(&emulator, &mut report)?;
    first_tokens(&program, &emulator, &mut report)?;
    report.print();
    if let Some(file) = json {
        report.write(&file)?;
    }
    if check && report.ratio < THRESHOLD {
        return Err(format!("{:.1} times the faster of the others, and not {THRESHOLD}", report.ratio));
    }
    Ok(())
}

pub(crate) fn key(program: &Path, directory: &Path) -> Result<PathBuf, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
    std::fs::create_dir_all(directory).map_err(failed)?;
    std::fs::write(directory.join("secret.txt"), SECRET).map_err(failed)?;
    let key = directory.join("key.pem");
    let line = "line-channel-token keygen";
    let mut command = Command::new(program);
    command.args(["keygen", "--force", "--out", utf8(&key)?]).stdout(Stdio::null()).stderr(Stdio::null());
    finish(&mut command, line)?;
    Ok(key)
}

/// Ours, with its page and its control API, but no rate limits.
pub(crate) fn emulator(program: &Path, directory: &Path, key: &Path) -> Result<EmulatorProcess, String> {
    let secret = format!("{CHANNEL}=@{}", utf8(&directory.join("secret.txt"))?);
    let registered = format!("{CHANNEL}={KID}=@{}", utf8(key)?);
    let arguments = ["--channel", CHANNEL, "--secret", &secret, "--key", &registered, "--rate-limit", "off"];
    EmulatorProcess::start(program, &arguments, &[], directory.join("emulator.log"))
}

fn throughput(
    project: &Project,
    program: &Path,
    key: &Path,
    emulator: &EmulatorProcess,
    report: &mut Report,
) -> Outcome {
    let prism = NodeServer::prism(project)?;
    let mock = NodeServer::oauth2_mock_server(project)?;
    let by_secret = format!("grant_type=client_credentials&client_id={CHANNEL}&client_secret={SECRET}");
    let by_assertion = format!(
        "grant_type=client_credentials&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer\
         &client_assertion={}",
        assertion(program, key)?
    );
    let ours = format!("{}/oauth2/v3/token", emulator.url());
    let loads = [
        Load::new("ours, stateless by secret", &ours, &by_secret),
        Load::new("ours, stateless by assertion", &ours, &by_assertion),
        Load::new("Prism 5.14", &format!("{}/oauth2/v3/token", prism.url()), &by_secret),
        Load::new("oauth2-mock-server 8.2", &format!("{}/token", mock.url()), &by_secret),
    ];
    for load in &loads {
        section(&format!("warming: {}", load.name()));
        load.responds_with_a_token()?;
        load.run(3)?;
    }
    for round in 1..=ROUNDS {
        section(&format!("round {round} of {ROUNDS}"));
        let rates = loads.iter().map(|load| load.run(4).map(|count| count.rate)).collect::<Result<Vec<_>, _>>()?;
        for (load, rate) in loads.iter().zip(&rates) {
            println!("{rate:>9.0} a second  {}", load.name());
        }
        report.add_round(&rates);
    }
    report.name_loads(loads.iter().map(Load::name));
    Ok(())
}

fn memory(emulator: &EmulatorProcess, report: &mut Report) -> Outcome {
    section(&format!("memory over {REQUESTS_FOR_MEMORY} requests"));
    let form = format!("grant_type=client_credentials&client_id={CHANNEL}&client_secret={SECRET}");
    let load = Load::new("memory", &format!("{}/oauth2/v3/token", emulator.url()), &form);
    let before = servers::resident_kib(emulator.id())?;
    let mut requests = 0;
    while requests < REQUESTS_FOR_MEMORY {
        requests += load.run(3)?.requests;
    }
    report.memory = (before, servers::resident_kib(emulator.id())?, requests);
    Ok(())
}

fn first_tokens(program: &Path, emulator: &EmulatorProcess, report: &mut Report) -> Outcome {
    let node = Project::of("clients", &clients::sources("node"))?;
    let requirements = clients::sources("python/requirements/current.txt");
    let python = Environment::from_file("clients-current", &requirements)?.program("python")?;
    let script = utf8(&clients::sources("python/issue.py"))?.to_owned();
    let module = utf8(&node.directory().join("issue.mjs"))?.to_owned();
    let commands = [
        ("`line-channel-token issue`", vec![utf8(program)?.to_owned(), "issue".to_owned()]),
        ("`@line/bot-sdk` 11.2 on Node.js", vec!["node".to_owned(), module]),
        ("`line-bot-sdk` 3.27 on Python", vec![python, script]),
    ];
    let variables = [
        ("LINE_API_BASE_URL", emulator.url()),
        ("LINE_CHANNEL_ID", CHANNEL),
        ("LINE_CHANNEL_SECRET", SECRET),
        ("LINE_TOKEN_FAMILY", "stateless"),
    ];
    report.first_tokens = first_token::measure(&commands, &variables)?;
    Ok(())
}

/// An assertion that lives as long as it may.
fn assertion(program: &Path, key: &Path) -> Result<String, String> {
    let mut command = Command::new(program);
    command.args(["sign", "--no-token-exp", "--ttl", "30m"]).env("LINE_CHANNEL_ID", CHANNEL);
    command.env("LINE_ASSERTION_KID", KID).env("LINE_ASSERTION_KEY_FILE", key);
    let output = command.output().map_err(|error| format!("line-channel-token sign: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        Err(format!("line-channel-token sign: {}", String::from_utf8_lossy(&output.stderr)))
    }
}
