//! The project's own commands: `cargo xtask NAME`.

mod api;
mod arrows;
mod bench;
mod ci;
mod consumers;
mod deny;
mod features;
mod metadata;
mod msrv;
mod peers;
mod python;
mod run;
mod stress;
mod test;
mod tree;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  test      run all tests, in every feature set whose tests differ
  ci        test, and everything else that main must pass
  bench     compare with the baselines: [GROUP...] [--json FILE] [--check] [--svg DIRECTORY]
  stress    call the token cache at random from several runtimes: [SECONDS]
  peers     compare a cached read with that of other token libraries: [--json FILE] [--check]
  api       compare the public API with the committed listings: [--write]
  consumers build and run programs outside of the workspace that depend on us
  features  check each crate with no feature, each, each two together, and all
  arrows    check which crate may depend on which
  tree      count the crates of each set of features, against its budget
  msrv      check that no dependency needs a newer Rust than ours
  deny      check licences, sources and duplicates with cargo-deny
";

fn main() -> ExitCode {
    if let Some(code) = api::as_rustdoc() {
        return code;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = arguments.split_first().map_or(("help", &[][..]), |(first, rest)| (first.as_str(), rest));
    let outcome = match (command, rest) {
        ("test", []) => test::run(),
        ("ci", []) => ci::run(),
        ("bench", rest) => bench::run(rest),
        ("peers", rest) => peers::run(rest),
        ("features", []) => features::run(),
        ("api", rest) => api::run(rest),
        ("consumers", []) => consumers::run(),
        ("arrows", []) => arrows::run(),
        ("tree", []) => tree::run(),
        ("msrv", []) => msrv::run(),
        ("deny", []) => deny::run(),
        ("stress", rest) => stress::run(rest),
        ("help" | "--help" | "-h", _) => {
            print!("{HELP}");
            Ok(())
        }
        _ => Err(format!("no such command: {}\n\n{HELP}", arguments.join(" "))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
