//! Issues one token of the family that a channel is configured for.

use std::time::Duration;

use line_channel_token::configuration::{ChannelConfig, TokenFamily};
use line_channel_token::{AccessToken, Error, IssuedToken, Operation, RequestId, Sent, TokenKeyId};

use crate::failure::Failure;
use crate::line_service::LineService;
use crate::spinner;

/// A token, and what is known of it.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) access_token: AccessToken,
    pub(crate) family: TokenFamily,
    pub(crate) expires_in: Duration,
    /// Unix time, by this machine's clock.
    pub(crate) expires_at: Duration,
    pub(crate) key_id: Option<TokenKeyId>,
    pub(crate) request_id: Option<RequestId>,
}

/// Issues a token, and shows on a terminal that it waits. It blocks while it reads the files of the credentials.
pub(crate) async fn issue(service: &LineService, config: &ChannelConfig) -> Result<Issued, Failure> {
    let doing = format!("Waiting for {} to issue a token …", service.name());
    spinner::while_waiting(&doing, call(service, config)).await
}

async fn call(service: &LineService, config: &ChannelConfig) -> Result<Issued, Failure> {
    let client = service.client();
    let family = config.token_family();
    let mut key_id = None;
    let outcome: Result<IssuedToken, Error> = match family {
        TokenFamily::Jwt => {
            let lifetime = config.token_lifetime().unwrap_or(line_channel_token::TokenLifetime::MAX);
            let assertion = config.read_assertion_signer()?.sign_for(lifetime)?;
            client.issue_jwt(&assertion).await.map(|token| {
                key_id = Some(token.key_id().clone());
                token.into()
            })
        }
        TokenFamily::ShortLived => {
            client.issue(config.channel_id(), &config.read_channel_secret()?).await.map(Into::into)
        }
        _ if has_key(config) => {
            let assertion = config.read_assertion_signer()?.sign()?;
            client.issue_stateless_with_jwt(&assertion).await.map(Into::into)
        }
        _ => client.issue_stateless(config.channel_id(), &config.read_channel_secret()?).await.map(Into::into),
    };
    let token = outcome.map_err(failure)?;
    let expires_in = token.expires_in();
    Ok(Issued {
        access_token: token.access_token().clone(),
        family,
        expires_in,
        expires_at: token.sent_at().unix.saturating_add(expires_in),
        key_id,
        request_id: token.request_id().cloned(),
    })
}

/// Whether stateless tokens are issued for the key: it is the stronger credential, because it never leaves this machine.
fn has_key(config: &ChannelConfig) -> bool {
    config.assertion_key().is_some() || config.assertion_key_file().is_some()
}

/// What an interrupted issue may have left behind.
pub(crate) fn lost_by_interrupt(family: TokenFamily) -> Option<&'static str> {
    match family {
        TokenFamily::Jwt => Some(
            "interrupted: LINE may have issued a token all the same, which uses one of the channel's 30 slots until it expires; \
             `line-channel-token key-ids` shows how many are in use",
        ),
        TokenFamily::ShortLived => Some(
            "interrupted: LINE may have issued a token all the same; it is one of the channel's 30, of which the 31st revokes the \
             oldest",
        ),
        _ => None,
    }
}

/// The failure, which says what a lost response means.
pub(crate) fn failure(error: Error) -> Failure {
    let is_server_error = error.status().is_some_and(|status| status.is_server_error());
    let may_be_issued = error.sent() == Sent::Unknown && (error.status().is_none() || is_server_error);
    let lost = match error.operation() {
        Some(Operation::IssueJwt) if may_be_issued => {
            "nobody has the token that may have been issued, so nobody can revoke it: it uses one of the channel's 30 slots until it \
             expires. `line-channel-token key-ids` shows how many are in use; stateless tokens need none"
        }
        Some(Operation::Issue) if may_be_issued => {
            "nobody has the token that may have been issued: it is one of the channel's 30 short-lived ones, of which LINE revokes the \
             oldest for the 31st. Stateless tokens have no such limit"
        }
        _ => return error.into(),
    };
    Failure::from(error).with_hint(lost)
}
