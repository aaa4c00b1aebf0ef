//! What the variables may hold, and what is said of everything else.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::ffi::OsString;
use std::time::Duration;

use line_channel_token_config::{ChannelConfig, ConfigError, TokenFamily};
use line_channel_token_core::{AssertionKid, ChannelId, ChannelSecret, Error, ErrorKind, TokenLifetime};
use support::{ID, KID, SECRET, given_key, key, pem, subjects};

/// With a valid id and these variables, of which a later one replaces an earlier one.
fn config(vars: &[(&str, &str)]) -> Result<ChannelConfig, ConfigError> {
    let id = [("LINE_CHANNEL_ID", ID)];
    ChannelConfig::from_vars(id.iter().chain(vars).copied())
}

fn error(vars: &[(&str, &str)]) -> ConfigError {
    config(vars).unwrap_err()
}

/// A problem of this subject says all of this.
fn says(vars: &[(&str, &str)], subject: &str, texts: &[&str]) {
    let error = error(vars);
    let says_all = |message: &str| texts.iter().all(|text| message.contains(text));
    let found = error.problems().any(|problem| problem.subject() == subject && says_all(problem.message()));
    assert!(found, "{subject} {texts:?}: {error}");
}

#[test]
fn a_secret_is_enough_for_stateless_tokens() {
    let config = config(&[("LINE_CHANNEL_SECRET", SECRET), ("LINE_SOMETHING_ELSE", "")]).unwrap();
    assert_eq!(config.channel_id().as_str(), ID);
    assert_eq!(config.channel_secret().unwrap().expose_secret(), SECRET);
    assert_eq!(config.token_family(), TokenFamily::Stateless);
    assert_eq!(config.token_lifetime(), None);
    assert_eq!(config.api_base_url().to_string(), "https://api.line.me");
    assert!(config.assertion_key().is_none() && config.channel_secret_file().is_none());
}

#[test]
fn everything_can_be_set() {
    let config = config(&[
        ("LINE_CHANNEL_SECRET", SECRET),
        ("LINE_ASSERTION_KEY", &pem(0).replace('\n', "\\n")),
        ("LINE_ASSERTION_KID", KID),
        ("LINE_TOKEN_FAMILY", "jwt"),
        ("LINE_TOKEN_LIFETIME", "12h"),
        ("LINE_API_BASE_URL", "http://127.0.0.1:8787/"),
        ("LINE_REVOKE_PREVIOUS_AFTER", "10m"),
        ("LINE_ISSUE_BUDGET", "4"),
    ])
    .unwrap();
    assert_eq!(config.assertion_key().unwrap().public_jwk(), key(0).public_jwk());
    assert_eq!(config.assertion_kid().unwrap().as_str(), KID);
    assert_eq!(config.token_family(), TokenFamily::Jwt);
    assert_eq!(config.token_lifetime().unwrap().as_secs(), 43_200);
    assert_eq!(config.api_base_url().to_string(), "http://127.0.0.1:8787");
    assert_eq!(config.revoke_previous_after(), Some(Duration::from_secs(600)));
    assert_eq!(config.issue_budget(), Some(4));
    let shown = format!("{config:?}");
    assert!(!shown.contains(SECRET) && !shown.contains("MII") && shown.contains(KID), "{shown}");
}

#[test]
fn all_problems_are_said_at_once_in_the_order_of_the_settings() {
    let error = ChannelConfig::from_vars([
        ("LINE_ISSUE_BUDGET", "31"),
        ("LINE_API_BASE_URL", "http://gateway.example"),
        ("LINE_TOKEN_LIFETIME", "31d"),
        ("LINE_TOKEN_FAMILY", "jwt"),
        ("LINE_ASSERTION_KID", "1234567890"),
        ("LINE_CHANNEL_SECRET_FILE", "/no/such/file"),
    ])
    .unwrap_err();
    let all = [
        "LINE_CHANNEL_ID",
        "LINE_CHANNEL_SECRET_FILE",
        "LINE_ASSERTION_KEY",
        "LINE_ASSERTION_KID",
        "LINE_TOKEN_LIFETIME",
        "LINE_API_BASE_URL",
        "LINE_ISSUE_BUDGET",
    ];
    assert_eq!(subjects(&error), all);
    let text = error.to_string();
    assert!(
        text.starts_with("the configuration of the LINE channel has 7 problems:\n- LINE_CHANNEL_ID: not set; "),
        "{text}"
    );
    assert_eq!(text.lines().count(), 8, "{text}");
    let boxed: Box<dyn std::error::Error> = error.clone().into();
    assert_eq!(format!("{boxed:?}"), text, "what `?` in main prints");
    let core = Error::from(error);
    assert_eq!((core.kind(), core.to_string()), (ErrorKind::InvalidInput, text));
}

#[test]
fn what_is_missing_is_named_with_what_needs_it() {
    says(&[], "LINE_CHANNEL_SECRET", &["not set, and neither is LINE_ASSERTION_KEY", "LINE_CHANNEL_SECRET_FILE"]);
    says(&[("LINE_TOKEN_FAMILY", "jwt")], "LINE_ASSERTION_KEY", &["v2.1 tokens (jwt)", "LINE_ASSERTION_KEY_FILE"]);
    says(&[("LINE_TOKEN_FAMILY", "short-lived")], "LINE_CHANNEL_SECRET", &["short-lived tokens are issued for it"]);
    let key = pem(0);
    let key = [("LINE_ASSERTION_KEY", key.as_str())];
    says(&key, "LINE_ASSERTION_KID", &["goes with LINE_ASSERTION_KEY", "Developers Console"]);
    let with_secret = [key[0], ("LINE_CHANNEL_SECRET", SECRET)];
    says(&with_secret, "LINE_ASSERTION_KID", &["not set"]);
    says(&[("LINE_ASSERTION_KID", KID)], "LINE_ASSERTION_KEY", &["goes with LINE_ASSERTION_KID", "or remove the kid"]);
    says(&[("LINE_ASSERTION_KID", KID), ("LINE_CHANNEL_SECRET", SECRET)], "LINE_ASSERTION_KEY", &["not set"]);
    let short = [("LINE_TOKEN_FAMILY", "short-lived"), key[0], ("LINE_ASSERTION_KID", KID)];
    assert_eq!(
        subjects(&error(&short)),
        ["LINE_CHANNEL_SECRET", "LINE_ASSERTION_KEY"],
        "a key issues no short-lived tokens"
    );
}

#[test]
fn an_unknown_family_hides_no_missing_credential() {
    assert_eq!(subjects(&error(&[("LINE_TOKEN_FAMILY", "v5")])), ["LINE_CHANNEL_SECRET", "LINE_TOKEN_FAMILY"]);
    let with_secret = [("LINE_TOKEN_FAMILY", "v5"), ("LINE_CHANNEL_SECRET", SECRET), ("LINE_TOKEN_LIFETIME", "1d")];
    assert_eq!(subjects(&error(&with_secret)), ["LINE_TOKEN_FAMILY"], "it may have a lifetime");
}

#[test]
fn a_setting_that_the_family_does_not_have_is_refused() {
    let secret = ("LINE_CHANNEL_SECRET", SECRET);
    says(
        &[secret, ("LINE_TOKEN_LIFETIME", "1d")],
        "LINE_TOKEN_LIFETIME",
        &["live 15 minutes", "LINE_TOKEN_FAMILY to jwt"],
    );
    let short = ("LINE_TOKEN_FAMILY", "short-lived");
    says(&[secret, short, ("LINE_TOKEN_LIFETIME", "x")], "LINE_TOKEN_LIFETIME", &["live 30 days"]);
    says(&[secret, ("LINE_REVOKE_PREVIOUS_AFTER", "10m")], "LINE_REVOKE_PREVIOUS_AFTER", &["cannot be revoked"]);
    says(&[secret, ("LINE_ISSUE_BUDGET", "4")], "LINE_ISSUE_BUDGET", &["none of the channel's 30 slots"]);
    let key = pem(0);
    let jwt = [("LINE_TOKEN_FAMILY", "jwt"), ("LINE_ASSERTION_KEY", key.as_str()), ("LINE_ASSERTION_KID", KID)];
    says(
        &[&jwt[..], &[("LINE_REVOKE_PREVIOUS_AFTER", "10m")]].concat(),
        "LINE_REVOKE_PREVIOUS_AFTER",
        &["LINE_CHANNEL_SECRET"],
    );
    for budget in ["1", "31", "0"] {
        says(&[&jwt[..], &[("LINE_ISSUE_BUDGET", budget)]].concat(), "LINE_ISSUE_BUDGET", &["2 to 30"]);
    }
    assert!(config(&[&jwt[..], &[("LINE_ISSUE_BUDGET", "30")]].concat()).is_ok());
}

#[test]
fn a_key_of_short_lived_tokens_is_refused() {
    let key = pem(0);
    let file = support::file("key", &key);
    let short = [("LINE_CHANNEL_SECRET", SECRET), ("LINE_TOKEN_FAMILY", "short-lived"), ("LINE_ASSERTION_KID", KID)];
    for (name, value) in [
        ("LINE_ASSERTION_KEY", key.as_str()),
        ("LINE_ASSERTION_KEY", "no key"),
        ("LINE_ASSERTION_KEY_FILE", file.to_str().unwrap()),
    ] {
        let error = error(&[&short[..], &[(name, value)]].concat());
        let problem = error.problems().find(|problem| problem.message().contains("for the channel secret alone"));
        assert_eq!(problem.map(|problem| problem.subject()), Some(name), "{error}");
    }
}

#[test]
fn a_revocation_that_comes_after_the_expiry_is_refused() {
    let key = pem(0);
    let jwt = [
        ("LINE_TOKEN_FAMILY", "jwt"),
        ("LINE_ASSERTION_KEY", key.as_str()),
        ("LINE_ASSERTION_KID", KID),
        ("LINE_CHANNEL_SECRET", SECRET),
    ];
    let short = [("LINE_TOKEN_FAMILY", "short-lived"), ("LINE_CHANNEL_SECRET", SECRET)];
    let name = "LINE_REVOKE_PREVIOUS_AFTER";
    for grace in ["30d", "31d", "18446744073709551615"] {
        says(&[&jwt[..], &[(name, grace)]].concat(), name, &["has expired by then", "less than 30d"]);
        says(&[&short[..], &[(name, grace)]].concat(), name, &["has expired by then", "less than 30d"]);
    }
    let hours = [&jwt[..], &[("LINE_TOKEN_LIFETIME", "12h"), (name, "12h")]].concat();
    says(&hours, name, &["has expired by then", "less than 12h"]);
    assert!(config(&[&jwt[..], &[("LINE_TOKEN_LIFETIME", "12h"), (name, "11h")]].concat()).is_ok());
    assert!(config(&[&short[..], &[(name, "0")]].concat()).is_ok());
}

#[test]
fn a_variable_that_is_set_but_empty_is_refused() {
    for name in [
        "LINE_CHANNEL_SECRET_FILE",
        "LINE_ASSERTION_KEY",
        "LINE_ASSERTION_KEY_FILE",
        "LINE_ASSERTION_KID",
        "LINE_ASSERTION_KID_FILE",
        "LINE_TOKEN_FAMILY",
        "LINE_TOKEN_LIFETIME",
        "LINE_API_BASE_URL",
        "LINE_REVOKE_PREVIOUS_AFTER",
        "LINE_ISSUE_BUDGET",
    ] {
        says(&[("LINE_CHANNEL_SECRET", SECRET), (name, "")], name, &["it is set, but empty"]);
    }
    assert_eq!(subjects(&error(&[("LINE_CHANNEL_SECRET", "")])), ["LINE_CHANNEL_SECRET"]);
    says(&[("LINE_CHANNEL_ID", ""), ("LINE_CHANNEL_SECRET", SECRET)], "LINE_CHANNEL_ID", &["empty"]);
    says(&[("LINE_CHANNEL_SECRET", " \n")], "LINE_CHANNEL_SECRET", &["empty"]);
}

#[test]
fn a_value_and_its_file_exclude_each_other() {
    let file = support::file("secret", SECRET);
    let file = file.to_str().unwrap();
    let both = [("LINE_CHANNEL_SECRET", SECRET), ("LINE_CHANNEL_SECRET_FILE", file)];
    says(&both, "LINE_CHANNEL_SECRET", &["so is LINE_CHANNEL_SECRET_FILE: remove one"]);
    let key = pem(0);
    let both = [("LINE_ASSERTION_KEY", key.as_str()), ("LINE_ASSERTION_KEY_FILE", file), ("LINE_ASSERTION_KID", KID)];
    says(&both, "LINE_ASSERTION_KEY", &["remove one"]);
    let both = [("LINE_ASSERTION_KEY", key.as_str()), ("LINE_ASSERTION_KID", KID), ("LINE_ASSERTION_KID_FILE", file)];
    says(&both, "LINE_ASSERTION_KID", &["remove one"]);
}

#[cfg(unix)]
#[test]
fn what_is_no_unicode_is_refused_but_in_a_path() {
    use std::os::unix::ffi::OsStringExt;

    let broken = |text: &str| OsString::from_vec([text.as_bytes(), b"\xff"].concat());
    for name in ["LINE_CHANNEL_SECRET", "LINE_ASSERTION_KEY", "LINE_API_BASE_URL", "LINE_TOKEN_FAMILY"] {
        let vars = [(OsString::from("LINE_CHANNEL_ID"), OsString::from(ID)), (name.into(), broken("s3cret"))];
        let error = ChannelConfig::from_vars(vars).unwrap_err();
        assert!(error.to_string().contains(&format!("{name}: it is not valid Unicode")), "{error}");
        assert!(!error.to_string().contains("s3cret"));
    }
    let path = support::directory().join(broken("name"));
    std::fs::write(&path, SECRET).unwrap();
    let vars = [("LINE_CHANNEL_ID".into(), ID.into()), ("LINE_CHANNEL_SECRET_FILE".into(), path.into_os_string())];
    assert!(ChannelConfig::from_vars::<OsString, OsString>(vars).is_ok());
    assert!(ChannelConfig::from_vars([(broken("LINE_CHANNEL_ID"), OsString::from(ID))]).is_err(), "no name of ours");
}

#[test]
fn values_that_are_something_else_are_named_and_not_shown() {
    let public = given_key("rsa-public.pem");
    let certificate = given_key("rsa-certificate.pem");
    let encrypted = given_key("rsa-pkcs8-encrypted.pem");
    let small = given_key("rsa-1024.pem");
    let ec = given_key("ec-pkcs8.pem");
    let text = |key: &[u8]| String::from_utf8(key.to_vec()).unwrap();
    for (name, value, text) in [
        ("LINE_CHANNEL_ID", "U0123456789abcdef0123456789abcdef".to_owned(), "user id"),
        ("LINE_CHANNEL_SECRET", "<YOUR_CHANNEL_SECRET>".to_owned(), "placeholder"),
        ("LINE_CHANNEL_SECRET", "${SECRET}".to_owned(), "not expanded"),
        ("LINE_CHANNEL_SECRET", "changeme".to_owned(), "placeholder"),
        ("LINE_CHANNEL_SECRET", ID.to_owned(), "channel id"),
        ("LINE_CHANNEL_SECRET", "/run/secrets/line".to_owned(), "for a file, give LINE_CHANNEL_SECRET_FILE"),
        ("LINE_ASSERTION_KEY", "/run/secrets/key.pem".to_owned(), "for a file, give LINE_ASSERTION_KEY_FILE"),
        ("LINE_ASSERTION_KID", "/run/secrets/kid".to_owned(), "for a file, give LINE_ASSERTION_KID_FILE"),
        ("LINE_ASSERTION_KEY", text(&public), "public key"),
        ("LINE_ASSERTION_KEY", text(&certificate), "certificate"),
        ("LINE_ASSERTION_KEY", text(&encrypted), "encrypted"),
        ("LINE_ASSERTION_KEY", text(&small), "1024"),
        ("LINE_ASSERTION_KEY", text(&ec), "only RS256"),
        ("LINE_ASSERTION_KEY", SECRET.to_owned(), "channel secret"),
        ("LINE_ASSERTION_KID", SECRET.to_owned(), "channel secret"),
        ("LINE_TOKEN_FAMILY", "long-lived".to_owned(), "StaticSource"),
        ("LINE_TOKEN_LIFETIME", "31d".to_owned(), "2592000"),
        ("LINE_TOKEN_LIFETIME", "0".to_owned(), "not 0"),
        ("LINE_TOKEN_LIFETIME", "30".to_owned(), "write 30d"),
        ("LINE_API_BASE_URL", "http://gateway.example".to_owned(), "use https"),
        ("LINE_API_BASE_URL", "http://0.0.0.0:8787".to_owned(), "127.0.0.1"),
        ("LINE_API_BASE_URL", "api.line.me".to_owned(), "https://"),
        ("LINE_API_BASE_URL", "https://api.line.me/oauth2/v3/token".to_owned(), "path of an endpoint"),
        ("LINE_ISSUE_BUDGET", "many".to_owned(), "2 to 30"),
    ] {
        let vars = [("LINE_CHANNEL_SECRET", SECRET), ("LINE_ASSERTION_KID", KID), (name, value.as_str())];
        let error = error(&vars);
        let problem = error.problems().find(|problem| problem.subject() == name).unwrap();
        assert!(problem.message().contains(text), "{text}: {error}");
        let shown = error.to_string();
        assert!(
            !shown.contains(SECRET) && !value.lines().any(|line| line.len() > 40 && shown.contains(line)),
            "{shown}"
        );
    }
}

#[test]
fn a_key_and_its_kid_are_both_said_to_be_wrong() {
    let error = error(&[("LINE_ASSERTION_KEY", "rubbish")]);
    assert_eq!(subjects(&error), ["LINE_ASSERTION_KEY", "LINE_ASSERTION_KID"]);
    let error = self::error(&[("LINE_ASSERTION_KEY", "{\"kid\":\"6b2f\"}")]);
    assert_eq!(subjects(&error), ["LINE_ASSERTION_KEY"], "the whole key may have the kid");
}

#[test]
fn a_jwk_brings_its_kid() {
    let mut jwk: serde_json::Value = serde_json::from_slice(&given_key("rfc7515-a2.jwk")).unwrap();
    jwk["kid"] = KID.into();
    let jwk = jwk.to_string();
    let jwk = ("LINE_ASSERTION_KEY", jwk.as_str());
    assert!(config(&[jwk]).is_ok());
    assert!(config(&[jwk, ("LINE_ASSERTION_KID", KID)]).is_ok());
    says(&[jwk, ("LINE_ASSERTION_KID", "another")], "LINE_ASSERTION_KEY", &["another kid than another"]);
}

#[test]
fn a_variable_with_almost_the_name_is_mentioned_only_if_one_is_missing() {
    let error = ChannelConfig::from_vars([("LINE_CHANEL_ID", ID), ("LINE_CHANNEL_SECRT", SECRET)]).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("LINE_CHANEL_ID is set: is that a typing error?"), "{text}");
    assert!(text.contains("LINE_CHANNEL_SECRT is set: is that a typing error?") && !text.contains(SECRET), "{text}");
    says(&[("LINE_CHANNEL_TOKEN", "eyJ")], "LINE_CHANNEL_SECRET", &["LINE_CHANNEL_TOKEN is set: a token"]);
    let error = self::error(&[("LINE_CHANNEL_SECRET", SECRET), ("LINE_CHANEL_ID", "x"), ("LINE_TOKEN_LIFETIME", "1d")]);
    assert!(!error.to_string().contains("CHANEL"), "{error}");
}

#[test]
fn another_prefix_is_used_in_errors_too() {
    let vars = [("B_LINE_CHANNEL_ID", ID), ("LINE_CHANNEL_SECRET", SECRET)];
    let error = ChannelConfig::from_vars_with_prefix("B_LINE_", vars).unwrap_err();
    assert_eq!(subjects(&error), ["B_LINE_CHANNEL_SECRET"]);
    let vars = [("CHANNEL_ID", ID), ("CHANNEL_SECRET", SECRET)];
    assert!(ChannelConfig::from_vars_with_prefix("", vars).is_ok());
}

#[test]
fn a_configuration_from_code_is_checked_alike() {
    let config = ChannelConfig::new(ChannelId::new(ID).unwrap());
    let error = config.check().unwrap_err();
    assert_eq!(subjects(&error), ["channel_secret"]);
    assert!(error.to_string().contains("missing, and so is assertion_key"), "{error}");
    let config = config
        .with_channel_secret_file("/no/such/file")
        .with_assertion_key(key(0).clone())
        .with_token_family(TokenFamily::ShortLived)
        .with_token_lifetime(TokenLifetime::MAX)
        .with_issue_budget(99);
    let error = config.check().unwrap_err();
    let all = ["channel_secret_file", "assertion_key", "assertion_kid", "token_lifetime", "issue_budget"];
    assert_eq!(subjects(&error), all, "{error}");
    let secret = ChannelSecret::new(SECRET).unwrap();
    let config = config.with_channel_secret(secret).with_assertion_kid(AssertionKid::new(KID).unwrap());
    assert!(config.channel_secret_file().is_none(), "the secret replaces its file");
    let config = config.with_token_family(TokenFamily::Jwt).with_issue_budget(2);
    config.check().unwrap();
}
