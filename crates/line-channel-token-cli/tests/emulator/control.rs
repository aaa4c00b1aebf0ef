//! The control API over real TCP.

use serde_json::{Value, json};

use crate::support::Emulator;

#[test]
fn time_moves_and_tokens_expire() {
    let emulator = Emulator::start(&[]);
    let token = emulator.issue("1234567890", "s3cret").value()["access_token"].as_str().unwrap().to_owned();
    let verify = |emulator: &Emulator| {
        let token = token.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        emulator.form("/v2/oauth/verify", &format!("access_token={token}")).status
    };
    assert_eq!(verify(&emulator), 200);
    let before = emulator.get("/_emulator/state").value()["now"].as_f64().unwrap();
    let after = emulator.json("POST", "/_emulator/clock/advance", r#"{"seconds":2592000.5}"#).value()["now"].as_f64();
    assert!((2_592_000.0..2_592_100.0).contains(&(after.unwrap() - before)));
    assert_eq!(verify(&emulator), 400);
    for wrong in
        [r#"{"seconds":-1}"#, r#"{"seconds":1e300}"#, r#"{"seconds":"60"}"#, "{}", r#"{"second":1}"#, r#"[60]"#]
    {
        let refused = emulator.json("POST", "/_emulator/clock/advance", wrong);
        assert_eq!(refused.status, 422, "{wrong}");
        assert!(!refused.message().is_empty());
    }
}

#[test]
fn what_is_shown_is_what_was_stored() {
    let emulator = Emulator::start(&[]);
    let made = emulator.json("POST", "/_emulator/channels", r#"{"id":" 5 ","secret":" s3cret\n"}"#).value();
    assert_eq!((made["channel"]["id"].as_str(), made["secret"].as_str()), (Some("5"), Some("s3cret")));
    let changed = emulator.json("PUT", "/_emulator/channels/5/secret", r#"{"secret":"n3w\n"}"#).value();
    assert_eq!(changed["secret"].as_str(), Some("n3w"));
    assert_eq!(emulator.issue("5", "n3w").status, 200);
    let token = emulator.json("POST", "/_emulator/channels/5/long-lived-token", r#"{"token":" abc+/w== "}"#).value();
    assert_eq!(token["token"].as_str(), Some("abc+/w=="));
    let key = r#"{"kid":" k1 ","generate":true}"#;
    assert_eq!(emulator.json("POST", "/_emulator/channels/5/keys", key).value()["kid"].as_str(), Some("k1"));
    assert_eq!(emulator.json("POST", "/_emulator/channels/5/keys", key).status, 409, "it is taken");
}

#[test]
fn faults_come_and_go() {
    let emulator = Emulator::start(&[]);
    let injected =
        emulator.json("POST", "/_emulator/faults", r#"{"kind":"status","status":503,"times":2,"operation":"issue"}"#);
    assert_eq!(injected.status, 201);
    let fault = injected.value();
    assert_eq!((fault["kind"].as_str(), fault["remaining"].as_u64()), (Some("status"), Some(2)));
    assert_eq!([503, 503, 200], [0; 3].map(|_| emulator.issue("1234567890", "s3cret").status));
    let record = &emulator.get("/_emulator/requests").value()["requests"][0];
    assert_eq!(record["fault"], fault["id"]);

    let lost = emulator.json("POST", "/_emulator/faults", r#"{"kind":"connection_reset_after"}"#);
    assert_eq!(lost.status, 201);
    assert_eq!(emulator.issue("1234567890", "s3cret").status, 0, "the connection is reset");
    let tokens = emulator.get("/_emulator/channels/1234567890").value()["tokens"].as_array().unwrap().len();
    assert_eq!(tokens, 2, "and the token was issued");

    let kept = emulator.json("POST", "/_emulator/faults", r#"{"kind":"garbage","times":"until_cleared"}"#).value();
    assert_eq!(emulator.json("DELETE", &format!("/_emulator/faults/{}", kept["id"]), "").status, 204);
    assert_eq!(emulator.json("DELETE", &format!("/_emulator/faults/{}", kept["id"]), "").status, 404);
    assert_eq!(emulator.issue("1234567890", "s3cret").status, 200);
    emulator.json("POST", "/_emulator/faults", r#"{"kind":"garbage","times":"until_cleared"}"#);
    assert_eq!(emulator.json("DELETE", "/_emulator/faults", "").status, 204);
    assert_eq!(emulator.get("/_emulator/faults").value(), json!({"faults": []}));
    for (wrong, status) in [
        (r#"{"kind":"explosion"}"#, 422),
        (r#"{"kind":"status"}"#, 422),
        (r#"{"kind":"hang","color":1}"#, 422),
        (r#"{"kind":"hang","channel_id":"999"}"#, 404),
        ("{", 400),
    ] {
        assert_eq!(emulator.json("POST", "/_emulator/faults", wrong).status, status, "{wrong}");
    }
}

#[test]
fn channels_keys_and_secrets_are_managed_as_in_the_console() {
    let emulator = Emulator::start(&[]);
    let created = emulator.json("POST", "/_emulator/channels", r#"{"generate_key":true,"scope":"OC P"}"#);
    assert_eq!(created.status, 201);
    let created = created.value();
    let (id, secret) = (created["channel"]["id"].as_str().unwrap(), created["secret"].as_str().unwrap());
    assert_eq!(created["channel"]["scope"].as_str(), Some("OC P"));
    assert_eq!(created["key"]["kid"], created["channel"]["keys"][0]["kid"]);
    assert_eq!(emulator.issue(id, secret).status, 200);
    let path = format!("/_emulator/channels/{id}");

    let renewed = emulator.json("PUT", &format!("{path}/secret"), "{}").value();
    assert_eq!(emulator.issue(id, secret).status, 400, "the old secret");
    assert_eq!(emulator.issue(id, renewed["secret"].as_str().unwrap()).status, 200);

    let key = emulator.json("POST", &format!("{path}/keys"), r#"{"generate":true,"kid":"mine"}"#);
    assert_eq!((key.status, key.value()["kid"].as_str()), (201, Some("mine")));
    let jwk = &key.value()["public_jwk"];
    let again = json!({"kid": "mine", "jwk": jwk}).to_string();
    assert_eq!(emulator.json("POST", &format!("{path}/keys"), &again).status, 409);
    let other = emulator.json("POST", &format!("{path}/keys"), &json!({"jwk": jwk}).to_string());
    assert_eq!((other.status, other.value()["kid"].as_str().unwrap().len()), (201, 36), "a UUID");
    assert!(other.value().get("private_key").is_none());
    for wrong in [r#"{}"#, r#"{"generate":true,"jwk":{}}"#, r#"{"jwk":{"kty":"oct","k":"s3cret"}}"#] {
        let refused = emulator.json("POST", &format!("{path}/keys"), wrong);
        assert!(refused.status == 422 && !refused.message().contains("s3cret"), "{refused:?}");
    }
    assert_eq!(emulator.json("DELETE", &format!("{path}/keys/mine"), "").status, 204);
    assert_eq!(emulator.json("DELETE", &format!("{path}/keys/mine"), "").status, 404);
    assert_eq!(
        emulator
            .json(
                "DELETE",
                &format!("/_emulator/channels/1234567890/keys/{}", created["key"]["kid"].as_str().unwrap()),
                ""
            )
            .status,
        404,
        "of another channel"
    );

    let token = emulator.json("POST", &format!("{path}/long-lived-token"), "");
    assert_eq!(token.status, 201);
    let push = |token: &str| {
        emulator.send("POST", "/v2/bot/message/push", &[&format!("Authorization: Bearer {token}")], "{}").status
    };
    assert_eq!(push(token.value()["token"].as_str().unwrap()), 200);
    assert_eq!(emulator.json("POST", &format!("{path}/revoke"), "").value(), json!({"revoked": 3}));
    assert_eq!(push(token.value()["token"].as_str().unwrap()), 401);

    assert_eq!(emulator.json("DELETE", &path, "").status, 204);
    assert_eq!(emulator.get(&path).status, 404);
    assert_eq!(emulator.json("DELETE", &path, "").status, 404);
    let taken = emulator.json("POST", "/_emulator/channels", r#"{"id":"1234567890"}"#);
    assert!(taken.status == 409 && taken.message().contains("id"), "{taken:?}");
}

#[test]
fn a_reset_puts_everything_back() {
    let emulator = Emulator::start(&[]);
    let before = emulator.get("/_emulator/channels").value();
    emulator.json("POST", "/_emulator/channels", r#"{"id":"1"}"#);
    emulator.json("PUT", "/_emulator/channels/1234567890/secret", r#"{"secret":"other"}"#);
    emulator.json("POST", "/_emulator/clock/advance", r#"{"seconds":86400}"#);
    emulator.json("POST", "/_emulator/faults", r#"{"kind":"garbage","times":"until_cleared"}"#);
    assert_eq!(emulator.json("POST", "/_emulator/reset", "").status, 204);
    assert_eq!(emulator.issue("1234567890", "s3cret").status, 200);
    assert_eq!(emulator.json("POST", "/_emulator/channels/1234567890/reset", "").status, 204);
    assert_eq!(emulator.get("/_emulator/channels").value(), before);
}

#[test]
fn requests_are_filtered() {
    let emulator = Emulator::start(&[]);
    emulator.json("POST", "/_emulator/channels", r#"{"id":"1","secret":"one"}"#);
    emulator.issue("1", "one");
    emulator.issue("1234567890", "s3cret");
    emulator.get("/v2/nothing");
    let seqs = |query: &str| -> Vec<u64> {
        let found = emulator.get(&format!("/_emulator/requests{query}")).value();
        found["requests"].as_array().unwrap().iter().filter_map(|request| request["seq"].as_u64()).collect()
    };
    assert_eq!(seqs(""), [1, 2, 3]);
    assert_eq!(seqs("?channel_id=1"), [1]);
    assert_eq!(seqs("?after=1"), [2, 3]);
    assert_eq!(seqs("?channel_id=1&after=1"), [0; 0]);
    for (query, status) in [("?channel_id=9", 404), ("?after=-1", 400), ("?before=1", 400), ("?after=1&after=2", 400)] {
        assert_eq!(emulator.get(&format!("/_emulator/requests{query}")).status, status, "{query}");
    }
}

#[test]
fn a_pasted_assertion_is_judged_by_all_rules() {
    let emulator = Emulator::start(&[]);
    // {"alg":"none"} and {"iss":"1234567890","aud":"https://api.line.me","exp":1}
    let text = "eyJhbGciOiJub25lIn0.eyJpc3MiOiIxMjM0NTY3ODkwIiwiYXVkIjoiaHR0cHM6Ly9hcGkubGluZS5tZSIsImV4cCI6MX0.AAAA";
    let inspected = emulator.json("POST", "/_emulator/inspect", &json!({"text": text}).to_string()).value();
    assert_eq!((inspected["subject"].as_str(), inspected["is_accepted"].as_bool()), (Some("assertion"), Some(false)));
    let findings = inspected["findings"].as_array().unwrap();
    for rule in ["alg", "aud", "exp", "kid"] {
        assert!(
            findings.iter().any(|finding| finding["rule"] == rule && finding["verdict"] == "violation"),
            "{rule}: {findings:?}"
        );
    }
    assert_eq!(emulator.json("POST", "/_emulator/inspect", "{}").status, 422);
}

#[test]
fn bodies_are_json_of_a_sensible_size() {
    let emulator = Emulator::start(&[]);
    let path = "/_emulator/channels";
    for (body, status) in
        [("{", 400), ("nonsense", 400), ("{}{}", 400), ("[]", 422), ("null", 422), (r#"{"name":1}"#, 422)]
    {
        let refused = emulator.json("POST", path, body);
        assert_eq!(refused.status, status, "{body}");
        assert!(!refused.message().is_empty() && refused.header("content-type") == Some("application/json"));
    }
    let secret = emulator.json("POST", path, r#"{"secret":["s3cret-value"]}"#);
    assert!(secret.status == 422 && secret.message().starts_with("secret: ") && !secret.body.contains("s3cret-value"));
    let large = format!(r#"{{"secret":"{}"}}"#, "x".repeat(300 * 1024));
    assert_eq!(emulator.json("POST", path, &large).status, 413);
    let wrong = emulator.send("PUT", "/_emulator/state", &[], "");
    assert_eq!((wrong.status, wrong.header("allow")), (405, Some("GET,HEAD")));
    assert!(wrong.message().contains("Allow"));
    for path in
        ["/_emulator", "/_emulator/", "/_emulator/states", "/_emulator/channels/1/colour", "/_emulator/faults/x"]
    {
        let method = if path.ends_with('x') { "DELETE" } else { "GET" };
        let nothing = emulator.send(method, path, &[], "");
        assert_eq!(nothing.status, 404, "{path}");
        assert!(!nothing.message().is_empty());
    }
}

#[test]
fn other_paths_are_lines_and_in_the_log() {
    let emulator = Emulator::start(&[]);
    let unknown = emulator.get("/oauth2/v9/token");
    assert_eq!((unknown.status, unknown.value()), (404, json!({"message": "Not found"})));
    assert!(unknown.header("x-line-request-id").is_some());
    let state = emulator.get("/_emulator/state").value();
    assert_eq!(state["requests"][0]["path"], Value::from("/oauth2/v9/token"));
    assert_eq!(state["counts"], json!({"requests": 1, "refused": 1}));
    assert_eq!(state["base_url"], Value::from(format!("http://127.0.0.1:{}", emulator.port)));
}

#[test]
fn the_page_may_do_nothing_but_call_its_own_server() {
    let emulator = Emulator::start(&[]);
    let page = emulator.get("/");
    assert_eq!((page.status, page.header("cache-control")), (200, Some("no-store")));
    let policy = page.header("content-security-policy").unwrap();
    for rule in ["default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "form-action 'none'"] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"));
    assert_eq!(page.header("x-frame-options"), Some("DENY"));
    assert_eq!(emulator.get("/_emulator/state").header("cache-control"), Some("no-store"));
    assert_eq!(Emulator::start(&["--no-page"]).get("/").status, 404);
}
