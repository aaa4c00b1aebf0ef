//! Where in a pasted text the assertion or the token is.

use std::borrow::Cow;

use serde_json::Value;

use super::finding::{Finding, Findings};

/// Names of members and parameters, by their precedence.
const NAMES: [&str; 8] = [
    "client_assertion",
    "clientAssertion",
    "assertion",
    "access_token",
    "accessToken",
    "channel_access_token",
    "jwt",
    "token",
];

/// What was found in a text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pasted {
    pub(super) value: String,
    /// Where it stood, if it was not the whole text.
    pub(super) source: Option<Cow<'static, str>>,
    line_breaks: bool,
    spaces: bool,
    percent_encoded: bool,
    several: bool,
}

impl Pasted {
    /// Finds the value, whatever is around it.
    pub(super) fn find(text: &str) -> Self {
        let text = bare(text);
        let (value, source) = match named(text) {
            Some((value, source)) => (value, Some(source)),
            None => (Cow::Borrowed(text), None),
        };
        let mut pasted = Self { source, ..Self::default() };
        let mut value = bare(&value).to_owned();
        if let Some(decoded) = percent_decoded(&value) {
            pasted.percent_encoded = true;
            value = decoded;
        }
        pasted.join(&value);
        pasted
    }

    /// Takes white space out of the value, unless it stands between words.
    fn join(&mut self, text: &str) {
        let mut words = text.split_whitespace();
        let first = words.next().unwrap_or_default();
        let rest: Vec<&str> = words.collect();
        if rest.is_empty() {
            first.clone_into(&mut self.value);
            return;
        }
        let is_jws = |word: &str| word.starts_with("eyJ") && word.matches('.').count() == 2 && !word.ends_with('.');
        if !text.chars().all(|character| is_token_character(character) || character.is_whitespace()) {
            // Sentences, a line of a log: the first word in it that begins as a JWS does.
            let mut pieces = text.split(|character| !is_token_character(character));
            let piece = pieces.find(|piece| piece.starts_with("eyJ") && piece.contains('.'));
            self.source = self.source.take().or(piece.map(|_| "among other words".into()));
            piece.unwrap_or(text).clone_into(&mut self.value);
        } else if is_jws(first) && rest.iter().any(|word| word.starts_with("eyJ")) {
            self.several = true;
            first.clone_into(&mut self.value);
        } else {
            self.line_breaks = text.contains(['\n', '\r']);
            self.spaces = !self.line_breaks;
            self.value = text.split_whitespace().collect();
        }
    }

    /// What is said about the way it was pasted.
    pub(super) fn findings(&self, findings: &mut Findings) {
        if let Some(source) = &self.source {
            findings.push(Finding::ok("text", format!("it was found {source}")));
        }
        if self.several {
            findings.push(Finding::warning(
                "text",
                "there are several: only the first is inspected",
                "paste one of them",
            ));
        }
        if self.percent_encoded {
            findings.push(Finding::ok("text", "it is percent-encoded, as in a form or a URL, and was decoded"));
        }
        if self.line_breaks {
            let advice = "send it in one line, if it is not only the paste that has them";
            findings.push(Finding::warning("text", "there are line breaks in it, which were left out", advice));
        }
        if self.spaces {
            let advice = "if a + became a space, send it as %2B in a form or a URL";
            findings.push(Finding::warning("text", "there are spaces in it, which were left out", advice));
        }
    }
}

/// A text without white space, invisible characters, quotes and punctuation around it.
pub(super) fn bare(text: &str) -> &str {
    text.trim_matches(|character: char| {
        character.is_whitespace()
            || matches!(character, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{ad}')
            || matches!(character, '"' | '\'' | '`' | '“' | '”' | '‘' | '’' | ',' | ';' | '<' | '>' | '\\')
    })
}

pub(super) fn is_token_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '+' | '/' | '=' | '~' | '%')
}

/// The value of a member of JSON, of a parameter, of a header or of a variable.
fn named(text: &str) -> Option<(Cow<'_, str>, Cow<'static, str>)> {
    if text.starts_with(['{', '['])
        && let Ok(json) = serde_json::from_str::<Value>(text)
    {
        let (value, name) = NAMES.iter().find_map(|&name| Some((member(&json, name)?, name)))?;
        return Some((value.into(), format!("as the member {name} of JSON").into()));
    }
    if let Some((value, name)) = NAMES.iter().find_map(|&name| Some((parameter(text, name)?, name))) {
        return Some((value.into(), format!("as the value of {name}").into()));
    }
    if let Some(value) = after_bearer(text) {
        return Some((value.into(), "after the word Bearer".into()));
    }
    let (name, value) = text.split_once('=')?;
    let name = name.trim().trim_start_matches("export ").trim_start_matches("$env:").trim();
    let is_variable = name.contains('_') && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_variable.then(|| (value.into(), "as the value of a variable".into()))
}

/// The text of a member with this name, however deep.
fn member(json: &Value, name: &str) -> Option<String> {
    match json {
        Value::Object(members) => match members.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
            _ => members.values().find_map(|value| member(value, name)),
        },
        Value::Array(values) => values.iter().find_map(|value| member(value, name)),
        _ => None,
    }
}

/// The value that follows a name and `=` or `:`, as in forms, URLs, command lines and JSON that is not whole.
fn parameter(text: &str, name: &str) -> Option<String> {
    let mut rest = text;
    let mut before = None;
    while let Some((head, tail)) = rest.split_once(name) {
        let previous = head.chars().next_back().or(before);
        before = name.chars().next_back();
        rest = tail;
        if previous.is_some_and(|character| character.is_ascii_alphanumeric() || character == '_') {
            continue;
        }
        let value = tail.trim_start_matches(['"', '\'', '\\']).trim_start();
        let Some(value) = value.strip_prefix(['=', ':']) else { continue };
        let value = taken(value.trim_start().trim_start_matches(['"', '\'', '\\']));
        if !value.is_empty() {
            return Some(value);
        }
    }
    None
}

/// What follows the word `Bearer`.
fn after_bearer(text: &str) -> Option<String> {
    const WORD: &str = "bearer";
    let lower = text.to_ascii_lowercase();
    for (at, _) in lower.match_indices(WORD) {
        let rest = text.get(at + WORD.len()..).unwrap_or_default();
        let value = rest.strip_prefix([' ', '\t', ':', '\n']).or_else(|| rest.strip_prefix("%20"));
        let value = value.map(|value| taken(value.trim_start())).unwrap_or_default();
        if !value.is_empty() {
            return Some(value);
        }
    }
    None
}

/// The token characters that a text begins with, and those of further lines that consist of nothing else.
fn taken(text: &str) -> String {
    let mut value = String::new();
    for line in text.lines() {
        let line = line.trim();
        let end = line.find(|character| !is_token_character(character));
        let part = end.map_or(line, |end| line.get(..end).unwrap_or_default());
        let rest = end.and_then(|end| line.get(end..)).unwrap_or_default();
        let goes_on = rest.is_empty() && !part.is_empty();
        if !value.is_empty() {
            // A line of something else, such as another header.
            if part.is_empty() || !(rest.is_empty() || rest.starts_with(['"', '\'', '&', ','])) {
                break;
            }
            value.push('\n');
        }
        value.push_str(part);
        if !goes_on {
            break;
        }
    }
    value
}

/// The decoded text, if it holds escapes of characters that tokens have.
fn percent_decoded(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    if !["%2b", "%2f", "%3d", "%2e", "%0a", "%0d"].iter().any(|escape| lower.contains(escape)) {
        return None;
    }
    // A `+` is itself here, and not a space: the tokens of LINE have some.
    let text = text.replace('+', "%2B").replace('=', "%3D");
    let mut pairs = form_urlencoded::parse(text.as_bytes());
    pairs.next().map(|(name, _)| name.into_owned())
}

#[cfg(test)]
mod tests {
    use super::Pasted;

    const JWS: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxIn0.c2lnbmF0dXJl";

    #[test]
    fn values_are_found_in_what_is_around_them() {
        let wrapped = "eyJhbGciOiJSUzI1NiJ9.eyJpc3Mi\n  OiIxIn0.c2lnbm\r\nF0dXJl";
        for text in [
            JWS.to_owned(),
            format!("\u{feff} \"{JWS}\",\n"),
            format!("“{JWS}”"),
            wrapped.to_owned(),
            format!("Authorization: Bearer {JWS}"),
            format!("authorization: bearer   {JWS}\r\nHost: api.line.me\r\n\r\n"),
            format!("GET /v2/bot/info HTTP/1.1\nHost: api.line.me\nAuthorization: Bearer {wrapped}\nAccept: */*\n"),
            format!("curl -H 'Authorization: Bearer {JWS}' https://api.line.me/v2/bot/info"),
            format!("Bearer%20{JWS}"),
            format!("grant_type=client_credentials&client_assertion_type=urn%3Aietf&client_assertion={JWS}&x=1"),
            format!("client_assertion={JWS}"),
            format!("https://api.line.me/oauth2/v2.1/verify?access_token={JWS}"),
            format!("curl -d 'grant_type=client_credentials' -d \"client_assertion={JWS}\" https://x"),
            format!("{{\"access_token\":\"{JWS}\",\"token_type\":\"Bearer\"}}"),
            format!("{{\"data\":[{{\"client_assertion\": \"{JWS}\"}}]}}"),
            format!("\"access_token\": \"{JWS}\", \"expires_in\": 9"),
            format!("{{\"access_token\":\"{JWS}\",\"expi"),
            format!("export LINE_CHANNEL_ACCESS_TOKEN='{JWS}'"),
            format!("LINE_CHANNEL_ACCESS_TOKEN={JWS}"),
            format!("2026-11-26T05:00:00Z WARN refused (assertion {JWS}): 400"),
        ] {
            assert_eq!(Pasted::find(&text).value, JWS, "{text}");
        }
    }

    #[test]
    fn precedence_is_by_name() {
        let text = format!("access_token=other&client_assertion={JWS}");
        assert_eq!(Pasted::find(&text).value, JWS);
        assert_eq!(
            Pasted::find("client_assertion_type=x").value,
            "client_assertion_type=x".replace("client_assertion_type=", "")
        );
    }

    #[test]
    fn opaque_tokens_are_decoded() {
        for text in ["a+b/cQ==", "a%2Bb%2FcQ%3D%3D", "access_token=a%2bb%2fcQ%3d%3d", r#"{"access_token":"a+b\/cQ=="}"#]
        {
            assert_eq!(Pasted::find(text).value, "a+b/cQ==", "{text}");
        }
        let spaced = Pasted::find("a b/cQ==");
        assert!(spaced.spaces && !spaced.line_breaks);
    }

    #[test]
    fn several_values_are_noticed() {
        let pasted = Pasted::find(&format!("{JWS}\n{JWS}"));
        assert!(pasted.several && pasted.value == JWS);
    }

    #[test]
    fn names_repeat_without_end() {
        let text = "token token_token =token".repeat(20_000);
        assert!(Pasted::find(&text).value.len() <= text.len());
        assert!(Pasted::find(&"bearer ".repeat(100_000)).value.len() <= 700_000);
    }
}
