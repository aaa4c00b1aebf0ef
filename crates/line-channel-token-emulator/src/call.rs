//! One request: the way that every one takes, and the checks that several endpoints share.

use std::sync::PoisonError;

use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use line_channel_token_core::{Moment, Operation};

use crate::answer::{Refusal, Success, shown};
use crate::assertion::UnverifiedAssertion;
use crate::claims::{self, ClaimRules};
use crate::emulator::MAX_REQUEST_BODY;
use crate::endpoint::Endpoint;
use crate::form::Form;
use crate::json_object::JsonObject;
use crate::messaging::Resource;
use crate::rate_limit::Rate;
use crate::standing::{ChannelIndex, Standing, TokenFamily};
use crate::state::Inner;
use crate::token_bucket::RateExceeded;
use crate::{bodies, v2, v2_1, v3};

/// What arrived of a request's body.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Received<'a> {
    Whole(&'a [u8]),
    /// More than [`MAX_REQUEST_BODY`].
    TooLarge,
    #[cfg(feature = "server")]
    TooSlow,
    #[cfg(feature = "server")]
    Broken,
}

impl<'a> Received<'a> {
    pub(crate) fn of(body: &'a [u8]) -> Self {
        if body.len() > MAX_REQUEST_BODY { Self::TooLarge } else { Self::Whole(body) }
    }

    pub(crate) fn bytes(self) -> Result<&'a [u8], Refusal> {
        let refusal = match self {
            Self::Whole(bytes) => return Ok(bytes),
            Self::TooLarge => {
                let reason = format!("the body is larger than {MAX_REQUEST_BODY} bytes");
                Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, bodies::TOO_LARGE, reason)
            }
            #[cfg(feature = "server")]
            Self::TooSlow => {
                Refusal::new(StatusCode::REQUEST_TIMEOUT, bodies::TIMEOUT, "the body did not arrive in time")
            }
            #[cfg(feature = "server")]
            Self::Broken => Refusal::bad_request(bodies::BROKEN, "the body broke off or was badly framed"),
        };
        Err(Refusal { close: true, ..refusal })
    }
}

/// One request on its way, and what has been learnt about it so far.
pub(crate) struct Call<'a> {
    pub(crate) inner: &'a Inner,
    pub(crate) now: Moment,
    endpoint: Option<Endpoint>,
    pub(crate) operation: Option<Operation>,
    pub(crate) channel: Option<ChannelIndex>,
    /// What was let through and should be corrected by the sender.
    pub(crate) warnings: Vec<String>,
}

impl<'a> Call<'a> {
    pub(crate) fn new(inner: &'a Inner) -> Self {
        Self { inner, now: inner.clock.now(), endpoint: None, operation: None, channel: None, warnings: Vec::new() }
    }

    pub(crate) fn answer(
        &mut self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: Received<'_>,
    ) -> Result<Success, Refusal> {
        if let Some(resource) = Resource::of(uri) {
            return resource.answer(self, method, headers, body);
        }
        let Some(endpoint) = Endpoint::of(uri) else {
            let reason =
                "the path is none of the eight token endpoints, and none of the Messaging API that is known here";
            return Err(Refusal::new(StatusCode::NOT_FOUND, bodies::NOT_FOUND, reason));
        };
        endpoint.check_method(method)?;
        self.endpoint = Some(endpoint);
        self.operation = Some(endpoint.operation());
        let body = body.bytes()?;
        self.warnings.extend(endpoint.check_headers(headers, &self.inner.settings.leniency)?);
        let form = Form::read(if endpoint.is_get() { uri.query().unwrap_or_default().as_bytes() } else { body });
        match endpoint {
            Endpoint::V2Issue => v2::issue(self, &form),
            Endpoint::V2Verify => v2::verify(self, &form),
            Endpoint::V2Revoke => v2::revoke(self, &form),
            Endpoint::V3Token => v3::issue(self, &form),
            Endpoint::V21Token => v2_1::issue(self, &form),
            Endpoint::V21Verify => v2_1::verify(self, &form),
            Endpoint::V21Revoke => v2_1::revoke(self, &form),
            Endpoint::V21KeyIds => v2_1::key_ids(self, &form),
        }
    }

    /// Notes the channel that the request is about, and counts the request against its rate.
    pub(crate) fn for_channel(&mut self, channel: ChannelIndex) -> Result<(), Refusal> {
        self.channel = Some(channel);
        let Some(endpoint) = self.endpoint else { return Ok(()) };
        let limits = &self.inner.settings.rate_limits;
        let Some(rate) = limits.of(endpoint) else { return Ok(()) };
        let mut buckets = self.inner.channel(channel).buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.take(endpoint, rate, self.now).map_err(|RateExceeded { retry_after }| {
            let Rate { per_second, burst } = rate;
            let reason =
                format!("the channel's bucket for this endpoint is empty: {burst} at once, {per_second} a second");
            let refusal = Refusal::new(StatusCode::TOO_MANY_REQUESTS, bodies::RATE_LIMIT, reason);
            match retry_after.filter(|_| limits.sends_retry_after()) {
                Some(wait) => {
                    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                    refusal.with_header((RETRY_AFTER, HeaderValue::from(seconds)))
                }
                None => refusal,
            }
        })
    }

    /// What is known about a token, whose channel the request then counts for.
    pub(crate) fn standing(&mut self, families: &[TokenFamily], token: &str) -> Result<Standing, Refusal> {
        let standing = self.inner.ledger().standing(families, token, self.now);
        if let Some(channel) = standing.channel() {
            self.for_channel(channel)?;
        }
        Ok(standing)
    }

    /// The channel that the assertion of a form or query speaks for, and its claims, every rule but `token_exp` checked.
    pub(crate) fn authenticate(&mut self, form: &Form<'_>) -> Result<(ChannelIndex, JsonObject), Refusal> {
        let settings = &self.inner.settings;
        let client_id = form.has("client_id").then(|| form.one("client_id")).transpose();
        let client_id = client_id.map_err(|reason| Refusal::bad_request(bodies::PARAMETERS, reason))?;
        let assertion = UnverifiedAssertion::read(v2_1::assertion_of(form)?, settings.accept_es256)?;
        let keys = self.inner.keys.read().unwrap_or_else(PoisonError::into_inner);
        let registered = keys.get(assertion.kid()).cloned();
        drop(keys);
        let Some(registered) = registered else {
            let reason = format!("no key is registered under the kid {}", shown(assertion.kid()));
            return Err(Refusal::new(StatusCode::NOT_FOUND, bodies::UNKNOWN_KID, reason));
        };
        self.for_channel(registered.owner)?;
        let claims = assertion.verify(&registered.key)?;
        let owner = self.inner.channel(registered.owner).id.as_str();
        let leniency = &settings.leniency;
        let rules = ClaimRules { now: self.now, owner, audiences: &settings.audiences, leniency };
        self.warnings.extend(claims::check(&claims, &rules)?);
        if client_id.is_some_and(|id| id != owner) {
            let reason = "client_id is not the assertion's subject: send the subject's id, or none";
            if !leniency.mismatched_client_id {
                return Err(Refusal::bad_request(bodies::CLIENT_ID_NOT_SUBJECT, reason));
            }
            self.warnings.push(reason.to_owned());
        }
        Ok((registered.owner, claims))
    }
}
