//! The tokens that the requests of a layer get, and those of one request's channel.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{Extensions, HeaderMap};
use line_channel_token_cache::{CachedToken, TokenCache, TokenPool};
use line_channel_token_core::{ChannelId, Error};

use crate::origins::{Destination, Origins};

pub(crate) type TokenFuture = Pin<Box<dyn Future<Output = Result<Arc<CachedToken>, Error>> + Send>>;
pub(crate) type ReplacementFuture = Pin<Box<dyn Future<Output = Option<Arc<CachedToken>>> + Send>>;

/// What the handles of a layer share.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) tokens: Tokens,
    pub(crate) origins: Origins,
}

#[derive(Clone, Debug)]
pub(crate) enum Tokens {
    Cache(TokenCache),
    Pool(TokenPool),
}

/// What decides which requests get which token.
#[derive(Clone, Debug)]
pub(crate) struct Authorizer {
    pub(crate) shared: Arc<Shared>,
    /// The channel of requests that name none.
    pub(crate) channel: Option<ChannelId>,
}

impl Authorizer {
    /// The tokens for a request; `None` if it is to go out as it is: it goes elsewhere, or is authorized already.
    pub(crate) fn tokens_for(
        &self,
        to: Option<Destination<'_>>,
        headers: &HeaderMap,
        extensions: Option<&Extensions>,
    ) -> Option<ChannelTokens> {
        let to = to?;
        if headers.contains_key(AUTHORIZATION) || !self.shared.origins.allow(&to) {
            return None;
        }
        let channel = match self.shared.tokens {
            Tokens::Cache(_) => None,
            Tokens::Pool(_) => extensions.and_then(Extensions::get::<ChannelId>).or(self.channel.as_ref()).cloned(),
        };
        Some(ChannelTokens { shared: Arc::clone(&self.shared), channel })
    }
}

/// The tokens of one request's channel.
pub(crate) struct ChannelTokens {
    shared: Arc<Shared>,
    /// `None` for a single cache; and for a pool if the request names no channel.
    channel: Option<ChannelId>,
}

impl ChannelTokens {
    #[cfg(feature = "reqwest")]
    pub(crate) fn origins(&self) -> &Origins {
        &self.shared.origins
    }

    /// The token if it is there.
    pub(crate) fn try_token(&self) -> Option<Arc<CachedToken>> {
        match &self.shared.tokens {
            Tokens::Cache(cache) => cache.try_token(),
            Tokens::Pool(pool) => pool.try_token(self.channel.as_ref()?),
        }
    }

    /// The token once it is there.
    pub(crate) fn token(&self) -> TokenFuture {
        let channel = self.channel.clone();
        match (self.shared.tokens.clone(), channel) {
            (Tokens::Cache(cache), _) => Box::pin(async move { cache.token().await }),
            (Tokens::Pool(pool), Some(channel)) => Box::pin(async move { pool.token(&channel).await }),
            (Tokens::Pool(_), None) => Box::pin(std::future::ready(Err(no_channel()))),
        }
    }

    /// Invalidates a refused token, and gets another if there is one.
    pub(crate) fn replacement(&self, refused: Arc<CachedToken>) -> ReplacementFuture {
        let channel = self.channel.clone();
        match (self.shared.tokens.clone(), channel) {
            (Tokens::Cache(cache), _) => Box::pin(async move { cache.replacement(&refused).await }),
            (Tokens::Pool(pool), Some(channel)) => Box::pin(async move { pool.replacement(&channel, &refused).await }),
            (Tokens::Pool(_), None) => Box::pin(std::future::ready(None)),
        }
    }

    pub(crate) fn invalidate(&self, refused: &CachedToken) {
        match (&self.shared.tokens, &self.channel) {
            (Tokens::Cache(cache), _) => cache.invalidate(refused),
            (Tokens::Pool(pool), Some(channel)) => pool.invalidate(channel, refused),
            (Tokens::Pool(_), None) => {}
        }
    }
}

fn no_channel() -> Error {
    Error::invalid_input(
        "the request names no channel whose token it should carry: put a ChannelId into its extensions, or give the layer one by \
         `with_channel`",
    )
}
