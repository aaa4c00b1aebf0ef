//! Channels in TOML, YAML and JSON, and through a configuration crate.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use line_channel_token_config::{ChannelConfig, ChannelConfigs, TokenFamily};
use line_channel_token_core::ChannelId;
use serde::Deserialize;
use support::{ID, KID, SECRET, given_key, key, pem};

#[derive(Debug, Deserialize)]
struct Settings {
    listen: String,
    line: ChannelConfig,
}

#[derive(Debug, Deserialize)]
struct Platform {
    channels: ChannelConfigs,
}

fn toml_error(text: &str) -> String {
    // Its `Display` shows the line of the file as well.
    toml::from_str::<ChannelConfig>(text).unwrap_err().message().to_owned()
}

#[test]
fn a_channel_comes_from_each_format_alike() {
    let toml = format!(
        "listen = \"[::]:80\"\n[line]\nchannel_id = \"{ID}\"\nchannel_secret = \"{SECRET}\"\ntoken_family = \"jwt\"\ntoken_lifetime = \"12h\"\n\
         assertion_kid = \"{KID}\"\nissue_budget = 4\nassertion_key = '''\n{}'''\napi_base_url = \"http://127.0.0.1:8787\"\n",
        pem(0)
    );
    let yaml = format!(
        "listen: '[::]:80'\nline:\n  channel_id: '{ID}'\n  channel_secret: {SECRET}\n  token_family: jwt\n  token_lifetime: 43200\n  \
         assertion_kid: {KID}\n  issue_budget: 4\n  api_base_url: http://127.0.0.1:8787\n  assertion_key: |\n    {}\n",
        pem(0).trim().replace('\n', "\n    ")
    );
    let json = serde_json::json!({"listen": "[::]:80", "line": {
        "channel_id": ID, "channel_secret": SECRET, "token_family": "jwt", "token_lifetime": "12h", "assertion_kid": KID,
        "issue_budget": 4, "assertion_key": pem(0), "api_base_url": "http://127.0.0.1:8787", "channel_secret_file": null
    }});
    let through_config = config::Config::builder().add_source(config::File::from_str(&toml, config::FileFormat::Toml));
    for settings in [
        toml::from_str::<Settings>(&toml).unwrap(),
        serde_yaml_ng::from_str(&yaml).unwrap(),
        serde_json::from_str(&json.to_string()).unwrap(),
        serde_json::from_value(json).unwrap(),
        through_config.build().unwrap().try_deserialize().unwrap(),
    ] {
        assert_eq!(settings.listen, "[::]:80");
        let line = settings.line;
        line.check().unwrap();
        assert_eq!(line.channel_id().as_str(), ID);
        assert_eq!(line.channel_secret().unwrap().expose_secret(), SECRET);
        assert_eq!(line.token_family(), TokenFamily::Jwt);
        assert_eq!(line.token_lifetime().unwrap().as_secs(), 43_200);
        assert_eq!(line.assertion_key().unwrap().public_jwk(), key(0).public_jwk());
        assert_eq!((line.assertion_kid().unwrap().as_str(), line.issue_budget()), (KID, Some(4)));
        assert_eq!(line.api_base_url().to_string(), "http://127.0.0.1:8787");
    }
}

#[test]
fn all_problems_of_a_file_are_in_one_error() {
    let error = toml_error(
        "channel_id = 1234567890\nchannel_secret = 42\ntoken_family = \"v5\"\ntoken_lifetime = 30\nissue_budget = \"x\"\n\
         api_base_url = true\nassertion_kid = [\"a\"]\nchannel_secrt_file = \"/x\"\n",
    );
    for line in [
        "- channel_id: it is a number, and must be text: put it in quotes",
        "- channel_secret: it is a number, and must be text: put it in quotes",
        "- assertion_key: missing, and goes with assertion_kid",
        "- assertion_kid: it is a list, and must be text",
        "- token_family: this is no family of tokens",
        "- token_lifetime: 30 without a unit is 30 seconds: write 30d",
        "- api_base_url: it is true or false, and must be text",
        "- issue_budget: it must be a whole number from 2 to 30",
        "- channel_secrt_file: there is no such member: is channel_secret_file meant?",
    ] {
        assert!(error.lines().any(|found| found.starts_with(line)), "{line}\n{error}");
    }
    assert_eq!(error.lines().count(), 10, "{error}");
    assert!(!error.contains("42") && !error.contains(ID), "{error}");
}

#[test]
fn what_a_family_needs_is_missed_when_the_file_is_parsed() {
    assert!(toml_error(&format!("channel_id = \"{ID}\"")).contains("channel_secret: missing, and so is assertion_key"));
    let error = toml_error(&format!("channel_id = \"{ID}\"\nassertion_key = '''{}'''", pem(0)));
    assert!(error.contains("assertion_kid: missing, and goes with assertion_key"), "{error}");
    assert!(toml_error("").contains("channel_id: missing"));
    let error = serde_json::from_str::<ChannelConfig>("[]").unwrap_err().to_string();
    assert!(error.contains("the configuration of a LINE channel"), "{error}");
}

#[test]
fn files_are_read_by_the_check_and_not_by_the_parser() {
    let text = format!("channel_id = \"{ID}\"\nchannel_secret_file = \"/no/such/file\"\n");
    let config: ChannelConfig = toml::from_str(&text).unwrap();
    let error = config.check().unwrap_err();
    assert!(error.to_string().contains("channel_secret_file (/no/such/file): there is no such file"), "{error}");
}

#[test]
fn a_member_whose_name_may_be_a_secret_is_not_shown() {
    for name in [SECRET, "s3cret", "a b"] {
        let json = serde_json::json!({"channel_id": ID, "channel_secret": SECRET, name: 1}).to_string();
        let error = serde_json::from_str::<ChannelConfig>(&json).unwrap_err().to_string();
        assert!(
            error.contains("(a member): there is no such member: there are channel_id, ") && !error.contains(name),
            "{error}"
        );
    }
    let twice = format!("{{\"channel_id\":\"{ID}\",\"channel_secret\":\"{SECRET}\",\"channel_secret\":\"other\"}}");
    let error = serde_json::from_str::<ChannelConfig>(&twice).unwrap_err().to_string();
    assert!(error.contains("channel_secret: it is there more than once") && !error.contains(SECRET), "{error}");
}

#[test]
fn a_list_says_what_is_wrong_with_each_channel() {
    let good = |id: &str| format!("[[channels]]\nchannel_id = \"{id}\"\nchannel_secret = \"{SECRET}\"\n");
    let toml = [good(ID), good("2345678901")].concat();
    let platform: Platform = toml::from_str(&toml).unwrap();
    assert_eq!(platform.channels.len(), 2);
    let second = ChannelId::new("2345678901").unwrap();
    assert_eq!(platform.channels.get(&second).unwrap().channel_id(), &second);
    assert!(platform.channels.get(&ChannelId::new("1").unwrap()).is_none());
    let through_config = config::Config::builder().add_source(config::File::from_str(&toml, config::FileFormat::Toml));
    let platform: Platform = through_config.build().unwrap().try_deserialize().unwrap();
    assert_eq!(platform.channels.iter().len(), 2);

    let bad = "[[channels]]\nchannel_id = \"@bot\"\nsecret = \"x\"\n[[channels]]\nchannel_id = \"3456789012\"\ntoken_family = \"jwt\"\n";
    let toml = [good(ID), bad.to_owned(), good("2345678901"), good(ID)].concat();
    let error = toml::from_str::<Platform>(&toml).unwrap_err().message().to_owned();
    for line in [
        "- [1].channel_id: not a channel id: this looks like a basic id",
        "- [1].channel_secret: missing, and so is [1].assertion_key",
        "- [1].secret: there is no such member: is channel_secret meant?",
        "- [2].assertion_key: missing, and v2.1 tokens (jwt)",
        "- [4].channel_id: [0] is the same channel",
    ] {
        assert!(error.lines().any(|found| found.starts_with(line)), "{line}\n{error}");
    }
    assert_eq!(error.lines().count(), 6, "{error}");
    assert!(serde_json::from_str::<ChannelConfigs>("[]").unwrap().is_empty());
}

#[test]
fn times_and_numbers_may_be_of_either_type() {
    let base =
        serde_json::json!({"channel_id": ID, "assertion_kid": KID, "token_family": "jwt", "assertion_key": pem(0)});
    for (name, value, is_good) in [
        ("token_lifetime", serde_json::json!("900s"), true),
        ("token_lifetime", serde_json::json!(900), true),
        ("token_lifetime", serde_json::json!(-900), false),
        ("token_lifetime", serde_json::json!(900.5), false),
        ("token_lifetime", serde_json::json!({"secs": 900}), false),
        ("token_lifetime", serde_json::json!(u64::MAX), false),
        ("issue_budget", serde_json::json!("4"), true),
        ("issue_budget", serde_json::json!(31), false),
        ("issue_budget", serde_json::json!(u64::MAX), false),
        ("channel_id", serde_json::json!(1_234_567_890), false),
        ("token_family", serde_json::json!(null), false),
    ] {
        let mut json = base.clone();
        json[name] = value.clone();
        // Without its family, which is `null` in the last one, the key does for stateless tokens.
        let is_good = is_good || value.is_null();
        assert_eq!(serde_json::from_value::<ChannelConfig>(json).is_ok(), is_good, "{name}: {value}");
    }
}

#[test]
fn a_value_that_yaml_takes_for_something_else_is_to_be_quoted() {
    for value in ["12345678901234567890123456789012", "1e5", "-1", "1.5", "true", "1234567890"] {
        let yaml = format!("channel_id: '{ID}'\nchannel_secret: {value}\n");
        let error = serde_yaml_ng::from_str::<ChannelConfig>(&yaml).unwrap_err().to_string();
        assert!(
            error.contains("channel_secret: it is ") && error.ends_with("must be text: put it in quotes"),
            "{error}"
        );
        assert!(!error.contains(value) || value == "true", "{error}");
    }
    let list = format!("channel_id: '{ID}'\nchannel_secret: [a]\n");
    let error = serde_yaml_ng::from_str::<ChannelConfig>(&list).unwrap_err().to_string();
    assert!(error.ends_with("it is a list, and must be text"), "{error}");
}

#[test]
fn a_secret_in_place_of_a_map_or_a_list_is_not_shown() {
    #[derive(Debug, serde::Deserialize)]
    #[allow(dead_code, reason = "nothing comes of it")]
    struct One {
        line: ChannelConfig,
    }
    #[derive(Debug, serde::Deserialize)]
    #[allow(dead_code, reason = "nothing comes of it")]
    struct Many {
        line: ChannelConfigs,
    }
    let mut errors = Vec::new();
    for value in
        [format!("\"{SECRET}\""), "1234567890".to_owned(), format!("[\"{SECRET}\"]"), "[1234567890]".to_owned()]
    {
        let (json, toml) = (format!("{{\"line\": {value}}}"), format!("line = {value}"));
        errors.push(serde_json::from_str::<One>(&json).unwrap_err().to_string());
        errors.push(serde_json::from_str::<Many>(&json).unwrap_err().to_string());
        let parsed: serde_json::Value = serde_json::from_str(&json).unwrap();
        errors.push(serde_json::from_value::<One>(parsed.clone()).unwrap_err().to_string());
        errors.push(serde_json::from_value::<Many>(parsed).unwrap_err().to_string());
        errors.push(serde_yaml_ng::from_str::<One>(&json).unwrap_err().to_string());
        errors.push(serde_yaml_ng::from_str::<Many>(&json).unwrap_err().to_string());
        errors.push(toml::from_str::<One>(&toml).unwrap_err().message().to_owned());
        errors.push(toml::from_str::<Many>(&toml).unwrap_err().message().to_owned());
    }
    for error in errors {
        assert!(error.contains("LINE channel") && error.contains("must be a "), "{error}");
        assert!(!error.contains(SECRET) && !error.contains("1234567890"), "{error}");
    }
}

#[test]
fn a_channel_may_be_flattened() {
    #[derive(Debug, serde::Deserialize)]
    struct Settings {
        #[serde(flatten)]
        channel: ChannelConfig,
        port: u16,
    }
    let text = format!("channel_id = \"{ID}\"\nchannel_secret = \"{SECRET}\"\nport = 8080\nname = \"of no concern\"");
    let settings: Settings = toml::from_str(&text).unwrap();
    assert_eq!((settings.channel.channel_id().as_str(), settings.port), (ID, 8080));
}

#[test]
fn a_key_in_a_file_format_is_checked_when_it_is_parsed() {
    let public = String::from_utf8(given_key("rsa-public.pem")).unwrap();
    let json = serde_json::json!({"channel_id": ID, "assertion_kid": KID, "assertion_key": public});
    let error = serde_json::from_value::<ChannelConfig>(json).unwrap_err().to_string();
    assert!(error.contains("assertion_key: ") && error.contains("public key"), "{error}");
}
