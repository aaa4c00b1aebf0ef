//! The project's own commands: `cargo xtask NAME`.

mod api;
mod bench;
mod bench_emulator;
mod bench_store;
mod browser;
mod ci;
mod clients;
mod compare;
mod consumers;
mod container;
mod debian;
mod deny;
mod doc_examples;
mod docs_rs;
mod emulator_process;
mod features;
mod git;
mod layering;
mod lock_files;
mod metadata;
mod minimal_versions;
mod msrv;
mod npm;
mod openapi;
mod package;
mod packages;
mod private_keys;
mod pyjwt;
mod python;
mod redis;
mod run;
mod rustdoc;
mod semver;
mod simulate;
mod softhsm;
mod stress;
mod terminal;
mod test;
mod tools;
mod tree;
mod workflows;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  test              run all tests, in every feature set whose tests differ
  ci                all that main must pass: fmt, clippy, doc, and each command of this list but the last five (half an hour when cold)
  api               compare the public API with the listings in xtask/api; --write replaces these: [--write]
  semver            look for breaking changes since the last release, with cargo-semver-checks
  features          lint each library with no feature, each, and two together, with cargo-hack
  layering          check which crate may depend on which
  tree              count the crates of each set of features, against its budget
  consumers         build and run programs outside of the workspace that depend on us
  docs-rs           build the documentation of the published crates as docs.rs does, with its cfg
  package           check what the packages hold, and compile them with their tests from nothing else: [--verify]
  minimal-versions  check the published crates with the lowest versions that they say they work with
  msrv              check that nothing needs a newer Rust than ours
  deny              check licences, sources and duplicates with cargo-deny, and advisories if ADVISORY_DB is set
  workflows         check the files in .github with check-jsonschema and zizmor, likewise
  pyjwt             verify our assertions with PyJWT, in a Python environment below target
  openapi           call the emulator's control API with schemathesis, likewise
  container         build the emulator's container image if docker is there, else lint its files and run its binary in an empty root
  clients           run SDKs and OAuth clients of others against the emulator, with their packages below target
  browser           use the emulator's page in Chromium; --write makes its pictures in docs anew: [--write]
  terminal          run the session of xtask/terminal in a terminal, and compare it with docs/terminal.svg: [--write]
  bench             measure ratios to baselines, all or those of GROUPs (see docs/benchmarks.md): [GROUP...] [--json FILE] [--check] [--svg DIRECTORY]
  compare           compare a cached read with that of other token libraries: [--json FILE] [--check]
  bench-emulator    compare the emulator with mock servers from npm, and `issue` with LINE's SDKs: [--json FILE] [--check]
  bench-store       compare a warm `token` with what others do, and count its calls of Redis: [--check]
  stress            call the token cache at random from several runtimes: [SECONDS]
  simulate          simulate fleets that share a token, with faults of every kind; each seed replays exactly: SEEDS [FIRST]
";

fn main() -> ExitCode {
    if let Some(code) = rustdoc::as_rustdoc() {
        return code;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = arguments.split_first().map_or(("help", &[][..]), |(first, rest)| (first.as_str(), rest));
    let outcome = match (command, rest) {
        ("test", []) => test::run(),
        ("ci", []) => ci::run(),
        ("api", rest) => api::run(rest),
        ("semver", []) => semver::run(),
        ("features", []) => features::run(),
        ("layering", []) => layering::run(),
        ("consumers", []) => consumers::run(),
        ("tree", []) => tree::run(),
        ("docs-rs", []) => docs_rs::run(),
        ("package", rest) => package::run(rest),
        ("minimal-versions", []) => minimal_versions::run(),
        ("msrv", []) => msrv::run(),
        ("deny", []) => deny::run(),
        ("workflows", []) => workflows::run(),
        ("pyjwt", []) => pyjwt::run(),
        ("openapi", []) => openapi::run(),
        ("container", []) => container::run(),
        ("clients", []) => clients::run(),
        ("browser", rest) => browser::run(rest),
        ("terminal", rest) => terminal::run(rest),
        ("bench", rest) => bench::run(rest),
        ("compare", rest) => compare::run(rest),
        ("bench-emulator", rest) => bench_emulator::run(rest),
        ("bench-store", rest) => bench_store::run(rest),
        ("stress", rest) => stress::run(rest),
        ("simulate", rest) => simulate::run(rest),
        ("help" | "--help" | "-h", _) => {
            print!("{HELP}");
            Ok(())
        }
        _ => Err(format!("no such command, or an argument that it does not take: {}\n\n{HELP}", arguments.join(" "))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
