//! What a script and a person can do about each kind of error of the library.

use line_channel_token::{Error, ErrorKind};

use crate::exit::Exit;

/// The exit code.
pub(crate) fn exit(error: &Error) -> Exit {
    if error.is_transient() {
        return Exit::TryLater;
    }
    match error.kind() {
        // A backend cannot be built: the environment's proxy is no address, or the machine has no trusted roots.
        ErrorKind::InvalidInput | ErrorKind::Backend | ErrorKind::Certificate => Exit::Usage,
        ErrorKind::InvalidClient
        | ErrorKind::InvalidAssertion
        | ErrorKind::UnknownAssertionKey
        | ErrorKind::TokenLimitReached
        | ErrorKind::TokenExpired
        | ErrorKind::TokenRevoked
        | ErrorKind::InvalidToken
        | ErrorKind::Rejected => Exit::Refused,
        ErrorKind::TokenUnavailable | ErrorKind::IssueBudgetReached => Exit::TryLater,
        _ => Exit::Other,
    }
}

/// What to do about it, beside what the message says already.
pub(crate) fn hint(kind: ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::InvalidClient => {
            "compare the channel ID and the channel secret with the \"Basic settings\" tab of the channel in the LINE \
             Developers Console; `line-channel-token doctor` checks both"
        }
        ErrorKind::InvalidAssertion => {
            "`line-channel-token sign | line-channel-token inspect` says which rule the assertion breaks, and \
             `line-channel-token doctor` compares the clocks"
        }
        ErrorKind::UnknownAssertionKey => {
            "register the public key that `line-channel-token jwk FILE` prints (LINE Developers Console, the channel's \
             \"Basic settings\" tab, \"Assertion Signing Key\"), and use the kid that the Console shows for it"
        }
        ErrorKind::TokenLimitReached => {
            "`line-channel-token key-ids` lists the channel's valid v2.1 tokens; revoke what nobody uses with \
             `line-channel-token revoke`, or use stateless tokens, which need no slot"
        }
        ErrorKind::TokenExpired | ErrorKind::TokenRevoked => "issue a new one: `line-channel-token issue`",
        ErrorKind::InvalidToken => {
            "check the token's family: v2.1 tokens begin with eyJ, stateless ones too but cannot be verified or revoked, \
             and the others are short-lived or long-lived"
        }
        ErrorKind::RateLimited => "wait, and reuse a token while it is valid",
        ErrorKind::Server => "LINE's status page says whether it is known: https://status.line.me",
        ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Interrupted => {
            "`line-channel-token doctor` checks the name, the proxy, the connection and TLS one by one"
        }
        ErrorKind::Certificate => {
            "a proxy that intercepts TLS needs its root among those of this machine; otherwise check the machine's clock and \
             LINE_API_BASE_URL"
        }
        ErrorKind::Backend => "check HTTPS_PROXY, ALL_PROXY and NO_PROXY, and that the machine has root certificates",
        ErrorKind::BodyTooLarge | ErrorKind::UnexpectedResponse | ErrorKind::Transport => {
            "something else than LINE may have sent that: check LINE_API_BASE_URL and the proxy, or run \
             `line-channel-token doctor`"
        }
        ErrorKind::Signing => "`line-channel-token jwk FILE` says whether the key is sound",
        ErrorKind::TokenUnavailable | ErrorKind::TemporarilyUnavailable | ErrorKind::IssueBudgetReached => {
            "the same command may succeed later"
        }
        ErrorKind::Rejected => {
            "`line-channel-token doctor` checks everything that LINE asks for; quote the request id to LINE's support"
        }
        // The message says what to correct.
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use line_channel_token::{Error, ErrorKind};

    use super::{exit, hint};
    use crate::exit::Exit;

    #[test]
    fn every_kind_says_what_to_do() {
        for kind in ErrorKind::ALL {
            // Its messages do so themselves.
            assert_eq!(hint(*kind).is_some(), *kind != ErrorKind::InvalidInput, "{kind}");
        }
    }

    #[test]
    fn errors_without_a_response_have_the_code_of_their_remedy() {
        for (error, code) in [
            (Error::invalid_input("x"), Exit::Usage),
            (Error::backend("x"), Exit::Usage),
            (Error::signing("x"), Exit::Other),
            (Error::transient("x"), Exit::TryLater),
            (Error::token_unavailable("x"), Exit::TryLater),
        ] {
            assert_eq!(exit(&error), code, "{error:?}");
        }
    }
}
