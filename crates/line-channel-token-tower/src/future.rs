//! The future of a response: one attempt, and a second one after a 401.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::HeaderMap;
use http::header::AUTHORIZATION;
use line_channel_token_cache::CachedToken;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::channel_tokens::{ChannelTokens, ReplacementFuture, TokenFuture};
use crate::error::BoxError;

/// What differs between the kinds of requests and responses.
pub(crate) struct Exchange<Q, R> {
    /// `None` if the request can be sent once only.
    pub(crate) try_clone: fn(&Q) -> Option<Q>,
    pub(crate) headers_mut: fn(&mut Q) -> &mut HeaderMap,
    /// Whether the response refuses the token of the request, whose copy is there if it can be repeated.
    pub(crate) is_refused: fn(&R, Option<&Q>, &ChannelTokens) -> bool,
}

/// A request that has no token yet, and the service that is ready for it.
pub(crate) struct Unsent<S, Q>
where
    S: Service<Q>,
{
    pub(crate) service: S,
    pub(crate) request: Q,
    pub(crate) tokens: ChannelTokens,
    pub(crate) exchange: Exchange<Q, S::Response>,
}

impl<S, Q> Unsent<S, Q>
where
    S: Service<Q>,
{
    pub(crate) fn send(self, token: Arc<CachedToken>) -> (S::Future, Recovery<S, Q>) {
        let Self { mut service, mut request, tokens, exchange } = self;
        let copy = (exchange.try_clone)(&request);
        (exchange.headers_mut)(&mut request).insert(AUTHORIZATION, token.header_value());
        let response = service.call(request);
        let again = copy.map(|request| Again { service, request });
        (response, Recovery { token, tokens, exchange, again })
    }
}

/// What a 401 is recovered with.
pub(crate) struct Recovery<S, Q>
where
    S: Service<Q>,
{
    token: Arc<CachedToken>,
    tokens: ChannelTokens,
    exchange: Exchange<Q, S::Response>,
    again: Option<Again<S, Q>>,
}

/// A request to repeat, without a token. The service must be polled for it first.
struct Again<S, Q> {
    service: S,
    request: Q,
}

impl<S, Q> Recovery<S, Q>
where
    S: Service<Q>,
{
    fn is_needed(&self, response: &S::Response) -> bool {
        (self.exchange.is_refused)(response, self.again.as_ref().map(|again| &again.request), &self.tokens)
    }
}

pin_project! {
    /// The response, of one attempt or of the second.
    ///
    /// Dropping it cancels the attempt and leaves nothing behind; a refresh that it waited for goes on for the others.
    ///
    /// ```
    /// # use http::{Request, Response};
    /// # use line_channel_token_cache::{StaticSource, TokenCache};
    /// # use line_channel_token_core::AccessToken;
    /// use line_channel_token_tower::{AuthorizationLayer, ResponseFuture};
    /// use tower::{Layer, Service, ServiceExt, service_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), line_channel_token_tower::BoxError> {
    /// # let client = service_fn(async |_: Request<()>| Ok::<_, std::io::Error>(Response::new(())));
    /// # let tokens = TokenCache::new(StaticSource::new(AccessToken::new("long-lived")?));
    /// let mut service = AuthorizationLayer::new(tokens).layer(client);
    /// let request = Request::get("https://api.line.me/v2/bot/info").body(())?;
    /// // The service takes several types of requests, so `ready` must be told for which.
    /// let service = ServiceExt::<Request<()>>::ready(&mut service).await?;
    /// let response: ResponseFuture<_, _> = service.call(request);
    /// assert!(response.await?.status().is_success());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use = "futures do nothing unless they are polled"]
    pub struct ResponseFuture<S, Q>
    where
        S: Service<Q>,
    {
        #[pin]
        state: State<S, Q>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<S, Q>
    where
        S: Service<Q>,
    {
        WaitingForToken {
            token: TokenFuture,
            unsent: Option<Unsent<S, Q>>,
        },
        FirstAttempt {
            #[pin]
            response: S::Future,
            recovery: Option<Recovery<S, Q>>,
        },
        WaitingForReplacement {
            replacement: ReplacementFuture,
            // Returned if there is no replacement.
            refusal: Option<S::Response>,
            headers_mut: fn(&mut Q) -> &mut HeaderMap,
            again: Option<Again<S, Q>>,
        },
        WaitingForService {
            again: Option<Again<S, Q>>,
        },
        SecondAttempt {
            #[pin]
            response: S::Future,
        },
    }
}

impl<S, Q> ResponseFuture<S, Q>
where
    S: Service<Q>,
{
    /// A request that goes out as it is.
    pub(crate) fn passing(response: S::Future) -> Self {
        Self { state: State::FirstAttempt { response, recovery: None } }
    }

    pub(crate) fn first_attempt((response, recovery): (S::Future, Recovery<S, Q>)) -> Self {
        Self { state: State::FirstAttempt { response, recovery: Some(recovery) } }
    }

    pub(crate) fn waiting(unsent: Unsent<S, Q>) -> Self {
        Self { state: State::WaitingForToken { token: unsent.tokens.token(), unsent: Some(unsent) } }
    }
}

impl<S, Q> Future for ResponseFuture<S, Q>
where
    S: Service<Q>,
    S::Error: Into<BoxError>,
{
    type Output = Result<S::Response, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.project().state;
        loop {
            // What is taken out of a state is there until the future is done: after that it is pending.
            let next = match state.as_mut().project() {
                StateProjection::WaitingForToken { token, unsent } => {
                    let token = ready!(token.as_mut().poll(cx))?;
                    let Some(unsent) = unsent.take() else { return Poll::Pending };
                    let (response, recovery) = unsent.send(token);
                    State::FirstAttempt { response, recovery: Some(recovery) }
                }
                StateProjection::FirstAttempt { response, recovery } => {
                    let response = ready!(response.poll(cx)).map_err(Into::into)?;
                    match recovery.take().filter(|recovery| recovery.is_needed(&response)) {
                        None => return Poll::Ready(Ok(response)),
                        Some(Recovery { token, tokens, again: None, .. }) => {
                            tokens.invalidate(&token);
                            return Poll::Ready(Ok(response));
                        }
                        Some(Recovery { token, tokens, exchange, again: Some(again) }) => {
                            State::WaitingForReplacement {
                                replacement: tokens.replacement(token),
                                refusal: Some(response),
                                headers_mut: exchange.headers_mut,
                                again: Some(again),
                            }
                        }
                    }
                }
                StateProjection::WaitingForReplacement { replacement, refusal, headers_mut, again } => {
                    let token = ready!(replacement.as_mut().poll(cx));
                    let Some(refusal) = refusal.take() else { return Poll::Pending };
                    let (Some(token), Some(mut again)) = (token, again.take()) else {
                        return Poll::Ready(Ok(refusal));
                    };
                    // It may hold a connection that the second attempt needs.
                    drop(refusal);
                    headers_mut(&mut again.request).insert(AUTHORIZATION, token.header_value());
                    State::WaitingForService { again: Some(again) }
                }
                StateProjection::WaitingForService { again } => {
                    let Some(Again { service, .. }) = again else { return Poll::Pending };
                    ready!(service.poll_ready(cx)).map_err(Into::into)?;
                    let Some(Again { mut service, request }) = again.take() else { return Poll::Pending };
                    State::SecondAttempt { response: service.call(request) }
                }
                StateProjection::SecondAttempt { response } => {
                    return response.poll(cx).map_err(Into::into);
                }
            };
            state.set(next);
        }
    }
}

impl<S, Q> fmt::Debug for ResponseFuture<S, Q>
where
    S: Service<Q>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
