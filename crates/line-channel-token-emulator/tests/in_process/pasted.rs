//! Anything may be pasted: tokens, wrapped and whole requests, and by mistake keys, secrets and megabytes.

use std::time::Duration;

use crate::support::*;
use line_channel_token_core::{ChannelId, Clock, SystemClock};
use line_channel_token_emulator::{
    Emulator, InspectedKind, InspectedTokenStatus, Inspection, InspectionBuilder, TokenFamily, Verdict,
};
use proptest::prelude::*;

fn alone() -> InspectionBuilder {
    Inspection::builder().now(Duration::from_secs(NOW))
}

fn channel() -> ChannelId {
    ChannelId::new(CHANNEL).unwrap()
}

/// Everything that an inspection shows.
fn everything(inspection: &Inspection) -> String {
    let findings: Vec<String> = inspection.findings().iter().map(ToString::to_string).collect();
    format!("{inspection:?} {findings:?} {}", shown_as_json(inspection))
}

#[cfg(feature = "serde")]
fn shown_as_json(inspection: &Inspection) -> String {
    serde_json::to_string(inspection).unwrap()
}

#[cfg(not(feature = "serde"))]
fn shown_as_json(_: &Inspection) -> String {
    String::new()
}

#[test]
fn tokens_are_known_by_their_emulator() {
    let (emulator, _) = emulator();
    emulator.register_long_lived_token(&channel(), "any+text", Duration::ZERO).unwrap();
    let jwt = issue_jwt(&emulator, &assertion());
    let key_id = member(&jwt, "key_id").as_str().unwrap().to_owned();
    for (text, kind, family, expires_in, key_id) in [
        (token(&issue(&emulator)), InspectedKind::ShortLivedToken, TokenFamily::ShortLived, Some(2_592_000), None),
        (token(&jwt), InspectedKind::JwtToken, TokenFamily::Jwt, Some(86_400), Some(key_id)),
        (token(&issue_stateless(&emulator)), InspectedKind::StatelessToken, TokenFamily::Stateless, Some(900), None),
        ("any+text".to_owned(), InspectedKind::LongLivedToken, TokenFamily::LongLived, None, None),
    ] {
        for pasted in [
            text.clone(),
            format!("Authorization: Bearer {text}"),
            format!("access_token={}", percent(&text)),
            format!("{{\"access_token\":\"{text}\"}}"),
        ] {
            let inspection = emulator.inspect(&pasted);
            assert_eq!(inspection.subject(), kind, "{inspection:?}");
            assert!(inspection.is_accepted());
            let known = inspection.token().unwrap();
            assert_eq!((known.family, known.status), (family, InspectedTokenStatus::Live));
            assert_eq!((&known.channel_id, &known.key_id), (&channel(), &key_id));
            assert_eq!(known.expires_in.map(|left| left.as_secs()), expires_in);
            assert!(!everything(&inspection).contains(&text), "the token itself");
            assert!(inspection.claims().is_none());
        }
        assert_eq!(emulator.inspect(&text).header().is_some(), text.starts_with("eyJ"));
    }
}

#[test]
fn ended_tokens_say_why() {
    let (emulator, _) = emulator();
    let tokens =
        [token(&issue(&emulator)), token(&issue_jwt(&emulator, &assertion())), token(&issue_stateless(&emulator))];
    let statuses =
        |emulator: &Emulator| tokens.clone().map(|token| emulator.inspect(&token).token().map(|token| token.status));
    emulator.revoke_all(&channel());
    let (revoked, expired) = (Some(InspectedTokenStatus::Revoked), Some(InspectedTokenStatus::Expired));
    assert_eq!(statuses(&emulator), [revoked, revoked, Some(InspectedTokenStatus::Live)]);
    emulator.advance_channel(&channel(), Duration::from_secs(900)).unwrap();
    assert_eq!(statuses(&emulator), [revoked, revoked, expired]);
    for token in &tokens {
        let inspection = emulator.inspect(token);
        assert!(!inspection.is_accepted() && inspection.token().unwrap().expires_in.is_none());
        assert_eq!(inspection.findings().last().unwrap().advice.as_deref(), Some("issue a new one"));
    }
    emulator.reset();
    for token in &tokens {
        let inspection = emulator.inspect(token);
        assert!(inspection.token().is_none() && !inspection.is_accepted(), "unknown since the reset");
        assert!(inspection.findings().last().unwrap().message.contains("has not issued it"));
    }
}

#[test]
fn tokens_are_told_apart_without_emulator() {
    let (emulator, _) = emulator();
    for (text, kind) in [
        (token(&issue(&emulator)), InspectedKind::ShortLivedOrOpaque),
        (token(&issue_jwt(&emulator, &assertion())), InspectedKind::JwtOrStatelessToken),
        (token(&issue_stateless(&emulator)), InspectedKind::JwtOrStatelessToken),
    ] {
        let inspection = alone().inspect(&format!("Bearer {text}"));
        assert_eq!(inspection.subject(), kind, "{inspection:?}");
        let status = inspection.findings().last().unwrap();
        assert_eq!((status.rule, status.verdict), ("status", Verdict::NotChecked));
        assert!(inspection.is_accepted() && inspection.token().is_none());
        assert!(!everything(&inspection).contains(&text));
    }
    let cut = token(&issue(&emulator));
    let cut = alone().inspect(&cut[..cut.len() - 1]);
    assert!(
        cut.findings().iter().any(|finding| finding.rule == "form" && finding.verdict == Verdict::Warning),
        "{cut:?}"
    );
}

#[test]
fn assertions_are_found_in_whole_requests() {
    let (emulator, _) = emulator();
    let assertion = assertion();
    let (first, second) = assertion.split_at(100);
    for text in [
        format!("client_assertion={assertion}&grant_type=client_credentials"),
        format!(
            "POST /oauth2/v2.1/token HTTP/1.1\r\nHost: api.line.me\r\n\r\ngrant_type=client_credentials&{}",
            with_assertion(&assertion)
        ),
        format!("{{\"client_assertion\": \"{assertion}\"}}"),
        format!("{first}\n{second}"),
        format!("{first}\r\n    {second}\r\n"),
        format!(" '{assertion}' "),
        format!("client_assertion={first}\n{second}&x=y"),
    ] {
        let inspection = emulator.inspect(&text);
        assert_eq!(inspection.subject(), InspectedKind::Assertion, "{text}");
        assert!(inspection.is_accepted(), "{inspection:?}");
        assert!(!everything(&inspection).contains(assertion.rsplit_once('.').unwrap().1), "the signature");
    }
}

#[test]
fn keys_and_secrets_are_named_and_not_shown() {
    const SECRET_HEX: &str = "0123456789abcdef0123456789abcdef";
    const HIDDEN: &str = "aGlkZGVuaGlkZGVu";
    let pem = |label: &str| format!("-----BEGIN {label}-----\n{HIDDEN}\n-----END {label}-----\n");
    let pkcs8 = format!("MIIEvQIBADANBgkqhkiG9w0BAQEFAASC{HIDDEN}{}", HIDDEN.repeat(20));
    let (emulator, _) = emulator();
    for (text, kind) in [
        (pem("PRIVATE KEY"), InspectedKind::PrivateKey),
        (pem("RSA PRIVATE KEY"), InspectedKind::PrivateKey),
        (pem("ENCRYPTED PRIVATE KEY"), InspectedKind::PrivateKey),
        (pem("PRIVATE KEY").replace('\n', "\\n"), InspectedKind::PrivateKey),
        (format!("{HIDDEN}\n-----END PRIVATE KEY-----"), InspectedKind::PrivateKey),
        (pkcs8, InspectedKind::PrivateKey),
        (format!(r#"{{"kty":"RSA","n":"AQAB","e":"AQAB","d":"{HIDDEN}"}}"#), InspectedKind::PrivateKey),
        (format!(r#"{{"privateKey":{{"kty":"EC","d":"{HIDDEN}"}}}}"#), InspectedKind::PrivateKey),
        (format!(r#"[{{"kty":"oct","k":"{HIDDEN}"}}]"#), InspectedKind::PrivateKey),
        (pem("PUBLIC KEY"), InspectedKind::PublicKey),
        (pem("CERTIFICATE"), InspectedKind::PublicKey),
        (rsa_jwk(&RSA), InspectedKind::PublicKey),
        (SECRET_HEX.to_owned(), InspectedKind::ChannelSecret),
        (format!(" \"{SECRET_HEX}\"\n"), InspectedKind::ChannelSecret),
        (format!("LINE_CHANNEL_SECRET={SECRET_HEX}"), InspectedKind::ChannelSecret),
        (format!("LINE_CHANNEL_SECRET={HIDDEN}"), InspectedKind::ChannelSecret),
        (format!("grant_type=client_credentials&client_id=1&client_secret={HIDDEN}"), InspectedKind::ChannelSecret),
        (format!(r#"{{"channelSecret":"{HIDDEN}"}}"#), InspectedKind::ChannelSecret),
        (HIDDEN.to_owned(), InspectedKind::Unknown),
        (format!(r#"{{"password":"{HIDDEN}"}}"#), InspectedKind::Unknown),
    ] {
        for inspection in [alone().inspect(&text), emulator.inspect(&text)] {
            assert_eq!(inspection.subject(), kind, "{text}");
            assert!(!inspection.is_accepted() && inspection.header().is_none() && inspection.claims().is_none());
            let all = everything(&inspection);
            assert!(!all.contains(HIDDEN) && !all.contains(SECRET_HEX), "{all}");
            let finding = &inspection.findings()[0];
            assert_eq!((finding.rule, inspection.findings().len()), ("text", 1), "{all}");
            assert!(finding.advice.is_some());
        }
    }
}

#[test]
fn other_values_are_named() {
    for (text, words) in [
        ("", "empty"),
        (" \n\u{feff}", "empty"),
        (CHANNEL, "channel id"),
        ("U0123456789abcdef0123456789abcdef", "id of a user"),
        (KID, "kid of an assertion key"),
        ("sDTOzw5wIfxxxxPEzcmeQA", "key id of a v2.1 token"),
        ("eyJhbGciOiJSUzI1NiJ9", "without any dot"),
        (r#"{"iss":"1234567890","exp":1}"#, "claims of an assertion, not signed"),
        (r#"{"alg":"RS256","typ":"JWT"}"#, "header of an assertion"),
        (r#"{"error":"invalid_client"}"#, "without an access_token"),
        ("{\"access", "is none"),
        ("hello world", "neither"),
        ("www.example.com", "neither"),
        ("a.b.c", "neither"),
        ("Bearer", "neither"),
    ] {
        let inspection = alone().inspect(text);
        assert_eq!(inspection.subject(), InspectedKind::Unknown, "{text}");
        let finding = &inspection.findings()[0];
        assert!(finding.message.contains(words), "{text}: {finding}");
    }
}

#[test]
fn megabytes_are_survived() {
    let (emulator, _) = emulator();
    let start = SystemClock.now();
    let large = 900_000;
    for text in [
        "a".repeat(large),
        "eyJ.".repeat(large / 4),
        "eyJ ".repeat(large / 4),
        ".".repeat(large),
        "[".repeat(large),
        "{\"a\":".repeat(large / 5),
        "client_assertion=".repeat(large / 17),
        "Bearer ".repeat(large / 7),
        "%2B".repeat(large / 3),
        "\u{feff}".repeat(large / 3),
        "ü\u{202e}".repeat(large / 5),
        format!(
            "{}.{}.{}",
            encode(header(KID)),
            encode(format!("{{\"iss\":\"{}\"}}", "x".repeat(large / 2))),
            "A".repeat(large / 4)
        ),
        format!("{}.{}.AAAA", encode(header(KID)), encode("{".repeat(large / 2))),
    ] {
        for inspection in [emulator.inspect(&text), alone().inspect(&text)] {
            assert!(!inspection.findings().is_empty());
            let longest = inspection.findings().iter().map(|finding| finding.message.len()).max().unwrap();
            assert!(longest < 1000, "{longest}");
        }
    }
    let inspection = alone().inspect(&"a".repeat(5_000_000));
    assert!(inspection.findings()[0].message.contains("5000000 bytes"), "{inspection:?}");
    assert!(SystemClock.now().since(start) < Duration::from_secs(60), "something is quadratic");
}

proptest! {
    #[test]
    fn any_text_is_survived(text in r"\PC*", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let (emulator, _) = emulator();
        let bytes = String::from_utf8_lossy(&bytes).into_owned();
        for text in [text.clone(), bytes.clone(), format!("Bearer {text}"), format!("{}.{}.{}", encode(&text), encode(&bytes), text)] {
            prop_assert!(!emulator.inspect(&text).findings().is_empty());
            prop_assert!(!alone().inspect(&text).findings().is_empty());
        }
    }
}
