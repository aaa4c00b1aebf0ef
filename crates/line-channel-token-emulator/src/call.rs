//! One request: the way that every one takes, and the checks that several endpoints share.

use std::sync::PoisonError;

use http::{HeaderMap, Method, StatusCode, Uri};
use line_channel_token_core::{Moment, Operation};

use crate::answer::{Refusal, Success, shown};
use crate::assertion::UnverifiedAssertion;
use crate::claims::{self, ClaimRules};
use crate::emulator::MAX_REQUEST_BODY;
use crate::endpoint::Endpoint;
use crate::form::Form;
use crate::json_object::JsonObject;
use crate::standing::{ChannelIndex, Standing, TokenFamily};
use crate::state::Inner;
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

    fn bytes(self) -> Result<&'a [u8], Refusal> {
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
}

impl<'a> Call<'a> {
    pub(crate) fn new(inner: &'a Inner) -> Self {
        Self { inner, now: inner.clock.now(), endpoint: None, operation: None, channel: None }
    }

    pub(crate) fn answer(
        &mut self,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: Received<'_>,
    ) -> Result<Success, Refusal> {
        let Some(endpoint) = Endpoint::of(uri) else {
            let reason = "the path is none of the eight endpoints";
            return Err(Refusal::new(StatusCode::NOT_FOUND, bodies::NOT_FOUND, reason));
        };
        endpoint.check_method(method)?;
        self.endpoint = Some(endpoint);
        self.operation = Some(endpoint.operation());
        let body = body.bytes()?;
        endpoint.check_headers(headers)?;
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
        let Some(limit) = self.inner.settings.rate_limits.of(endpoint) else { return Ok(()) };
        let mut windows = self.inner.channel(channel).windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.admit(endpoint, limit, self.now) {
            return Ok(());
        }
        let reason = format!("the channel sent more than {limit} requests to this endpoint within a second");
        Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, bodies::RATE_LIMIT, reason))
    }

    /// What is known about a token, whose channel the request then counts for.
    pub(crate) fn standing(&mut self, family: TokenFamily, token: &str) -> Result<Standing, Refusal> {
        let standing = self.inner.ledger().standing(family, token, self.now);
        if let Some(channel) = standing.channel() {
            self.for_channel(channel)?;
        }
        Ok(standing)
    }

    /// The channel that an assertion speaks for, and its claims, every rule but `token_exp` checked.
    pub(crate) fn authenticate(&mut self, jwt: &str) -> Result<(ChannelIndex, JsonObject), Refusal> {
        let settings = &self.inner.settings;
        let assertion = UnverifiedAssertion::read(jwt, settings.accept_es256)?;
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
        claims::check(&claims, &ClaimRules { now: self.now, owner, audiences: &settings.audiences })?;
        Ok((registered.owner, claims))
    }
}
