//! A token at any moment, for threads.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

use http::StatusCode;
use line_channel_token_core::{
    AssertionSource, ChannelId, ChannelSecret, Clock, Error, IssuedToken, Moment, TokenLifetime,
};

use super::block_on::block_on;
use super::client::Client;
use super::response_status::ResponseStatus;
use super::schedule::{Freshness, Pause, Refusals, freshness};

/// Keeps the token of one channel, and replaces it before it expires. It starts no thread, and needs no runtime.
///
/// - One thread at a time asks the source. While the old token is valid, others go on with it; if there is none, they wait for the
///   outcome, which the deadline of the client bounds.
/// - A token is replaced in the last fifth of its lifetime, by the thread that asks for it then.
/// - If the source fails, the old token serves as long as it is valid. The next attempt is delayed by a second to ten minutes, and
///   meanwhile a caller without a token gets the error of the last attempt at once.
/// - A token is never returned past its end, by the clock that says less of it is left. The lifetime counts from when it was asked for.
/// - A source that panics has failed, and does no harm to the cache.
///
/// A clone is another handle to the same cache. It revokes nothing, neither at a replacement nor at its end, and does not count the 30
/// slots of a channel: prefer stateless tokens, and see the cache of `line-channel-token` (`TokenCache`, on Tokio) for the rest.
///
/// ```
/// use line_channel_token_core::{ChannelId, ChannelSecret};
/// use line_channel_token_mock::{MockBackend, Reply};
/// use line_channel_token_ureq::blocking::{Client, TokenCache};
/// # use line_channel_token_core::Operation;
///
/// # let line = MockBackend::new();
/// # line.given(Operation::IssueStateless).respond(Reply::stateless_token("the-token"));
/// let client = Client::from(line.client()); // or Client::new(UreqBackend::new()?) for LINE itself
/// let tokens = TokenCache::stateless(&client, ChannelId::new("1234567890")?, ChannelSecret::new("s3cret")?);
/// let token = tokens.token()?;
/// assert!(token.access_token().header_value().is_sensitive());
/// assert_eq!(tokens.token()?.access_token().expose_secret(), token.access_token().expose_secret()); // no second call
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone)]
pub struct TokenCache(Arc<Shared>);

struct Shared {
    clock: Arc<dyn Clock>,
    source: Box<dyn Fn() -> Result<IssuedToken, Error> + Send + Sync>,
    state: Mutex<State>,
    /// Notified when a thread is done with the source.
    done: Condvar,
}

#[derive(Default)]
struct State {
    token: Option<Arc<IssuedToken>>,
    /// The thread that asks the source.
    asking: Option<ThreadId>,
    pause: Option<Pause>,
    refusals: Refusals,
}

impl TokenCache {
    /// A cache over any source of tokens. `clock` is that of the client that the source calls: see [`Client::clock`].
    ///
    /// The source is called by the threads that ask for a token, never by two at a time. It must not ask this cache.
    ///
    /// ```
    /// use line_channel_token_core::{ChannelId, ChannelSecret};
    /// use line_channel_token_ureq::blocking::{Client, TokenCache};
    ///
    /// # fn example(client: Client, channel_id: ChannelId) {
    /// // A secret that is read again at each call, from a file that is rotated.
    /// let tokens = TokenCache::new(client.clock(), move || {
    ///     let secret = ChannelSecret::new(std::fs::read_to_string("channel-secret").unwrap_or_default())?;
    ///     client.issue_stateless(&channel_id, &secret).map(Into::into)
    /// });
    /// # drop(tokens);
    /// # }
    /// ```
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, source: impl Fn() -> Result<IssuedToken, Error> + Send + Sync + 'static) -> Self {
        Self(Arc::new(Shared { clock, source: Box::new(source), state: Mutex::default(), done: Condvar::new() }))
    }

    /// Stateless tokens (v3) with the channel secret.
    #[must_use]
    pub fn stateless(client: &Client, channel_id: ChannelId, secret: ChannelSecret) -> Self {
        let of_source = client.clone();
        Self::new(client.clock(), move || of_source.issue_stateless(&channel_id, &secret).map(Into::into))
    }

    /// Stateless tokens (v3) with assertions, by an `AssertionSigner` for example.
    #[must_use]
    pub fn stateless_with_jwt(client: &Client, signer: impl AssertionSource) -> Self {
        let of_source = client.clone();
        Self::new(client.clock(), move || {
            let assertion = block_on(signer.assertion_by_clock(None, &*of_source.clock()))?;
            of_source.issue_stateless_with_jwt(&assertion).map(Into::into)
        })
    }

    /// v2.1 tokens of this lifetime. A channel holds 30 of them at a time, and a process that restarts does not know those that it
    /// had.
    #[must_use]
    pub fn jwt(client: &Client, signer: impl AssertionSource, lifetime: TokenLifetime) -> Self {
        let of_source = client.clone();
        Self::new(client.clock(), move || {
            let assertion = block_on(signer.assertion_by_clock(Some(lifetime), &*of_source.clock()))?;
            of_source.issue_jwt(&assertion).map(Into::into)
        })
    }

    /// Short-lived tokens (v2): 30 days. A channel holds 30 of them at a time, and the 31st silently revokes the oldest.
    #[must_use]
    pub fn short_lived(client: &Client, channel_id: ChannelId, secret: ChannelSecret) -> Self {
        let of_source = client.clone();
        Self::new(client.clock(), move || of_source.issue(&channel_id, &secret).map(Into::into))
    }

    /// A valid token.
    ///
    /// # Errors
    ///
    /// If there is no valid token: the error of the last attempt, with the delay until the next one as
    /// [`retry_after`](Error::retry_after); kind [`TokenUnavailable`](line_channel_token_core::ErrorKind::TokenUnavailable) if the
    /// source panicked, asked this cache, or returned a token that had expired, and if servers refused the last tokens.
    pub fn token(&self) -> Result<Arc<IssuedToken>, Error> {
        let shared = &*self.0;
        loop {
            let now = shared.clock.now();
            let mut state = shared.lock();
            let valid = state.token.clone().map(|token| (freshness(&token, now), token));
            let valid = valid.filter(|(freshness, _)| *freshness != Freshness::Expired);
            let paused = state.pause.as_ref().map(|pause| (pause, pause.left(now))).filter(|(_, left)| !left.is_zero());
            match (valid, &state.asking, paused) {
                (Some((Freshness::Fresh, token)), _, _)
                | (Some((_, token)), Some(_), _)
                | (Some((_, token)), _, Some(_)) => return Ok(token),
                (None, Some(asking), _) if *asking == thread::current().id() => {
                    return Err(Error::token_unavailable("the token source asks the cache that it is the source of"));
                }
                (None, Some(_), _) => drop(shared.wait(state)),
                (None, None, Some((pause, left))) => return Err(pause.error.clone().with_retry_after(left)),
                (old, None, None) => {
                    state.asking = Some(thread::current().id());
                    drop(state);
                    let outcome = shared.ask();
                    // As long as the old one is valid, nobody needs to know of a failure.
                    let old = old.map(|(_, token)| token).filter(|_| outcome.is_err());
                    let now = shared.clock.now();
                    return match old.filter(|token| freshness(token, now) != Freshness::Expired) {
                        Some(old) if shared.holds(&old) => Ok(old),
                        _ => outcome,
                    };
                }
            }
        }
    }

    /// Does not return this token any more, because a server refused it. A token that was replaced already stays what it is: replaced.
    ///
    /// The next token is fetched when somebody asks for it. If servers refuse one token after another, it is delayed, by up to ten
    /// minutes.
    pub fn invalidate(&self, token: &IssuedToken) {
        let now = self.0.clock.now();
        let mut state = self.0.lock();
        if state.token.as_deref().is_some_and(|current| is_same(current, token)) {
            state.token = None;
            if let Some(pause) = state.refusals.count(token, now) {
                state.pause = Some(pause);
            }
        }
    }

    /// Makes a call with a valid token, and once more with the next one if the server responds 401.
    ///
    /// `call` puts the token into the request, and returns what came back: a response, the `Result` of ureq, or anything else that
    /// [has a status](ResponseStatus). The token is invalidated at a 401. If no new one can be had, the first response is returned; and if
    /// the second one is a 401 too, it is returned as it is.
    ///
    /// ```
    /// use line_channel_token_core::{ChannelId, ChannelSecret};
    /// use line_channel_token_ureq::blocking::TokenCache;
    ///
    /// # fn example(tokens: TokenCache) -> Result<(), Box<dyn std::error::Error>> {
    /// let message = r#"{"to":"U4af4980629...","messages":[{"type":"text","text":"Hello"}]}"#;
    /// tokens.authorized(|token| {
    ///     ureq::post("https://api.line.me/v2/bot/message/push")
    ///         .header("authorization", token.access_token().header_value())
    ///         .header("content-type", "application/json")
    ///         .send(message)
    /// })??; // the first `?` is for the lack of a token, the second one for the call
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`token`](Self::token), if there is no token for the first call, which is then not made.
    pub fn authorized<R: ResponseStatus>(&self, mut call: impl FnMut(&IssuedToken) -> R) -> Result<R, Error> {
        let token = self.token()?;
        let first = call(&token);
        if first.status() != Some(StatusCode::UNAUTHORIZED) {
            return Ok(first);
        }
        self.invalidate(&token);
        match self.token() {
            Ok(next) if !is_same(&next, &token) => {
                drop(first);
                let second = call(&next);
                if second.status() == Some(StatusCode::UNAUTHORIZED) {
                    self.invalidate(&next);
                }
                Ok(second)
            }
            _ => Ok(first),
        }
    }
}

impl Shared {
    /// No code of others runs while it is locked, so a panic leaves nothing half done.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.done.wait_while(state, |state| state.asking.is_some()).unwrap_or_else(PoisonError::into_inner)
    }

    fn holds(&self, token: &IssuedToken) -> bool {
        self.lock().token.as_deref().is_some_and(|current| is_same(current, token))
    }

    /// Asks the source, whatever it does, and keeps what it returned.
    fn ask(&self) -> Result<Arc<IssuedToken>, Error> {
        // Also if a clock panics.
        let asking = Asking(self);
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.source)()))
            .unwrap_or_else(|_| Err(Error::token_unavailable("the token source panicked")));
        let now = self.clock.now();
        let outcome = outcome.and_then(|token| match freshness(&token, now) {
            Freshness::Expired => Err(Error::token_unavailable("the token expired before it could be returned")),
            _ => Ok(Arc::new(token)),
        });
        let outcome = self.keep(outcome, now);
        drop(asking);
        outcome
    }

    fn keep(&self, outcome: Result<Arc<IssuedToken>, Error>, now: Moment) -> Result<Arc<IssuedToken>, Error> {
        let mut state = self.lock();
        match outcome {
            Ok(token) => {
                if let Some(old) = state.token.replace(Arc::clone(&token)) {
                    state.refusals.note_replaced(&old, now);
                }
                state.pause = (freshness(&token, now) != Freshness::Fresh).then(|| Pause::after_short(&token, now));
                Ok(token)
            }
            Err(error) => {
                let pause = Pause::after(state.pause.as_ref(), error, now);
                let error = pause.error.clone().with_retry_after(pause.left(now));
                state.pause = Some(pause);
                Err(error)
            }
        }
    }
}

/// Lets the other threads go on when it is dropped.
struct Asking<'a>(&'a Shared);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.lock().asking = None;
        self.0.done.notify_all();
    }
}

fn is_same(one: &IssuedToken, other: &IssuedToken) -> bool {
    one.access_token().expose_secret() == other.access_token().expose_secret()
}

/// The token is not shown.
impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.0.lock();
        f.debug_struct("TokenCache")
            .field("has_token", &state.token.is_some())
            .field("last_error", &state.pause.as_ref().map(|pause| pause.error.kind()))
            .finish_non_exhaustive()
    }
}
