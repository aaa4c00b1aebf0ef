//! A source that reads no key, loads no root certificates and opens no connection until a token has to be issued.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use line_channel_token::cache::{
    IssueBudget, IssueRequest, Issued, NewToken, RetireReason, Retired, SourcePolicy, TokenSource,
};
use line_channel_token::configuration::{ChannelArgs, ChannelConfig, ConfigError, TokenFamily};
use line_channel_token::{Error, SystemClock, TokenKeyId, TokenLifetime, async_trait};

use crate::failure::Failure;
use crate::line_service::{CallArgs, LineService};
use crate::spinner;

/// How long stateless tokens live.
const STATELESS_LIFETIME: Duration = Duration::from_secs(900);

/// Tokens of the channel that a command line describes.
#[derive(Clone, Debug)]
pub(crate) struct LazySource(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    channel: ChannelArgs,
    lifetime: Duration,
    call: CallArgs,
    policy: SourcePolicy,
    /// Why nothing could be issued, with more than an error of the library has room for.
    failure: Mutex<Option<Failure>>,
    is_issuing: AtomicBool,
    /// Why nothing is to be issued.
    refusal: Mutex<Option<Failure>>,
}

impl LazySource {
    /// The error says everything that is wrong with the command line, and no file was read then.
    pub(crate) fn new(channel: ChannelArgs, call: CallArgs) -> Result<Self, Failure> {
        let (Ok(channel_id), Ok(family), Ok(base_url), Ok(lifetime)) =
            (channel.channel_id(), channel.token_family(), channel.api_base_url(), lifetime_of(&channel))
        else {
            return Err(match channel.into_config_for_one_token(None) {
                Err(error) => error.into(),
                // Cannot happen: what is wrong by itself is wrong with the rest too.
                Ok(_) => Failure::usage("the channel is not configured"),
            });
        };
        let policy = SourcePolicy::new()
            .with_channel_id(channel_id)
            .with_family(family)
            .with_server(base_url)
            .with_clock(Arc::new(SystemClock));
        let policy = match family {
            // A call needs no slot, and costs a second of patience at most.
            TokenFamily::Stateless => policy.with_min_interval(Duration::from_secs(1)),
            _ => policy.with_budget(IssueBudget::new(IssueBudget::DEFAULT_SLOTS, lifetime)?),
        };
        let failure = Mutex::default();
        Ok(Self(Arc::new(Inner {
            channel,
            lifetime,
            call,
            policy,
            failure,
            is_issuing: AtomicBool::new(false),
            refusal: Mutex::default(),
        })))
    }

    /// How long its tokens live.
    pub(crate) fn lifetime(&self) -> Duration {
        self.0.lifetime
    }

    /// Whether a call that issues a token is under way.
    pub(crate) fn is_issuing(&self) -> bool {
        self.0.is_issuing.load(Ordering::Relaxed)
    }

    /// From now on nothing is issued, and this is why.
    pub(crate) fn refuse(&self, failure: Failure) {
        *self.0.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
    }

    /// Why nothing could be issued, if that is not LINE's doing.
    pub(crate) fn take_failure(&self) -> Option<Failure> {
        self.0.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The real source for one call, whose time begins now.
    fn for_one_call(&self) -> Result<(Arc<dyn TokenSource>, LineService), Error> {
        self.set_up().map_err(|failure| {
            let error = Error::invalid_input(failure.message().to_owned());
            *self.0.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
            error
        })
    }

    fn set_up(&self) -> Result<(Arc<dyn TokenSource>, LineService), Failure> {
        if let Some(failure) = self.0.refusal.lock().unwrap_or_else(PoisonError::into_inner).take() {
            return Err(failure);
        }
        let config: ChannelConfig = self.0.channel.clone().into_config_for_one_token(None)?;
        let service = LineService::new(config.api_base_url(), self.0.call)?;
        let source = config.source(service.client())?;
        Ok((source, service))
    }
}

/// How long a token of this channel uses a slot. A lifetime that is given for another family does not count.
fn lifetime_of(channel: &ChannelArgs) -> Result<Duration, ConfigError> {
    match channel.token_family()? {
        TokenFamily::Jwt => channel.token_lifetime().map(TokenLifetime::as_duration),
        TokenFamily::Stateless => Ok(STATELESS_LIFETIME),
        _ => Ok(TokenLifetime::MAX.as_duration()),
    }
}

#[async_trait]
impl TokenSource for LazySource {
    fn policy(&self) -> SourcePolicy {
        self.0.policy.clone()
    }

    async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
        let (source, service) = self.for_one_call()?;
        let doing = format!("Waiting for {} to issue a token …", service.name());
        self.0.is_issuing.store(true, Ordering::Relaxed);
        let outcome = spinner::while_waiting(&doing, source.issue(request)).await;
        self.0.is_issuing.store(false, Ordering::Relaxed);
        outcome
    }

    async fn retire(&self, token: &NewToken, reason: RetireReason) -> Result<Retired, Error> {
        self.for_one_call()?.0.retire(token, reason).await
    }

    async fn key_ids(&self) -> Result<Option<Vec<TokenKeyId>>, Error> {
        self.for_one_call()?.0.key_ids().await
    }
}
