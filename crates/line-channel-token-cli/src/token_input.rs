//! A token that is given to a command, and the family that it is of.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::Args;
use line_channel_token::AccessToken;
use line_channel_token::configuration::TokenFamily;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::input::Source;

/// More than any token has.
const MAX_LEN: usize = 64 * 1024;

/// A token that is there already, for a command that is about it.
#[derive(Args, Debug)]
pub(crate) struct TokenArgs {
    /// The file of the token; standard input without one, or with -
    #[arg(value_name = "FILE", default_value = "-", hide_default_value = true, value_parser = Source::parser())]
    token: Source,
    /// The family of the token: jwt (v2.1) or short-lived (v2, also for long-lived tokens)
    #[arg(long, value_name = "FAMILY", value_parser = parse_family)]
    family: Option<TokenFamily>,
}

/// A token, and the family that it is taken for.
#[derive(Debug)]
pub(crate) struct GivenToken {
    pub(crate) token: AccessToken,
    pub(crate) family: TokenFamily,
}

/// Parses `--family`, of a token that is there already.
fn parse_family(text: &str) -> Result<TokenFamily, String> {
    match text.trim().to_ascii_lowercase().replace('_', "-").as_str() {
        // The Console's own are verified and revoked as short-lived ones are.
        "long-lived" => Ok(TokenFamily::ShortLived),
        _ => text
            .parse()
            .map_err(|_| "give jwt (v2.1), short-lived (v2, also for long-lived tokens) or stateless".to_owned()),
    }
}

/// The token in a file or on standard input, in any form that the commands print.
pub(crate) fn read(source: &Source) -> Result<AccessToken, Failure> {
    let text = source.read_text("the token", MAX_LEN)?;
    let text = bare(&text);
    if is_assertion(&text) {
        return Err(Failure::usage(format!("{} holds an assertion and no token", source.name())).with_hint(
            "a token is what LINE issues for an assertion: `line-channel-token issue`. `line-channel-token inspect` shows what an \
             assertion says",
        ));
    }
    Ok(AccessToken::new(&*text)?)
}

impl TokenArgs {
    /// Reads the token. What `what_cannot` says of stateless tokens is refused if the family is given as such.
    pub(crate) fn read(&self, what_cannot: &str) -> Result<GivenToken, Failure> {
        if self.family == Some(TokenFamily::Stateless) {
            return Err(Failure::usage(format!("stateless tokens cannot be {what_cannot}: LINE has no call for it"))
                .with_hint("a stateless token expires by itself 15 minutes after it was issued"));
        }
        let token = read(&self.token)?;
        let recognized =
            if token.expose_secret().starts_with("eyJ") { TokenFamily::Jwt } else { TokenFamily::ShortLived };
        Ok(GivenToken { token, family: self.family.unwrap_or(recognized) })
    }
}

/// The token itself, of what `issue` prints in any format, or of a header.
fn bare(text: &str) -> Zeroizing<String> {
    let text = trimmed(text);
    if text.starts_with('{')
        && let Ok(mut value) = serde_json::from_str::<Value>(text)
        && let Some(Value::String(token)) = value.get_mut("access_token").map(Value::take)
    {
        return Zeroizing::new(token);
    }
    let text = value_of_variable(text).map_or(text, trimmed);
    let text = without_prefix(text, "authorization:").unwrap_or(text);
    let text = without_prefix(text, "bearer ").unwrap_or(text);
    Zeroizing::new(text.to_owned())
}

fn trimmed(text: &str) -> &str {
    let text = text.trim();
    let quoted = ["'", "\""].iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
    quoted.unwrap_or(text).trim()
}

/// The value of `NAME='value'` or `export NAME=value`. The `=` at the end of base64 begins no value.
fn value_of_variable(text: &str) -> Option<&str> {
    let (name, value) = text.strip_prefix("export ").unwrap_or(text).split_once('=')?;
    let is_name = name.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (is_name && value.len() > 2).then_some(value)
}

fn without_prefix<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest.trim())
}

/// Whether this is a JWT with the claims of an assertion: its issuer is its subject, and it is for LINE's API.
fn is_assertion(text: &str) -> bool {
    let claims = text.split('.').nth(1).and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok()).map(Zeroizing::new);
    let claims = claims.and_then(|claims| serde_json::from_slice::<Value>(&claims).ok());
    claims.is_some_and(|claims| {
        let subject = claims.get("sub").and_then(Value::as_str);
        subject.is_some() && claims.get("iss").and_then(Value::as_str) == subject && claims.get("aud").is_some()
    })
}

#[cfg(test)]
mod tests {
    use line_channel_token::configuration::TokenFamily;

    use super::{bare, is_assertion, parse_family};

    #[test]
    fn a_token_is_found_in_what_is_around_it() {
        for text in [
            "a+b/c==",
            " a+b/c==\n",
            "'a+b/c=='",
            "Bearer a+b/c==",
            "bearer  a+b/c==\r\n",
            "Authorization: Bearer a+b/c==",
            "authorization:Bearer a+b/c==",
            "LINE_CHANNEL_ACCESS_TOKEN='a+b/c=='",
            "export LINE_CHANNEL_ACCESS_TOKEN=\"a+b/c==\"",
            "{\"access_token\":\"a+b/c==\",\"token_type\":\"Bearer\",\"expires_in\":900}",
        ] {
            assert_eq!(bare(text).as_str(), "a+b/c==", "{text}");
        }
        for token in ["abc==", "abc=", "a_b=", "eyJhbGciOiJIUzI1NiJ9.UnQ_o-GP0VtnwDjbK0C8E_NvK"] {
            assert_eq!(bare(token).as_str(), token);
        }
    }

    #[test]
    fn an_assertion_is_told_from_a_token() {
        // {"iss":"1","sub":"1","aud":"https://api.line.me/"}
        assert!(is_assertion("e30.eyJpc3MiOiIxIiwic3ViIjoiMSIsImF1ZCI6Imh0dHBzOi8vYXBpLmxpbmUubWUvIn0.c2ln"));
        for token in ["eyJhbGciOiJIUzI1NiJ9.UnQ_o-GP0VtnwDjbK0C8E_NvK", "e30.e30.c2ln", "abc==", ""] {
            assert!(!is_assertion(token), "{token}");
        }
    }

    #[test]
    fn a_long_lived_token_counts_as_short_lived() {
        for (text, family) in [
            ("long-lived", TokenFamily::ShortLived),
            ("Long_Lived", TokenFamily::ShortLived),
            ("short-lived", TokenFamily::ShortLived),
            ("jwt", TokenFamily::Jwt),
            ("stateless", TokenFamily::Stateless),
        ] {
            assert_eq!(parse_family(text), Ok(family));
        }
        assert!(parse_family("s3cret").is_err_and(|error| !error.contains("s3cret")));
    }
}
