//! What a response that is no success means: its kind, and what to do.
//!
//! What was sent is known, so the operation, the status and the `error` code together already say most, and they decide; LINE
//! guarantees no text, so a known one only makes the kind more precise. What is not of the form of LINE's errors was sent by somebody
//! else, and says nothing about a token, a secret or a key: nobody must throw a good one away because of a proxy.

use std::borrow::Cow;

use http::StatusCode;

use crate::mistaken::contains_ignoring_case;
use crate::response_body::BodyForm;
use crate::{ErrorKind, Operation};

/// What classifies a response.
pub(crate) struct Seen<'a> {
    pub(crate) operation: Operation,
    pub(crate) status: StatusCode,
    /// The `error` code, if it is a known one.
    pub(crate) code: Option<&'static str>,
    /// `error_description` or `message`.
    pub(crate) text: Option<&'a str>,
    pub(crate) form: BodyForm,
    /// Whether the response has a `WWW-Authenticate` header.
    pub(crate) demands_login: bool,
}

pub(crate) struct Classification {
    pub(crate) kind: ErrorKind,
    pub(crate) message: Cow<'static, str>,
    pub(crate) hint: Option<&'static str>,
    /// Whether the server's words, if there are any, help.
    pub(crate) cites_text: bool,
}

fn class(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Classification {
    Classification { kind, message: message.into(), hint: None, cites_text: false }
}

impl Classification {
    fn hint(self, hint: &'static str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    fn citing(self) -> Self {
        Self { cites_text: true, ..self }
    }
}

impl Seen<'_> {
    pub(crate) fn classify(&self) -> Classification {
        match self.status.as_u16() {
            429 => class(ErrorKind::RateLimited, "the rate limit of the channel is exceeded")
                .hint("cache tokens instead of issuing one per call, and try again later"),
            // A 408 is a server that gave up waiting for the rest of the request.
            408 | 500..=599 => self.server_failure(),
            300..=399 => {
                class(ErrorKind::UnexpectedResponse, "the server responded with a redirect, which is not followed")
                    .hint("give the final address as the base URL; a captive portal redirects too")
            }
            407 => class(ErrorKind::Rejected, "a proxy demands that the request authenticates itself to it")
                .hint("give the proxy's user name and password with its address"),
            413 => class(ErrorKind::Rejected, "the request is larger than the server accepts").citing(),
            404 if self.operation.takes_assertion() && self.is_lines() && !self.is_about_the_path() => class(
                ErrorKind::UnknownAssertionKey,
                "no public key is registered under the assertion's kid",
            )
            .hint(
                "compare the kid with the one that the Console shows for this channel under \"Assertion Signing Key\"; \
                     if calls without an assertion fail as well, check the base URL",
            ),
            404 | 405 => class(ErrorKind::Rejected, self.with_page("the server does not know this endpoint"))
                .hint("check the base URL")
                .citing(),
            401 if self.form == BodyForm::Empty && !self.demands_login => self.error_response(),
            400..=499 if self.is_lines() => self.error_response(),
            400..=499 => class(ErrorKind::Rejected, self.with_page("the request was refused"))
                .hint("LINE's error responses have another form: does a proxy or gateway stand between, or another server?")
                .citing(),
            _ => class(ErrorKind::UnexpectedResponse, "the server responded with an unexpected status"),
        }
    }

    fn is_lines(&self) -> bool {
        self.form == BodyForm::Lines
    }

    fn says(&self, words: &[&str]) -> bool {
        self.text.is_some_and(|text| contains_ignoring_case(text, words))
    }

    /// Whether one of `words` stands in the text as a word of its own: `iss` does not in "missing".
    fn has_word(&self, words: &[&str]) -> bool {
        let is_letter = |character: char| character.is_ascii_alphanumeric() || character == '_';
        self.text.is_some_and(|text| {
            text.split(|character| !is_letter(character))
                .any(|given| words.iter().any(|word| given.eq_ignore_ascii_case(word)))
        })
    }

    /// `message`, and what the body is if it is not LINE's.
    fn with_page(&self, message: &'static str) -> Cow<'static, str> {
        match self.form.description() {
            Some(description) => format!("{message}, and the body {description}").into(),
            None => message.into(),
        }
    }

    /// Whether a 404 says that there is no such path, as gateways do, and nothing of a key.
    fn is_about_the_path(&self) -> bool {
        self.says(&["route", "endpoint", "path", "url"]) && !self.says(&["key", "kid"])
    }

    fn server_failure(&self) -> Classification {
        let failed = class(ErrorKind::Server, self.with_page("the server failed"));
        if self.status == StatusCode::NETWORK_AUTHENTICATION_REQUIRED {
            failed.hint("a captive portal demands a login first")
        } else if self.operation.is_idempotent() {
            failed
        } else {
            failed.hint("it may have issued a token all the same, so the call was not repeated")
        }
    }

    /// An error response in the form of LINE's.
    fn error_response(&self) -> Classification {
        use Operation as O;
        const OF_A_REQUEST: [&str; 3] = ["invalid_request", "invalid_grant", "invalid_token"];
        let other = || class(ErrorKind::Rejected, "the server refused the request").citing();
        let code_is = |codes: &[&str]| self.code.is_some_and(|code| codes.contains(&code));
        let status = self.status.as_u16();
        match self.operation {
            // What was sent is the same each time but for the values, so these are not about the values.
            _ if code_is(&["unsupported_grant_type", "unsupported_response_type", "invalid_scope"]) => other(),
            _ if self.says(&["content type", "content-type", "retry-key", "retry key"]) => other(),
            O::Verify | O::VerifyJwt | O::Revoke if status == 401 => {
                other().hint("LINE asks for no credentials here: is there a gateway between that does?")
            }
            O::Verify | O::VerifyJwt | O::Revoke if status == 400 && code_is(&OF_A_REQUEST) => self.token(),
            // Beside the token these two carry nothing that could be wrong, and nothing depends on it.
            O::Verify | O::VerifyJwt if status == 400 && self.code.is_none() && !self.is_denied() => self.token(),
            O::Verify | O::VerifyJwt | O::Revoke => other(),
            O::RevokeJwt if status == 400 && code_is(&OF_A_REQUEST) && self.is_about_the_token() => self.token(),
            O::Issue | O::IssueStateless | O::RevokeJwt => {
                if status == 401
                    || code_is(&["invalid_client", "unauthorized_client"])
                    || (status == 400 && code_is(&OF_A_REQUEST))
                {
                    self.client()
                } else {
                    other()
                }
            }
            O::IssueJwt if self.is_about_the_limit() => token_limit(),
            // The limit has no code, and what else a request can be refused for is named.
            O::IssueJwt
                if status == 400 && self.code.is_none() && !self.is_denied() && !self.is_about_the_assertion() =>
            {
                token_limit()
            }
            O::IssueJwt | O::IssueStatelessWithJwt | O::KeyIds => {
                if code_is(&["unauthorized_client"]) || (status == 401 && self.code.is_none()) {
                    self.client()
                } else if code_is(&["invalid_client"]) || (status == 400 && code_is(&OF_A_REQUEST)) {
                    self.assertion()
                } else {
                    other()
                }
            }
        }
    }

    /// Whether the text speaks of the token alone, and not of who revokes it.
    fn is_about_the_token(&self) -> bool {
        (self.says(&["access token", "access_token"]) || self.has_word(&["jws"]))
            && !self.says(&["client", "secret", "credential", "authenti", "not revoked", "parameter"])
    }

    /// Whether the text speaks of the limit of 30 tokens.
    fn is_about_the_limit(&self) -> bool {
        self.says(&["tokens", "access token"])
            && (self.says(&["maximum", "limit", "too many", "no more", "more than", "exceed"])
                || self.has_word(&["30"]))
            && !self.says(&["token_exp", "expir", "lifetime", "days", "rate limit"])
    }

    /// Whether a message without a code speaks of something that is wrong with an assertion or a request.
    fn is_about_the_assertion(&self) -> bool {
        self.says(&[
            "assertion",
            "jwt",
            "signature",
            "audience",
            "algorithm",
            "verif",
            "body",
            "header",
            "parameter",
            "parse",
            "property",
            "missing",
            "invalid",
            "unsupported",
            "not supported",
            "grant",
            "key",
        ]) || self.has_word(&["exp", "expired", "aud", "iss", "sub", "alg", "kid", "token_exp"])
    }

    /// Whether a message is one of those that gateways send, or is about the channel or the service as a whole.
    fn is_denied(&self) -> bool {
        self.says(&[
            "bad request",
            "denied",
            "blocked",
            "forbidden",
            "not allowed",
            "no route",
            "not found",
            "throttl",
            "rate limit",
            "firewall",
            "gateway",
            "proxy",
            "authenti",
            "authori",
            "maintenance",
            "unavailable",
            "not available",
            "suspend",
            "plan",
            "internal",
        ])
    }

    fn token(&self) -> Classification {
        let (expired, revoked) = (self.has_word(&["expired"]), self.has_word(&["revoked"]));
        // A text that names both names what may be, not what is.
        match (expired, revoked) {
            _ if self.has_word(&["jws"]) => class(ErrorKind::InvalidToken, "the access token is not a v2.1 token")
                .hint("verify and revoke are the methods for short-lived and long-lived tokens"),
            (true, false) if !self.says(&["not expired", "invalid"]) => {
                class(ErrorKind::TokenExpired, "the access token has expired").hint("issue a new one")
            }
            (false, true) if !self.says(&["not revoked", "invalid"]) => {
                class(ErrorKind::TokenRevoked, "the access token was revoked").hint("issue a new one")
            }
            _ => {
                let invalid =
                    class(ErrorKind::InvalidToken, "the access token is unknown, revoked, expired or malformed");
                invalid.hint(match self.operation {
                    Operation::Verify | Operation::Revoke => {
                        "verify_jwt and revoke_jwt are the methods for v2.1 tokens; stateless tokens can be neither \
                         verified nor revoked"
                    }
                    _ => {
                        "verify and revoke are the methods for short-lived and long-lived tokens; stateless tokens can be \
                         neither verified nor revoked"
                    }
                })
            }
        }
    }

    fn assertion(&self) -> Classification {
        if self.has_word(&["iss", "issuer"]) && self.says(&["key", "match", "own"]) {
            class(ErrorKind::InvalidClient, "the assertion's kid belongs to a key of another channel")
                .hint("sign with the channel id under which the public key is registered")
        } else if self.has_word(&["exp", "expired", "expiration"]) {
            class(ErrorKind::InvalidAssertion, "the assertion has expired or its exp is too far ahead")
                .hint("sign a fresh one, and compare this machine's clock with the time: LINE judges by its own")
        } else if self.operation == Operation::IssueJwt {
            class(ErrorKind::InvalidAssertion, "the assertion was refused").citing().hint(
                "issue_jwt needs an assertion with a token lifetime (token_exp; `sign_for`), and the key pair, the kid \
                 and the channel id must belong together",
            )
        } else {
            class(ErrorKind::InvalidAssertion, "the assertion was refused")
                .citing()
                .hint("the key pair, the kid, the channel id and the claims must belong together")
        }
    }

    fn client(&self) -> Classification {
        if self.operation.takes_assertion() {
            return class(ErrorKind::InvalidClient, "the channel id or its credentials were refused")
                .citing()
                .hint("check the channel id, the kid and the key that belong together in the Console");
        }
        let names_id = self.says(&["client_id", "channel id", "wrong format"]);
        let names_secret = self.says(&["client_secret", "channel secret"]);
        let message = match (names_id, names_secret) {
            (true, false) => "the channel id was refused",
            (false, true) => "the channel secret was refused",
            _ => "the channel id or the channel secret was refused",
        };
        class(ErrorKind::InvalidClient, message).hint("the Console shows both on the channel's \"Basic settings\" tab")
    }
}

fn token_limit() -> Classification {
    class(ErrorKind::TokenLimitReached, "the channel has 30 valid v2.1 tokens already, LINE's limit").citing().hint(
        "revoke one or wait until one expires; tokens whose issue never got a response count too, and only expiry frees their \
         slots; key_ids lists all",
    )
}
