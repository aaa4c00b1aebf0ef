//! What is known about a request while it is handled.

use std::sync::PoisonError;

use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use line_channel_token_core::{Moment, Operation};

use crate::endpoint::Endpoint;
use crate::error_bodies;
use crate::rate_limit::Rate;
use crate::response::ErrorResponse;
use crate::shared::Shared;
use crate::token_bucket::RateExceeded;
use crate::token_family::TokenFamily;
use crate::token_status::{ChannelIndex, TokenStatus};

/// One request, and what has been learnt about it so far.
pub(crate) struct RequestContext<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) now: Moment,
    endpoint: Option<Endpoint>,
    pub(crate) operation: Option<Operation>,
    pub(crate) channel: Option<ChannelIndex>,
    /// What was accepted and should be corrected by the sender.
    pub(crate) warnings: Vec<String>,
}

impl<'a> RequestContext<'a> {
    pub(crate) fn new(shared: &'a Shared) -> Self {
        Self { shared, now: shared.clock.now(), endpoint: None, operation: None, channel: None, warnings: Vec::new() }
    }

    /// Sets the token endpoint that the request is for.
    pub(crate) fn set_endpoint(&mut self, endpoint: Endpoint) {
        self.endpoint = Some(endpoint);
        self.operation = Some(endpoint.operation());
    }

    /// Sets the channel that the request is about, and counts the request against its rate limit.
    pub(crate) fn set_channel(&mut self, channel: ChannelIndex) -> Result<(), ErrorResponse> {
        self.channel = Some(channel);
        let Some(endpoint) = self.endpoint else { return Ok(()) };
        let limits = &self.shared.settings.rate_limits;
        let Some(rate) = limits.of(endpoint) else { return Ok(()) };
        let mut buckets = self.shared.channel(channel).buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.take(endpoint, rate, self.now).map_err(|RateExceeded { retry_after }| {
            let Rate { per_second, burst } = rate;
            let reason =
                format!("the channel's bucket for this endpoint is empty: {burst} at once, {per_second} a second");
            let error = ErrorResponse::new(StatusCode::TOO_MANY_REQUESTS, error_bodies::RATE_LIMIT, reason);
            match retry_after.filter(|_| limits.retry_after()) {
                Some(delay) => {
                    let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
                    error.with_header((RETRY_AFTER, HeaderValue::from(seconds)))
                }
                None => error,
            }
        })
    }

    /// What is known about a token, whose channel the request is then about.
    pub(crate) fn token_status(&mut self, families: &[TokenFamily], token: &str) -> Result<TokenStatus, ErrorResponse> {
        let status = self.shared.tokens().status(families, token, self.now);
        if let Some(channel) = status.channel() {
            self.set_channel(channel)?;
        }
        Ok(status)
    }
}
