//! What is known about a request while it is handled.

use std::sync::{Arc, PoisonError};

use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use line_channel_token_core::{Moment, Operation};

use crate::emulator_time::EmulatorTime;
use crate::endpoint::Endpoint;
use crate::error_bodies;
use crate::live_channel::Channel;
use crate::rate_limit::Rate;
use crate::response::ErrorResponse;
use crate::shared::Shared;
use crate::token_bucket::RateExceeded;
use crate::token_family::TokenFamily;
use crate::token_status::TokenStatus;

/// One request, and what has been learnt about it so far.
pub(crate) struct RequestContext<'a> {
    pub(crate) shared: &'a Shared,
    /// The emulator's time.
    pub(crate) time: EmulatorTime,
    /// The time of the channel that the request is about, once it is known.
    pub(crate) now: Moment,
    endpoint: Option<Endpoint>,
    pub(crate) operation: Option<Operation>,
    pub(crate) channel: Option<Arc<Channel>>,
    /// What was accepted and should be corrected by the sender.
    pub(crate) warnings: Vec<String>,
}

impl<'a> RequestContext<'a> {
    pub(crate) fn new(shared: &'a Shared) -> Self {
        let time = shared.clock.time();
        Self { shared, time, now: time.0, endpoint: None, operation: None, channel: None, warnings: Vec::new() }
    }

    /// Sets the token endpoint that the request is for.
    pub(crate) fn set_endpoint(&mut self, endpoint: Endpoint) {
        self.endpoint = Some(endpoint);
        self.operation = Some(endpoint.operation());
    }

    /// Sets the channel that the request is about, whose time is then the request's.
    pub(crate) fn set_channel(&mut self, channel: &Arc<Channel>) {
        self.channel = Some(Arc::clone(channel));
        // Read anew: if the emulator was reset since the request began, a channel that was found afterwards has the time of afterwards.
        self.time = self.shared.clock.time();
        self.now = channel.now(self.time);
    }

    /// Sets the channel that the request is about, and counts the request against its rate limit.
    pub(crate) fn count_for(&mut self, channel: &Arc<Channel>) -> Result<(), ErrorResponse> {
        self.set_channel(channel);
        let Some(endpoint) = self.endpoint else { return Ok(()) };
        let limits = &self.shared.settings.rate_limits;
        let Some(rate) = limits.of(endpoint) else { return Ok(()) };
        let mut buckets = channel.buckets.lock().unwrap_or_else(PoisonError::into_inner);
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
        let status = self.shared.tokens().status(families, token, self.time);
        if let Some(channel) = status.channel() {
            self.count_for(channel)?;
        }
        Ok(status)
    }
}
