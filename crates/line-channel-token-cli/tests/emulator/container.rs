//! The settings in the files that start the emulator elsewhere are settings that it takes.

use crate::support::{command, output};

const DOCKERFILE: &str = include_str!("../../../../Dockerfile");
const COMPOSE: &str = include_str!("../../../../compose.yaml");
const README: &str = include_str!("../../README.md");

/// The variables of ours in a text, whether `NAME=value` or `NAME: value`.
fn variables(text: &str) -> Vec<(&str, &str)> {
    let lines = text.lines().map(|line| line.trim().trim_start_matches("ENV ").trim_end_matches('\\').trim());
    let named = lines.filter(|line| line.starts_with("LINE_"));
    named.filter_map(|line| line.split_once(": ").or_else(|| line.split_once('='))).collect()
}

#[test]
fn the_container_s_settings_are_accepted() {
    let settings = [variables(DOCKERFILE), variables(COMPOSE)].concat();
    assert_eq!(settings.len(), 4, "{settings:?}");
    assert!(DOCKERFILE.contains("ENTRYPOINT [\"/line-channel-token\"]\nCMD [\"emulator\"]"));
    let checked = output(command(&["--check", "--output", "json"]).envs(settings));
    assert!(checked.status.success(), "{checked:?}");
    assert_eq!(String::from_utf8(checked.stdout).unwrap(), "{\"valid\":true,\"channels\":[\"1234567890\"]}\n");
}

#[test]
fn the_health_check_of_the_container_is_a_command() {
    let (_, check) = DOCKERFILE.split_once("HEALTHCHECK").unwrap();
    let check = check.split_once("CMD [").and_then(|(_, rest)| rest.split_once(']')).unwrap().0;
    let words: Vec<&str> = check.split(',').map(|word| word.trim().trim_matches('"')).collect();
    assert_eq!(words[..2], ["/line-channel-token", "emulator"]);
    let emulator = crate::support::Emulator::start(&[]);
    let mut health = command(&words[2..]);
    health.envs(variables(DOCKERFILE)).env("LINE_EMULATOR_PORT", emulator.port.to_string());
    assert_eq!(output(&mut health).status.code(), Some(0));
}

#[test]
fn the_readme_s_commands_and_file_are_accepted() {
    let directory = crate::support::Directory::new("readme");
    let block = |start: &str| README.split_once(start).and_then(|(_, rest)| rest.split_once("```")).unwrap().0;
    std::fs::write(directory.path("emulator.toml"), block("```toml\n")).unwrap();
    let lines = README.lines().map(|line| line.trim().trim_start_matches("$ "));
    let mut started = 0;
    for line in
        lines.filter(|line| line.starts_with("LINE_EMULATOR_") || line.starts_with("line-channel-token emulator "))
    {
        if line.starts_with("line-channel-token emulator is ready") || line.contains(" and ") {
            continue;
        }
        let (before, arguments) = line.split_once("line-channel-token emulator").unwrap();
        let arguments = arguments.split(['&', '#', '|']).next().unwrap();
        if arguments.contains("--health") {
            continue;
        }
        let mut command = command(&arguments.split_whitespace().collect::<Vec<_>>());
        command.args((!arguments.contains("--check")).then_some("--check")).current_dir(directory.path(""));
        command.envs(before.split_whitespace().filter_map(|word| word.split_once('=')));
        let checked = output(&mut command);
        assert!(checked.status.success(), "{line}: {checked:?}");
        started += 1;
    }
    assert!(started > 3, "{started}");
}
