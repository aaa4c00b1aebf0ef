//! A source for each family of tokens.

mod jwt;
mod lookup;
mod short_lived;
mod signers;
mod stateless;
mod static_token;

use std::time::Duration;

use line_channel_token_core::{ChannelId, Client};

use crate::issue::RetireReason;
use crate::policy::SourcePolicy;
use crate::token_family::TokenFamily;

pub use jwt::JwtSource;
pub use lookup::{Credentials, LookupSource};
pub use short_lived::ShortLivedSource;
pub use stateless::StatelessSource;
pub use static_token::StaticSource;

/// Whether a source that revokes previous tokens after `grace`, if at all, revokes this one. A refused token may be good all
/// the same: it is revoked if previous tokens are.
fn is_to_be_revoked(reason: RetireReason, grace: Option<Duration>) -> bool {
    reason != RetireReason::Refused || grace.is_some()
}

/// The policy of a source of this channel's tokens, on the clock of its client.
fn policy_of(client: &Client, channel_id: &ChannelId, family: TokenFamily, grace: Option<Duration>) -> SourcePolicy {
    let policy = SourcePolicy::new()
        .with_channel_id(channel_id.clone())
        .with_clock(client.clock())
        .with_family(family)
        .with_server(client.base_url().clone());
    match grace {
        Some(grace) => policy.with_revoke_previous_after(grace),
        None => policy,
    }
}
