//! A source around another, whose tokens processes share.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_core::{BaseUrl, Error, TokenKeyId};

use super::decide::{self, MAX_LEASE};
use super::event::StoreEvent;
use super::issue_call::IssueCall;
use super::local::Local;
use super::outage::StoreOutage;
use super::store_access::{Replaced, StoreAccess};
use crate::issue::{IssueRequest, Issued, NewToken, RetireReason, Retired};
use crate::policy::SourcePolicy;
use crate::source::TokenSource;
use crate::store::{StoreKey, TokenStore};

/// How long a call of the store may take, unless set.
const STORE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a lease lasts that is not renewed, unless set.
const LEASE: Duration = Duration::from_secs(10);
/// When a token that nobody else has is revoked after it was replaced: time enough for requests that are in flight with it.
const UNSHARED_GRACE: Duration = Duration::from_secs(600);

/// One token for all processes with one store, and for a process after its restart.
///
/// LINE allows a channel 30 v2.1 tokens, and silently revokes the oldest of 30 short-lived ones, so processes that issue their own run out
/// of them. Stateless tokens have no such limit, and need no store. `SharedSource` is a source around a source: caches and pools stay as they are. Of
/// all that share a store, one takes a lease and issues the next token; the others take it from there. The store is asked when a token is due,
/// never per call.
///
/// - Predecessors are left to expire, so that nobody is cut off who has not seen the next one: two tokens are valid at a time. A shutdown revokes
///   nothing. A token that a server refused is marked in the store, and is never handed out again; whether it is revoked too is up to the source, as for any
///   [refused token](RetireReason::Refused). The token of a channel that is removed is revoked if the source can.
/// - A store that is unavailable costs nobody a valid token. What a process without one does then, [`StoreOutage`] says.
/// - A process that dies while it holds the lease is followed by another once the lease is over; what it may have issued is reported
///   ([`StoreEvent::LeaseTakenOver`]).
/// - The budget of the source holds for all processes together, and for what one issues while the store is unavailable.
///
/// ```
/// use line_channel_token_cache::store::MemoryStore;
/// use line_channel_token_cache::{JwtSource, SharedSource, TokenCache};
/// use line_channel_token_core::TokenLifetime;
/// # use line_channel_token_core::{AssertionKid, ChannelId, Operation};
/// # use line_channel_token_mock::{FakeSigner, MockBackend, Reply};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), line_channel_token_core::Error> {
/// # let line = MockBackend::new();
/// # line.given(Operation::IssueJwt).respond(Reply::jwt_token("the-token", "key-id"));
/// # let client = line.client();
/// # let signer = FakeSigner::new(ChannelId::new("1234567890")?, AssertionKid::new("kid")?);
/// let store = MemoryStore::new(); // or a `FileStore`, or a `RedisStore`
/// let source = || JwtSource::new(client.clone(), signer.clone(), TokenLifetime::MAX);
/// let tokens = TokenCache::new(SharedSource::new(source(), store.clone()));
/// let elsewhere = TokenCache::new(SharedSource::new(source(), store));
/// assert_eq!(tokens.token().await?.header_value(), elsewhere.token().await?.header_value());
/// # assert_eq!(line.received_requests().len(), 1);
/// # Ok(())
/// # }
/// ```
///
/// A source of your own must name its channel and its family in its policy ([`SourcePolicy::with_channel_id`],
/// [`with_family`](SourcePolicy::with_family)), because the store keeps tokens under them.
pub struct SharedSource<S> {
    source: S,
    policy: SourcePolicy,
    outage: StoreOutage,
    lease: Duration,
    access: StoreAccess,
}

impl<S: TokenSource> SharedSource<S> {
    /// Shares the tokens of this source by this store.
    #[must_use]
    pub fn new(source: S, store: impl TokenStore) -> Self {
        let policy = source.policy();
        let key = match (policy.channel_id(), policy.family()) {
            (Some(channel_id), Some(family)) => {
                let line = BaseUrl::line();
                Ok(StoreKey::new(channel_id.clone(), family, policy.server().unwrap_or(&line)))
            }
            _ => Err("a shared source needs a source whose policy names its channel and its family: add \
                      `SourcePolicy::with_channel_id` and `with_family`"),
        };
        let access = StoreAccess {
            store: Arc::new(store),
            key,
            channel_id: policy.channel_id().cloned(),
            timeout: STORE_TIMEOUT,
            hook: None,
            local: Mutex::new(Local::default()),
        };
        Self { source, outage: StoreOutage::default_for(policy.family()), policy, lease: LEASE, access }
    }

    /// What a process without a valid token does while the store is unavailable: [`StoreOutage::Refuse`] by default for short-lived tokens (v2),
    /// and [`StoreOutage::Degrade`] for others.
    #[must_use]
    pub fn during_outage(self, outage: StoreOutage) -> Self {
        Self { outage, ..self }
    }

    /// How long one call of the store may take: three seconds unless set, a millisecond at least. The store's own timeouts should be shorter.
    #[must_use]
    pub fn with_store_timeout(mut self, timeout: Duration) -> Self {
        self.access.timeout = timeout.max(Duration::from_millis(1));
        self
    }

    /// How long the process that issues the next token may be silent before another does it: ten seconds unless set, from a second to a
    /// minute. It is renewed while the source is called, so a slow response needs no longer one.
    #[must_use]
    pub fn with_lease(self, lease: Duration) -> Self {
        Self { lease: lease.clamp(Duration::from_secs(1), MAX_LEASE), ..self }
    }

    /// Calls `hook` for each [`StoreEvent`]. It must not block.
    #[must_use]
    pub fn on_event(mut self, hook: impl Fn(&StoreEvent) + Send + Sync + 'static) -> Self {
        self.access.hook = Some(Arc::new(hook));
        self
    }

    /// Marks a token in the store, so that it is not handed out any more.
    async fn mark_refused(&self, token: &NewToken) {
        let clock = self.policy.clock().cloned().unwrap_or_else(|| Arc::new(line_channel_token_core::SystemClock));
        let Ok(mut seen) = self.access.load(&*clock).await else { return };
        // Each attempt fails only because somebody else has changed the record meanwhile.
        for _ in 0..5 {
            let now = seen.now_by(&*clock);
            let Some(marked) =
                seen.record.as_ref().and_then(|record| decide::refused(record, token.access_token(), now))
            else {
                return;
            };
            match self.access.replace(&*clock, &seen, &marked).await {
                Ok(Replaced::Changed(changed)) => seen = changed,
                _ => return,
            }
        }
    }
}

#[async_trait]
impl<S: TokenSource> TokenSource for SharedSource<S> {
    /// The policy of the source, without its budget, which holds for all processes together and not for each.
    fn policy(&self) -> SourcePolicy {
        self.policy.clone().for_sharing(Duration::from_secs(1), UNSHARED_GRACE)
    }

    async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
        let call = IssueCall {
            source: &self.source,
            access: &self.access,
            policy: &self.policy,
            outage: self.outage,
            lease_for: self.lease,
            nonce: format!("{:032x}", fastrand::u128(..)),
            request,
        };
        call.run().await
    }

    async fn retire(&self, token: &NewToken, reason: RetireReason) -> Result<Retired, Error> {
        match reason {
            RetireReason::Shutdown => Ok(Retired::LeftToExpire),
            RetireReason::Replaced if self.access.local().is_surely_unshared(token.access_token()) => {
                // Nobody else has it, and it uses a slot.
                let retired = self.source.retire(token, RetireReason::Removed).await?;
                self.access.local().forget_unshared(token.access_token());
                Ok(retired)
            }
            RetireReason::Replaced => Ok(Retired::LeftToExpire),
            RetireReason::Refused | RetireReason::Removed => {
                self.access.local().note_refused(token.access_token());
                self.mark_refused(token).await;
                self.source.retire(token, reason).await
            }
        }
    }

    async fn key_ids(&self) -> Result<Option<Vec<TokenKeyId>>, Error> {
        self.source.key_ids().await
    }
}

impl<S: fmt::Debug> fmt::Debug for SharedSource<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedSource")
            .field("source", &self.source)
            .field("store", &self.access.store)
            .field("outage", &self.outage)
            .finish_non_exhaustive()
    }
}
