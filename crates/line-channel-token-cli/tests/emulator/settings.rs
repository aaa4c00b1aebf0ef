//! Flags over environment over one file, and what is said if one of them is wrong.

use crate::support::{Directory, Emulator, command, failed, output};

const JWK: &str = r#"{"kty":"RSA","alg":"RS256","use":"sig","e":"AQAB","n":"oahUIoWw0K0usKNuOR6H4wkf4oBUXHTxRvgb48E-BVvxkeDNjbC4he8rUWcJoZmds2h7M70imEVhRU5djINXtqllXI4DFqcI1DgjT9LewND8MW2Krf3Spsk_ZkoFnilakGygTwpZ3uesH-PFABNIUYpOiN15dsQRkgr0vEhxN92i2asbOenSZeyaxziK72UwxrrKoExv6kc5twXTq4h-QChLOln0_mtUZwfsRaMStPs6mS6XrgxnxbWhojf663tuEQueGC-FCMfra36C9knDFGzKsNa7LZK2djYgyD3JR_MB_4NUJW_TqOQtwHYbxevoJArm-L5StowjzGy-_bq6Gw"}"#;

fn state(emulator: &Emulator) -> serde_json::Value {
    emulator.get("/_emulator/state").value()
}

#[test]
fn flags_are_preferred_to_variables_and_these_to_the_file() {
    let directory = Directory::new("order");
    let secret = directory.file("secret", "from-flag\n");
    let config = directory.file(
        "emulator.toml",
        "port = 1\nmax_short_lived_tokens = 5\ntime = 1000000000\n[[channels]]\nid = \"1\"\nsecret = \"from-file\"\n\
         [[channels]]\nid = \"2\"\nsecret = \"from-file\"\n[[channels]]\nid = \"3\"\nsecret = \"from-file\"\n",
    );
    let mut command = command(&["--config", &config, "--port", "0", "--secret", &format!("3=@{secret}")]);
    command.env("LINE_EMULATOR_PORT", "2").env("LINE_EMULATOR_MAX_SHORT_LIVED_TOKENS", "7");
    command.env("LINE_EMULATOR_SECRET_2", "from-variable").env("LINE_EMULATOR_SECRET_3", "from-variable");
    let emulator = Emulator::spawn(&mut command);
    for (id, secret) in [("1", "from-file"), ("2", "from-variable"), ("3", "from-flag")] {
        for given in ["from-file", "from-variable", "from-flag"] {
            assert_eq!(emulator.issue(id, given).status == 200, given == secret, "{id} {given}");
        }
    }
    let state = state(&emulator);
    assert_eq!(state["channels"][0]["max_short_lived_tokens"].as_u64(), Some(7));
    let now = state["now"].as_f64().unwrap();
    assert!((1_000_000_000.0..1_000_000_600.0).contains(&now), "{now}");
}

#[test]
fn toml_and_json_configure_the_same() {
    let directory = Directory::new("forms");
    let token = directory.file("token", "abc+/w==\n");
    let toml = format!(
        "advance_seconds = 60\naudiences = [\"https://gateway.example/\"]\naccept_es256 = true\npage = false\n\
         [rate_limits]\nissue = 1\nretry_after = true\n[leniency]\nunknown_channel_id = \"observed\"\n\
         [[channels]]\nid = \"123\"\nsecret = \"s3cret\"\nscope = \"OC P\"\nlong_lived_token_file = \"token\"\n\
         [[channels.keys]]\nkid = \"k1\"\njwk = {}\n[[faults]]\nkind = \"status\"\nstatus = 503\noperation = \"verify\"\n",
        JWK.replace("\":", "\" = ")
    );
    let json = format!(
        r#"{{"advance_seconds":60,"audiences":["https://gateway.example/"],"accept_es256":true,"page":false,
        "rate_limits":{{"issue":1,"retry_after":true}},"leniency":{{"unknown_channel_id":"observed"}},
        "channels":[{{"id":"123","secret":"s3cret","scope":"OC P","long_lived_token_file":"{token}",
        "keys":[{{"kid":"k1","jwk":{JWK}}}]}}],"faults":[{{"kind":"status","status":503,"operation":"verify"}}]}}"#
    );
    let json = json.replace('\\', "/");
    for (name, content) in [("a.toml", &toml), ("a.json", &json), ("toml.conf", &toml), ("json.conf", &json)] {
        let config = directory.file(name, content);
        let emulator = Emulator::spawn(&mut command(&["--port", "0", "--config", &config]));
        let state = state(&emulator);
        let channel = &state["channels"][0];
        assert_eq!((channel["id"].as_str(), channel["scope"].as_str()), (Some("123"), Some("OC P")), "{name}");
        assert_eq!(channel["keys"][0]["kid"].as_str(), Some("k1"));
        assert_eq!(channel["tokens"][0]["family"].as_str(), Some("long_lived"));
        assert_eq!(state["faults"][0]["status"].as_u64(), Some(503));
        assert_eq!(emulator.get("/").status, 404, "no page");
        assert_eq!(emulator.issue("123", "s3cret").status, 200);
        let limited = emulator.issue("123", "s3cret");
        assert_eq!((limited.status, limited.header("retry-after")), (429, Some("1")));
        assert!(emulator.issue("999", "x").body.contains("wrong format"), "the observed body");
        emulator.json("POST", "/_emulator/reset", "");
        assert_eq!(emulator.get("/_emulator/faults").value()["faults"].as_array().unwrap().len(), 1, "it is back");
    }
}

#[test]
fn a_client_s_own_variables_make_a_channel() {
    let mut command = command(&["--port", "0"]);
    let key = line_channel_token::SigningKey::generate_rsa().unwrap();
    let pem = key.to_pkcs8_pem().unwrap().expose_secret().to_owned();
    command.env("LINE_CHANNEL_ID", "1234567890").env("LINE_CHANNEL_SECRET", "s3cret");
    command.env("LINE_ASSERTION_KEY", &pem).env("LINE_ASSERTION_KID", "k1");
    let emulator = Emulator::spawn(&mut command);
    assert_eq!(emulator.issue("1234567890", "s3cret").status, 200);
    assert_eq!(state(&emulator)["channels"][0]["keys"][0]["kid"].as_str(), Some("k1"));
}

#[test]
fn keys_of_all_forms_are_registered() {
    let directory = Directory::new("keys");
    let key = line_channel_token::SigningKey::generate_rsa().unwrap();
    let private = directory.file("private.pem", key.to_pkcs8_pem().unwrap().expose_secret());
    let jwk = directory.file("public.jwk", &key.public_jwk().to_json());
    let mut arguments = vec!["--port".to_owned(), "0".to_owned()];
    for (kid, file) in [("private", &private), ("jwk", &jwk)] {
        arguments.extend(["--key".to_owned(), format!("123={kid}=@{file}")]);
    }
    let openssl = std::process::Command::new("openssl")
        .args(["pkey", "-in", &private, "-pubout", "-out"])
        .arg(directory.path("public.pem"))
        .status();
    if openssl.is_ok_and(|status| status.success()) {
        arguments.extend(["--key".to_owned(), format!("123=public=@{}", directory.text("public.pem"))]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let emulator = Emulator::spawn(&mut command(&arguments));
    let keys = state(&emulator)["channels"][0]["keys"].as_array().unwrap().len();
    assert_eq!(keys, (arguments.len() - 2) / 2);
}

#[test]
fn a_secret_on_the_command_line_is_refused_and_not_repeated() {
    for arguments in [
        ["--secret", "123=pl4in-secret"],
        ["--secret", "pl4in-secret"],
        ["--key", "123=pl4in-secret"],
        ["--control-token", "pl4in-secret"],
    ] {
        let (message, code) = failed(command(&["--port", "0"]).args(arguments));
        assert_eq!(code, Some(2), "{message}");
        assert!(!message.contains("pl4in-secret"), "{message}");
    }
}

#[test]
fn a_secret_in_place_of_a_path_is_not_repeated() {
    for name in ["LINE_CHANNEL_SECRET_FILE", "LINE_EMULATOR_CONTROL_TOKEN_FILE", "LINE_EMULATOR_CONFIG"] {
        let mut command = command(&["--port", "0"]);
        let (message, code) =
            failed(command.env("LINE_CHANNEL_ID", "123").env(name, "0f1e2d3c4b5a69788796a5b4c3d2e1f0"));
        assert!(code == Some(2) && message.contains("there is no such file"), "{message}");
        assert!(!message.contains("0f1e2d3c4b5a"), "{name}: {message}");
    }
}

#[test]
fn configured_faults_are_for_channels_that_are_there_and_come_back() {
    let directory = Directory::new("faults");
    let config = directory.file(
        "emulator.toml",
        "[[channels]]\nid = \"1\"\nsecret = \"s3cret\"\n[[faults]]\nkind = \"hang\"\nchannel_id = \"1\"\n",
    );
    let emulator = Emulator::spawn(&mut command(&["--port", "0", "--config", &config]));
    for _ in 0..2 {
        let faults = emulator.get("/_emulator/faults").value();
        assert_eq!(faults["faults"].as_array().unwrap().len(), 1, "{faults}");
        assert_eq!(emulator.json("POST", "/_emulator/channels/1/reset", "").status, 204);
    }
    let wrong = directory.file("wrong.toml", "[[faults]]\nkind = \"hang\"\nchannel_id = \"2\"\n");
    let (message, code) = failed(&mut command(&["--check", "--config", &wrong]));
    assert!(code == Some(2) && message.contains("faults[0].channel_id: there is no channel 2"), "{message}");
}

#[test]
fn empty_credentials_are_accepted_if_told() {
    let form = "grant_type=client_credentials&client_assertion_type=&client_assertion=&client_id=1234567890&client_secret=s3cret";
    let directory = Directory::new("empty-credentials");
    let config = directory.file("lenient.toml", "[leniency]\naccept_empty_credentials = true\n");
    for (arguments, status) in [(&[][..], 400), (&["--accept-empty-credentials"], 200), (&["--config", &config], 200)] {
        let emulator = Emulator::start(arguments);
        assert_eq!(emulator.form("/oauth2/v3/token", form).status, status, "{arguments:?}");
    }
}

#[test]
fn all_problems_are_said_at_once() {
    let directory = Directory::new("problems");
    let config = directory.file(
        "emulator.toml",
        "[[channels]]\nid = \"U12\"\nsecret = \"s3cret\"\n[[channels]]\nid = \"1\"\nsecret = \"s3cret\"\nsecret_file = \"x\"\n\
         [[channels]]\nid = \"2\"\nsecret_file = \"missing\"\n",
    );
    let mut command = command(&["--config", &config, "--rate-limit", "fast", "--time", "noon", "--advance", "1w"]);
    command
        .env("LINE_EMULATOR_PROT", "1")
        .env("LINE_EMULATOR_CONTROL_TOKEN", "sh0rt")
        .env("LINE_EMULATOR_AUDIENCE", "");
    let (message, code) = failed(&mut command);
    assert_eq!(code, Some(2));
    for problem in [
        "LINE_EMULATOR_PROT",
        "is LINE_EMULATOR_PORT meant?",
        "LINE_EMULATOR_CONTROL_TOKEN",
        "--rate-limit",
        "--time",
        "--advance",
        "an audience is empty",
        "channels[0].id",
        "channels[1].secret",
        "channels[2].secret_file",
        "missing: there is no such file",
        "9 problems",
    ] {
        assert!(message.contains(problem), "{problem}: {message}");
    }
    assert!(!message.contains("s3cret") && !message.contains("sh0rt"), "{message}");
}

#[test]
fn a_broken_file_is_named_with_line_and_member() {
    let directory = Directory::new("broken");
    for (name, content, said) in [
        ("a.toml", "port = 1\nsecret = \"s3cret\"\n", "line 2, secret: unknown field `secret`"),
        ("b.toml", "[[channels]]\nid = 1\n", "line 2, channels[0].id"),
        ("c.toml", "[[channels]]\nid = \"1\"\nsecret = \"s3cret\n", "line 3: this is no valid TOML"),
        ("d.json", "{\n \"port\": \"s3cret\"\n}", "line 2, port: expected u16"),
        ("e.json", "{\"channels\":[{\"id\":\"1\",\"secret\":\"s3cret\",\"colour\":1}]}", "unknown field `colour`"),
        ("f.toml", "[[faults]]\nkind = \"explosion\"\n", "kind is none of"),
        ("g.json", "", "EOF while parsing"),
        ("h.toml", "faults = [1]\n", "faults[0]: expected an object with the members of a fault"),
    ] {
        let config = directory.file(name, content);
        let (message, code) = failed(&mut command(&["--check", "--config", &config]));
        assert!(code == Some(2) && message.contains(said) && message.contains(name), "{name}: {message}");
        assert!(!message.contains("s3cret"), "{message}");
    }
    let (message, code) = failed(&mut command(&["--check", "--config", &directory.text("none.toml")]));
    assert!(code == Some(2) && message.contains("there is no such file"), "{message}");
}

#[test]
fn check_says_whether_it_would_start() {
    let directory = Directory::new("check");
    let config = directory.file("emulator.toml", "[[channels]]\nid = \"123\"\nsecret = \"s3cret\"\n");
    let (key, port) = (directory.text("key"), directory.text("port"));
    let checked = output(&mut command(&["--check", "--config", &config, "--port-file", &port]));
    assert_eq!(String::from_utf8(checked.stdout).unwrap(), "the configuration is valid; channels: 123\n");
    let json = output(&mut command(&["--check", "--config", &config, "--output", "json"]));
    assert_eq!(String::from_utf8(json.stdout).unwrap(), "{\"valid\":true,\"channels\":[\"123\"]}\n");
    let none = output(&mut command(&["--check", "--key-out", &key]));
    assert!(none.status.success() && !std::path::Path::new(&key).exists() && !std::path::Path::new(&port).exists());
    // A rule of the emulator's own.
    let wrong = directory.file("wrong.toml", "[[channels]]\nid = \"123\"\nscope = \"P  CM\"\nsecret = \"s\"\n");
    let (message, code) = failed(&mut command(&["--check", "--config", &wrong]));
    assert!(code == Some(2) && message.contains("channel 123, scope"), "{message}");
}

#[test]
#[cfg(target_os = "linux")]
fn no_secret_is_on_the_command_line_or_in_the_log() {
    let directory = Directory::new("secrets");
    let secret = directory.file("secret", "s3cret-of-the-channel");
    let mut command = command(&["--port", "0", "-vvv", "--secret", &format!("123=@{secret}")]);
    command.stderr(std::process::Stdio::piped());
    let mut emulator = Emulator::spawn(&mut command);
    let token = emulator.issue("123", "s3cret-of-the-channel").value()["access_token"].as_str().unwrap().to_owned();
    emulator.issue("123", "wr0ng-secret");
    emulator.json("PUT", "/_emulator/channels/123/secret", r#"{"secret":"n3w-secret"}"#);
    let line = std::fs::read_to_string(format!("/proc/{}/cmdline", emulator.child.id())).unwrap();
    let _ = emulator.child.kill();
    let mut log = String::new();
    std::io::Read::read_to_string(emulator.child.stderr.as_mut().unwrap(), &mut log).unwrap();
    assert!(log.contains("POST /v2/oauth/accessToken 200"), "requests are logged: {log}");
    for secret in ["s3cret-of-the-channel", "wr0ng-secret", "n3w-secret", &token] {
        assert!(!line.contains(secret) && !log.contains(secret), "{log}");
    }
}
