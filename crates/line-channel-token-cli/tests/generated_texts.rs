//! `completions` and `man`: texts that shells and `man` take.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::path::Path;

use serde_json::Value;

use support::{has, run, shell};

#[test]
fn shells_parse_their_completions() {
    let folder = tempfile::tempdir().unwrap();
    for (name, check) in
        [("bash", "bash -n"), ("zsh", "zsh -n"), ("fish", "fish --no-execute"), ("elvish", ""), ("powershell", "")]
    {
        let completions = run(&["completions", name]);
        assert_eq!((completions.code, completions.stderr.as_str()), (Some(0), ""));
        assert!(completions.stdout.contains("keygen") && completions.stdout.contains("thumbprint"), "{name}");
        if !check.is_empty() && has(name) {
            fs::write(folder.path().join(name), &completions.stdout).unwrap();
            let checked = shell(&format!("{check} {name}"), folder.path());
            assert_eq!((checked.code, checked.stderr.as_str()), (Some(0), ""), "{name}");
        }
        let json: Value = serde_json::from_str(&run(&["completions", name, "--output=json"]).stdout).unwrap();
        assert_eq!((&json["shell"], &json["script"]), (&name.into(), &completions.stdout.into()));
    }
    let unknown = run(&["completions", "tcsh"]);
    assert!(unknown.code == Some(2) && unknown.stderr.contains("possible values: bash"), "{unknown:?}");
}

#[test]
fn bash_completes_commands_and_flags() {
    let folder = tempfile::tempdir().unwrap();
    let complete = |words: &str, at: usize| {
        let line = format!(
            "source <($B completions bash); COMP_WORDS=(line-channel-token {words}); COMP_CWORD={at}; \
             function=$(complete -p line-channel-token | sed 's/.*-F \\([^ ]*\\).*/\\1/'); $function line-channel-token \"${{COMP_WORDS[{at}]}}\" \"${{COMP_WORDS[{at}-1]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        shell(&line, folder.path())
    };
    assert_eq!(complete("key", 1).stdout.split_whitespace().collect::<Vec<_>>(), ["keygen", "key-ids"]);
    assert_eq!(complete("jwk --th", 2).stdout, "--thumbprint\n");
}

#[test]
fn every_command_has_a_page_that_renders_without_warnings() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("share/man/man1");
    let written = run(&["man", "--dir", dir.to_str().unwrap()]);
    assert_eq!((written.code, written.stderr.as_str()), (Some(0), ""), "{written:?}");
    let files: Vec<&str> = written.stdout.lines().collect();
    let help = run(&["--help"]).stdout;
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let commands: Vec<&str> = commands.filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).collect();
    // One for `line-channel-token` itself, and none for `help`. A description may go on in the next line.
    let commands: Vec<&str> = commands.into_iter().filter(|name| !name.is_empty() && *name != "help").collect();
    assert!(commands.len() > 10 && files.len() == commands.len() + 1, "{commands:?} {files:?}");
    for command in commands {
        let name = format!("line-channel-token-{command}.1");
        let page = fs::read_to_string(dir.join(&name)).unwrap();
        assert_eq!(run(&["man", command]).stdout, page);
        assert!(page.contains(&name.trim_end_matches(".1").replace('-', "\\-")), "{page}");
    }
    assert_eq!(run(&["man"]).stdout, fs::read_to_string(dir.join("line-channel-token.1")).unwrap());
    if has("groff") {
        for file in &files {
            // A long word of an example stretches no line.
            let rendered = shell(&format!("groff -man -Tutf8 -ww -W break -z '{file}'"), Path::new("."));
            assert_eq!((rendered.code, rendered.stderr.as_str()), (Some(0), ""), "{file}");
        }
    }
    let json: Value = serde_json::from_str(&run(&["man", "--output", "json", "sign"]).stdout).unwrap();
    assert_eq!(
        (&json["name"], &json["roff"]),
        (&"line-channel-token-sign.1".into(), &run(&["man", "sign"]).stdout.into())
    );
    let json = run(&["man", "--output", "json", "--dir", dir.to_str().unwrap()]).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["files"].as_array().unwrap().len(), files.len());
}

#[test]
fn pages_that_cannot_be_written_or_are_not_there_are_named() {
    let refused = run(&["man", "--dir", "/proc/no/man"]);
    assert!(refused.code == Some(1) && refused.stderr.contains("/proc/no/man cannot be written"), "{refused:?}");
    let unknown = run(&["man", "nonsense"]);
    assert!(unknown.code == Some(2) && unknown.stderr.contains("there is no such command"), "{unknown:?}");
}
