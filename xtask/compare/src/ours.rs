//! Our own cache, warm.

use std::error::Error;

use line_channel_token_cache::{StaticSource, TokenCache};
use line_channel_token_core::AccessToken;

use crate::server::{TOKEN, expect_token};

/// A cache that has the token. That it never expires saves a reader nothing: what is compared with the time is a limit
/// that was set when the token came.
pub(crate) async fn warm() -> Result<TokenCache, Box<dyn Error>> {
    let cache = TokenCache::new(StaticSource::new(AccessToken::new(TOKEN)?));
    cache.warm_up().await?;
    expect_token(Some(cache.token().await?.access_token().expose_secret()))?;
    Ok(cache)
}
