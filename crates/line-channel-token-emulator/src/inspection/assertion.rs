//! Every rule for an assertion: the same functions decide here as for a request, and here all of them are asked.

use super::finding::{Finding, Findings, Verdict};
use super::knowledge::{Knowledge, KnownKey};
use super::shown_json::shown_json;
use crate::claims::{ExpectedClaims, claim_rules, oddities};
use crate::client_auth::unknown_kid;
use crate::header_rules::{HEADER_RULES, algorithm, algorithm_of_key};
use crate::json_object::JsonObject;
use crate::jws::JwsParts;
use crate::key_algorithm::KeyAlgorithm;
use crate::numeric_claims::token_lifetime;
use crate::rule::{Rule, missing};
use crate::violation::Violation;

/// The JSON in an assertion, as far as there is some.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) header: Option<String>,
    pub(super) claims: Option<String>,
}

/// Asks every rule.
pub(super) fn inspect(text: &str, known: &dyn Knowledge, findings: &mut Findings) -> Decoded {
    let parts = match JwsParts::split(text) {
        Ok(parts) => parts,
        Err(violation) => {
            findings.push(Finding::of("form", violation));
            return Decoded { header: header_of(text), claims: None };
        }
    };
    findings.push(Finding::ok("form", "three parts with dots between"));
    let header_json = parts.header_json().ok();
    let claims_json = parts.claims_json().ok();
    let header = object("header", parts.header(), header_json.as_deref(), findings);
    let mut claims_findings = Findings::default();
    let claims = object("claims", parts.claims(), claims_json.as_deref(), &mut claims_findings);

    let kid = header.as_ref().and_then(|header| header.text("kid")).filter(|kid| !kid.is_empty());
    let iss = claims.as_ref().and_then(|claims| claims.text("iss"));
    if let Some(header) = &header {
        ask(&HEADER_RULES, header, &known.accepted(), findings);
    }
    let key = known.key(kid, iss);
    about_kid(kid, &key, claims.as_ref(), findings);
    about_signature(&parts, header.as_ref(), &key, known, findings);
    findings.0.append(&mut claims_findings.0);
    if let Some(claims) = &claims {
        let owner = known.owner(kid);
        let expected = ExpectedClaims {
            now: known.now(kid, iss).as_secs() as f64,
            owner: owner.as_deref(),
            audiences: known.audiences(),
            leniency: known.leniency(),
        };
        ask(&claim_rules(), claims, &expected, findings);
        about_token_exp(claims, known, findings);
        for oddity in oddities(claims) {
            findings.refine(Finding::odd(oddity));
        }
    }
    Decoded { header: header_json.as_deref().and_then(shown_json), claims: claims_json.as_deref().and_then(shown_json) }
}

/// An object, or what is wrong with it; the rules for its members are asked even if some of these are there twice.
fn object(
    name: &'static str,
    parsed: Result<JsonObject, Violation>,
    json: Option<&[u8]>,
    findings: &mut Findings,
) -> Option<JsonObject> {
    match parsed {
        Ok(object) => Some(object),
        Err(violation) => {
            findings.push(Finding::of(name, violation));
            json.and_then(JsonObject::parse_with_duplicates)
        }
    }
}

fn ask<Expected>(rules: &[Rule<Expected>], object: &JsonObject, expected: &Expected, findings: &mut Findings) {
    for rule in rules {
        match (rule.check)(object, expected) {
            Err(violation) => findings.push(Finding::of(rule.name, violation)),
            Ok(()) => findings.0.extend((rule.found)(object, expected).map(|found| Finding::ok(rule.name, found))),
        }
    }
}

fn about_kid(kid: Option<&str>, key: &KnownKey, claims: Option<&JsonObject>, findings: &mut Findings) {
    let Some(kid) = kid else {
        if let Some(finding) = findings.0.iter_mut().find(|finding| finding.rule == "kid")
            && claims.is_some_and(|claims| claims.has("kid"))
        {
            finding.advice = Some("there is a kid among the claims: it belongs into the header".to_owned());
        }
        return;
    };
    match key {
        KnownKey::Found { is_registered: true, .. } => {
            findings.refine(Finding::ok("kid", "a key is registered under the kid"));
        }
        KnownKey::NotRegistered { advice } => {
            let mut finding = Finding::of("kid", unknown_kid(kid));
            if let Some(advice) = advice {
                finding.advice = Some(advice.clone());
            }
            findings.refine(finding);
        }
        KnownKey::NotKnown | KnownKey::Found { .. } if looks_like_key_id(kid) => {
            findings.refine(Finding::warning(
                "kid",
                "the kid looks like the key id of an issued token",
                "the kid is the one that the Console shows beside the registered public key, usually a UUID",
            ));
        }
        KnownKey::NotKnown | KnownKey::Found { .. } => {
            findings.refine(Finding::not_checked(
                "kid",
                "only the Console knows whether a key is registered under the kid",
            ));
        }
    }
}

/// LINE's kids are UUIDs, and the key ids of issued tokens 16 bytes as base64url.
fn looks_like_key_id(kid: &str) -> bool {
    let base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    matches!(kid.len(), 21 | 22) && kid.bytes().all(base64url)
}

fn about_signature(
    parts: &JwsParts<'_>,
    header: Option<&JsonObject>,
    key: &KnownKey,
    known: &dyn Knowledge,
    findings: &mut Findings,
) {
    let algorithm = header.and_then(algorithm);
    if let KnownKey::Found { key, .. } = key
        && let Some(header) = header
        && algorithm.is_some()
    {
        if let Err(violation) = algorithm_of_key(header, key) {
            findings.refine(Finding::of("alg", violation));
            findings.push(Finding::not_checked("signature", "the key is for another algorithm"));
            return;
        }
        findings.push(match parts.verify(key) {
            Ok(()) => Finding::ok("signature", "the signature verifies against the public key"),
            Err(violation) => {
                let mut finding = Finding::of("signature", violation);
                if let Some(kid) = known.signer(parts) {
                    finding.advice =
                        Some(format!("the key that is registered under the kid {kid} made it: name that kid"));
                }
                finding
            }
        });
        return;
    }
    findings.push(match parts.signature(algorithm.unwrap_or(KeyAlgorithm::Rs256)) {
        Err(violation) => Finding::of("signature", violation),
        Ok(_) => {
            let advice = match key {
                KnownKey::NotKnown => Some("give the public key as a JWK".to_owned()),
                _ => None,
            };
            Finding { advice, ..Finding::not_checked("signature", "the public key to verify it with is not known") }
        }
    });
}

fn about_token_exp(claims: &JsonObject, known: &dyn Knowledge, findings: &mut Findings) {
    findings.push(match token_lifetime(claims, known.leniency()) {
        Ok(seconds) => Finding::ok("token_exp", format!("token_exp is {seconds} s")),
        Err(violation) if claims.has("token_exp") => Finding::of("token_exp", violation),
        Err(violation) if violation.found != missing(&JsonObject::default(), "the assertion", "token_exp") => {
            Finding { verdict: Verdict::Warning, ..Finding::of("token_exp", violation) }
        }
        Err(_) => Finding::not_checked(
            "token_exp",
            "there is none: a v2.1 issue needs one, a stateless token and the list of key ids do not",
        ),
    });
}

/// The JSON object that the first part of a JWS or of something like it is, if it is one.
pub(super) fn header_of(text: &str) -> Option<String> {
    let (header, _) = text.split_once('.')?;
    let alone = format!("{header}..");
    let json = JwsParts::split(&alone).ok()?.header_json().ok()?;
    JsonObject::parse_with_duplicates(&json)?;
    shown_json(&json)
}
