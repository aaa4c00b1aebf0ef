//! A node's source of tokens: LINE, over the network.

use std::fmt;
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use futures_channel::oneshot;
use futures_util::future::{Either, select};
use line_channel_token_cache::{
    IssueBudget, IssueRequest, Issued, NewToken, RetireReason, Retired, SourcePolicy, TokenFamily, TokenSource,
};
use line_channel_token_core::{
    AccessToken, AssertionKid, ChannelId, Clock, Error, Operation, Sent, TokenKeyId, TokenLifetime,
};
use line_channel_token_mock::{FakeSigner, MockBackend, Reply};

use crate::executor::{Process, WORLD};
use crate::line::{serial_of, text_of};
use crate::network::Server;
use crate::trace::Happened;
use crate::traps::Point;
use crate::world::{State, World};

/// After this long the client gives a call up.
const TIMEOUT: Duration = Duration::from_secs(15);

/// A node's source of tokens.
#[derive(Clone)]
pub(crate) struct LineSource {
    pub(crate) world: World,
    pub(crate) node: u32,
    pub(crate) process: Process,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) revokes_refused: bool,
}

impl fmt::Debug for LineSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineSource").field("node", &self.node).finish_non_exhaustive()
    }
}

impl LineSource {
    /// Sends a request. `applied` is what LINE does about it, and hears whether the response arrives.
    async fn call<T: Send + 'static>(
        &self,
        apply: impl FnOnce(&mut State, Duration, bool) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (sender, receiver) = oneshot::channel();
        let (way, hangs) = {
            let mut state = self.world.state();
            let state = &mut *state;
            if state.line.is_down {
                return Err(Error::transient("LINE does not accept the connection").with_sent(Sent::NotSent));
            }
            (state.network.way(&mut state.rng, self.node, Server::Line), state.line.hangs)
        };
        let world = self.world.clone();
        self.world.handle.spawn(WORLD, async move {
            let Some(request) = way.request else { return std::future::pending().await };
            world.handle.sleep(request).await;
            let responds = way.response.filter(|_| !hangs);
            let outcome = apply(&mut world.state(), world.now(), responds.is_some() && !sender.is_canceled());
            let Some(response) = responds else { return std::future::pending().await };
            world.handle.sleep(response).await;
            drop(sender.send(outcome));
        });
        // A call that hangs is not given up by the client: the cache does that.
        let timeout = if hangs { Duration::MAX } else { TIMEOUT };
        match select(receiver, self.world.handle.sleep(timeout)).await {
            Either::Left((Ok(outcome), _)) => outcome,
            _ => Err(Error::transient("LINE does not respond").with_sent(Sent::Unknown)),
        }
    }
}

/// Whatever LINE may have issued is explained if its response was given up.
struct Waiting<'a>(&'a LineSource, bool);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if self.1 {
            let LineSource { world, process, .. } = self.0;
            let now = world.now();
            let mut state = world.state();
            state.line.excuse_unstored(*process, "its response did not arrive", now);
        }
    }
}

#[async_trait]
impl TokenSource for LineSource {
    fn policy(&self) -> SourcePolicy {
        let (family, lifetime) = {
            let state = self.world.state();
            (state.line.family(), state.line.lifetime())
        };
        let policy = SourcePolicy::new()
            .with_channel_id(self.world.channel_id.clone())
            .with_clock(Arc::clone(&self.clock))
            .with_family(family);
        match (family, IssueBudget::new(IssueBudget::DEFAULT_SLOTS, lifetime)) {
            (TokenFamily::Stateless, _) | (_, Err(_)) => policy.with_min_interval(Duration::from_secs(1)),
            (_, Ok(budget)) => policy.with_budget(budget),
        }
    }

    async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
        let (world, process) = (&self.world, self.process);
        {
            let now = world.now();
            let mut state = world.state();
            let holder = state.holder(&world.key, now);
            state.checks.calls_line(process, holder, now);
        }
        world.reach(process, Point::BeforeSending).await;
        let sent_at = request.clock().now();
        let later = world.clone();
        world.handle.spawn(WORLD, async move {
            later.handle.sleep(Duration::from_millis(15)).await;
            later.spring(process, Point::AfterSending);
        });
        let mut waiting = Waiting(self, true);
        let issued = self
            .call(move |state, now, responds| {
                let Some(serial) = state.line.issue(process, now) else {
                    state.trace.add(now, Happened::IssueFailed { process, why: "30 tokens" });
                    return Err(limit_reached());
                };
                if !responds {
                    state.line.excuse(serial, "its response did not arrive");
                }
                let live = state.line.live(now).count();
                state.trace.add(now, Happened::Issued { process, token: serial, live });
                let State { checks, line, .. } = state;
                checks.issued(process, serial, line, now);
                Ok((serial, line.lifetime()))
            })
            .await;
        let (serial, lifetime) = match issued {
            Ok(issued) => issued,
            Err(error) => {
                world.note(Happened::IssueFailed { process, why: error.kind().as_str() });
                return Err(error);
            }
        };
        waiting.1 = false;
        {
            let mut state = world.state();
            let facts = state.checks.facts(process);
            facts.without_store += u32::from(facts.is_without_store());
        }
        world.reach(process, Point::AfterResponse).await;
        let token = NewToken::new(AccessToken::new(text_of(serial))?, sent_at, lifetime);
        let is_listed = world.state().line.family() == TokenFamily::Jwt;
        Ok(if is_listed { token.with_key_id(key_id(serial)?) } else { token }.into())
    }

    async fn retire(&self, token: &NewToken, reason: RetireReason) -> Result<Retired, Error> {
        let serial = serial_of(token.access_token().expose_secret());
        if reason == RetireReason::Refused && !self.revokes_refused {
            return Ok(Retired::LeftToExpire);
        }
        let process = self.process;
        self.call(move |state, now, _| {
            if state.line.family() == TokenFamily::Stateless {
                return Ok(Retired::LeftToExpire);
            }
            if let Some(serial) = serial {
                state.line.revoke(serial);
                state.trace.add(now, Happened::Revoked { process, token: serial });
            }
            Ok(Retired::Revoked)
        })
        .await
    }

    async fn key_ids(&self) -> Result<Option<Vec<TokenKeyId>>, Error> {
        if self.world.state().line.family() != TokenFamily::Jwt {
            return Ok(None);
        }
        self.call(|state, now, _| state.line.live(now).map(key_id).collect::<Result<Vec<_>, _>>().map(Some)).await
    }
}

fn key_id(serial: u64) -> Result<TokenKeyId, Error> {
    TokenKeyId::new(format!("key-{serial}"))
}

/// What a client returns if LINE refuses the 31st token.
fn limit_reached() -> Error {
    static ERROR: OnceLock<Option<Error>> = OnceLock::new();
    let error = ERROR.get_or_init(|| {
        let line = MockBackend::new();
        line.given(Operation::IssueJwt).respond(Reply::token_limit_reached());
        let signer = FakeSigner::new(ChannelId::new("1234567890").ok()?, AssertionKid::new("kid").ok()?);
        let assertion = signer.sign_for(TokenLifetime::MAX).ok()?;
        futures_executor::block_on(line.client().issue_jwt(&assertion)).err()
    });
    error.clone().unwrap_or_else(|| Error::token_unavailable("the channel has 30 tokens already"))
}
