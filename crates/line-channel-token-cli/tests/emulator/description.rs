//! The OpenAPI description says what the server does, member by member. `cargo xtask openapi` tests it with schemathesis besides.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::support::Emulator;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "DELETE", "PATCH"];

fn description(emulator: &Emulator) -> Value {
    emulator.get("/_emulator/openapi.json").value()
}

fn paths(description: &Value) -> &Map<String, Value> {
    description["paths"].as_object().unwrap()
}

/// A path with names of things that are not there.
fn concrete(path: &str) -> String {
    path.replace("{id}", "999").replace("{kid}", "none")
}

#[test]
fn each_path_takes_exactly_the_described_methods() {
    let emulator = Emulator::start(&[]);
    let description = description(&emulator);
    for (path, item) in paths(&description) {
        let described: BTreeSet<String> = METHODS
            .iter()
            .filter(|method| item.get(method.to_lowercase()).is_some())
            .map(ToString::to_string)
            .collect();
        let response = emulator.send("PATCH", &concrete(path), &[], "");
        assert_eq!(response.status, 405, "{path}");
        let allowed = response.header("allow").unwrap().split(',').map(|method| method.trim().to_owned());
        let allowed: BTreeSet<String> = allowed.filter(|method| method != "HEAD").collect();
        assert_eq!(allowed, described, "{path}");
    }
}

#[test]
fn each_path_of_the_server_is_described() {
    let emulator = Emulator::start(&[]);
    let description = description(&emulator);
    // The router is made of this list, which a test of this package cannot import.
    let routes = include_str!("../../src/emulator/control/routes.rs");
    let written = routes.split("(\"/_emulator/").skip(1).filter_map(|rest| rest.split('"').next());
    let mut written: BTreeSet<String> = written.map(|rest| format!("/_emulator/{rest}")).collect();
    written.insert("/_emulator/health".to_owned());
    written.retain(|path| !path.ends_with("{*rest}") && path != "/_emulator/");
    let described: BTreeSet<String> = paths(&description).keys().cloned().collect();
    assert_eq!(written, described);
}

#[test]
fn each_body_has_exactly_the_described_members() {
    let emulator = Emulator::start(&[]);
    let description = description(&emulator);
    let mut bodies = 0;
    for (path, item) in paths(&description) {
        for method in METHODS {
            let reference =
                &item[method.to_lowercase()]["requestBody"]["content"]["application/json"]["schema"]["$ref"];
            let Some(name) = reference.as_str().and_then(|reference| reference.rsplit('/').next()) else { continue };
            let schema = &description["components"]["schemas"][name];
            let described: BTreeSet<&str> =
                schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
            let refused = emulator.json(method, &concrete(path), r#"{"no such member":1}"#);
            let message = refused.message();
            assert!(refused.status == 422 && message.contains("unknown field `no such member`"), "{path}: {message}");
            // serde lists the members that there are, each between backticks.
            let known: BTreeSet<&str> = message.split('`').skip(3).step_by(2).collect();
            assert_eq!(known, described, "{method} {path}: {message}");
            bodies += 1;
        }
    }
    assert!(bodies > 10, "{bodies}");
}

#[test]
fn each_response_has_exactly_the_described_members() {
    let emulator = Emulator::start(&[]);
    let description = description(&emulator);
    let created = emulator.json("POST", "/_emulator/channels", r#"{"generate_key":true}"#).value();
    let path = format!("/_emulator/channels/{}", created["channel"]["id"].as_str().unwrap());
    let token = emulator.issue("1234567890", "s3cret").value()["access_token"].clone();
    let inspect = |text: &Value| {
        emulator.json("POST", "/_emulator/inspect", &serde_json::json!({"text": text}).to_string()).value()
    };
    let inspected = inspect(&token);
    let inspection = inspect(&Value::from("eyJhbGciOiJSUzI1NiJ9.e30.AAAA"));
    let fault = r#"{"kind":"status","status":503,"body":"x","headers":{"a":"b"},"retry_after_seconds":1,"delay_seconds":0.1,
        "operation":"verify","channel_id":"1234567890"}"#;
    let fault = emulator.json("POST", "/_emulator/faults", fault).value();
    let state = emulator.get("/_emulator/state").value();
    for (schema, value, optional) in [
        ("Health", emulator.get("/_emulator/health").value(), &[][..]),
        ("State", state.clone(), &[]),
        ("Counts", state["counts"].clone(), &[]),
        ("ChannelState", state["channels"][0].clone(), &[]),
        ("TokenState", state["channels"][0]["tokens"][0].clone(), &[]),
        ("KeyState", state["channels"][1]["keys"][0].clone(), &[]),
        ("RequestRecord", state["requests"][0].clone(), &[]),
        ("FaultState", fault, &["messaging_api"]),
        ("CreatedChannel", created.clone(), &[]),
        ("GeneratedKey", created["key"].clone(), &[]),
        ("RegisteredKey", emulator.json("POST", &format!("{path}/keys"), r#"{"generate":true}"#).value(), &[]),
        ("Secret", emulator.json("PUT", &format!("{path}/secret"), "").value(), &[]),
        ("LongLivedToken", emulator.json("POST", &format!("{path}/long-lived-token"), "").value(), &[]),
        ("Revoked", emulator.json("POST", &format!("{path}/revoke"), "").value(), &[]),
        ("Inspection", inspection.clone(), &[]),
        ("Finding", inspection["findings"][0].clone(), &[]),
        ("InspectedToken", inspected["token"].clone(), &[]),
        ("Now", emulator.json("POST", "/_emulator/clock/advance", r#"{"seconds":1}"#).value(), &[]),
        ("Error", emulator.json("POST", "/_emulator/clock/advance", "{}").value(), &[]),
    ] {
        let properties = description["components"]["schemas"][schema]["properties"].as_object();
        let described = properties.unwrap_or_else(|| panic!("{schema}")).keys().map(String::as_str);
        let described: BTreeSet<&str> = described.filter(|name| !optional.contains(name)).collect();
        let found: BTreeSet<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(found, described, "{schema}");
    }
}
