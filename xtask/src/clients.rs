//! `line-channel-token emulator` as the server of clients that others wrote: SDKs of LINE, OAuth and JOSE libraries, curl.
//!
//! Their tests are in `xtask/clients`, and run below `target`, where their packages are installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::emulator_process::{self, EmulatorProcess};
use crate::npm::{self, Project};
use crate::python::{self, Environment};
use crate::run::{Outcome, finish, root, section, succeeds, utf8};

const CHANNEL: &str = "1234567890";
const SECRET: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const KID: &str = "clients";
/// What `LineBotApi` for Python needs to revoke a v2.1 token: it labels the form as JSON.
const LENIENT: &str = "--accept-json-labelled-revocations";

/// The tests of each environment in `xtask/clients/python/requirements`.
const PYTHON: [(&str, &[&str]); 3] = [
    (
        "current",
        &["test_authlib.py", "test_line_bot_sdk_v2.py", "test_line_bot_sdk_v3.py", "test_pyjwt.py", "test_recipe.py"],
    ),
    ("line-bot-sdk-3.0", &["test_line_bot_sdk_v3.py"]),
    ("line-bot-sdk-2", &["test_line_bot_sdk_v2.py"]),
];

pub(crate) fn run() -> Outcome {
    if cfg!(windows) {
        section("SKIPPED: the clients of others run on Linux and macOS");
        return Ok(());
    }
    let program = emulator_process::build(false)?;
    let directory = root().join("target/clients");
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
    let key = directory.join("key.pem");
    finish(Command::new(&program).args(["keygen", "--out", utf8(&key)?]), "line-channel-token keygen")?;
    let served = Served::start(&program, &directory, &key, &[])?;
    let lenient = Served::start(&program, &directory, &key, &[LENIENT])?;
    let outcome = curl(&served).and_then(|()| node(&served)).and_then(|()| python(&served, &lenient));
    if outcome.is_err() {
        println!("what the emulator said:\n{}", served.emulator.log());
    }
    outcome
}

/// An emulator, and the channel that it was started with, whose key `keygen` made.
struct Served {
    emulator: EmulatorProcess,
    key: String,
    is_lenient: bool,
}

impl Served {
    fn start(program: &Path, directory: &Path, key: &Path, flags: &[&str]) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
        let secret = directory.join("secret.txt");
        std::fs::write(&secret, SECRET).map_err(failed)?;
        let secret = format!("{CHANNEL}=@{}", utf8(&secret)?);
        let registered = format!("{CHANNEL}={KID}=@{}", utf8(key)?);
        let arguments = [&["--channel", CHANNEL, "--secret", &secret, "--key", &registered], flags].concat();
        let log = directory.join(format!("emulator{}.log", flags.concat()));
        let emulator = EmulatorProcess::start(program, &arguments, &[], log)?;
        let key = std::fs::read_to_string(key).map_err(failed)?;
        Ok(Self { emulator, key, is_lenient: flags.contains(&LENIENT) })
    }

    /// Runs a program with the channel in its environment.
    fn client(&self, program: &str, arguments: &[&str], directory: &Path) -> Outcome {
        let line = format!("{program} {}", arguments.join(" "));
        section(&line);
        let mut command = Command::new(program);
        command.args(arguments).current_dir(directory).env("LINE_API_BASE_URL", self.emulator.url());
        command.env("LINE_CHANNEL_ID", CHANNEL).env("LINE_CHANNEL_SECRET", SECRET);
        command.env("LINE_ASSERTION_KID", KID).env("LINE_ASSERTION_KEY", &self.key);
        command.env("EMULATOR_ACCEPTS_JSON_LABELLED_REVOCATIONS", if self.is_lenient { "yes" } else { "no" });
        // Nothing of this is meant for LINE: a client that does not go to the emulator finds a closed port.
        command.env("HTTPS_PROXY", "http://127.0.0.1:9").env("PYTHONDONTWRITEBYTECODE", "1");
        finish(&mut command, &line)
    }
}

fn curl(served: &Served) -> Outcome {
    if !succeeds("curl", &["--version"]) || !succeeds("openssl", &["version"]) {
        section("SKIPPED: curl against the emulator, because curl or openssl is not installed");
        return Ok(());
    }
    served.client("sh", &["curl.sh"], &sources("shell"))
}

fn node(served: &Served) -> Outcome {
    if !npm::is_installed() {
        section("SKIPPED: @line/bot-sdk, openid-client and jose, because Node.js or npm is not installed");
        return Ok(());
    }
    let project = match Project::of("clients", &sources("node")) {
        Err(error) if !npm::is_in_reach() => {
            section(&format!(
                "SKIPPED: @line/bot-sdk, openid-client and jose, because the npm registry is out of reach: {error}"
            ));
            return Ok(());
        }
        project => project?,
    };
    served.client("node", &["--test", "--test-reporter", "spec"], project.directory())
}

fn python(served: &Served, lenient: &Served) -> Outcome {
    for (name, tests) in PYTHON {
        let requirements = sources("python/requirements").join(format!("{name}.txt"));
        let environment = Environment::from_file(&format!("clients-{name}"), &requirements);
        let Some(environment) = python::unless_out_of_reach(environment, &format!("{name} of Python's clients"))?
        else {
            continue;
        };
        let python = environment.program("python")?;
        for test in tests {
            served.client(&python, &[test, "-v"], &sources("python"))?;
            if *test == "test_line_bot_sdk_v2.py" {
                lenient.client(&python, &[test, "-v"], &sources("python"))?;
            }
        }
    }
    Ok(())
}

/// A directory or file of these tests.
pub(crate) fn sources(name: &str) -> PathBuf {
    root().join("xtask/clients").join(name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{PYTHON, root, sources};

    fn read(path: &str) -> String {
        std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    #[test]
    fn the_page_shows_the_recipes_that_run() {
        let page = read("docs/emulator-in-other-languages.md");
        for (language, file) in [("js", "node/recipe.test.mjs"), ("python", "python/test_recipe.py")] {
            let block = format!("```{language}\n{}```\n", read(&format!("xtask/clients/{file}")));
            assert!(
                page.contains(&block),
                "docs/emulator-in-other-languages.md has another program than xtask/clients/{file}"
            );
            assert_eq!(page.matches(&format!("```{language}\n")).count(), 1, "a program that nobody runs");
        }
    }

    /// `rustfmt` breaks lines elsewhere than the narrow panel of the page.
    fn tokens(program: &str) -> String {
        program.split_whitespace().collect::<String>().replace(",}", "}")
    }

    #[test]
    fn the_emulators_page_shows_the_example_that_compiles() {
        let page = read("crates/line-channel-token-cli/src/emulator/page.html");
        let (_, snippet) = page.split_once("    Rust: ({ url, id, secret, loopback }) => `").unwrap();
        let (snippet, _) = snippet.split_once("`,\n").unwrap();
        let snippet = snippet
            .replace("${loopback ? 'new' : 'insecure'}", "new")
            .replace("${text(url)}", "\"http://127.0.0.1:8787\"")
            .replace("${text(id)}", "\"1234567890\"")
            .replace("${text(secret)}", "\"0123456789abcdef0123456789abcdef\"");
        let example = read("examples/examples/emulator_page.rs");
        let (_, program) = example.split_once("\n\n").unwrap();
        assert_eq!(tokens(&snippet), tokens(program));
    }

    #[test]
    fn each_test_in_python_runs_somewhere() {
        let listed: BTreeSet<String> =
            PYTHON.iter().flat_map(|(_, tests)| *tests).map(|test| (*test).to_owned()).collect();
        let entries = std::fs::read_dir(sources("python")).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let there: BTreeSet<String> = names.filter(|name| name.starts_with("test_")).collect();
        assert_eq!(listed, there);
    }

    #[test]
    fn lock_files_name_no_registry() {
        for file in ["xtask/clients/node/package-lock.json", "xtask/bench-emulator/package-lock.json"] {
            assert!(!read(file).contains("\"resolved\""), "{file}: install with omit-lockfile-registry-resolved");
        }
    }
}
