//! A call of a service through the layer that puts the token into its header, against the same service with a header set by hand.

use std::convert::Infallible;
use std::error::Error;
use std::future::{Ready, ready};
use std::hint::black_box;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use line_channel_token::authorization::{Authorization, AuthorizationLayer, SendOnce};
use line_channel_token::cache::{StaticSource, TokenPool};
use line_channel_token::{AccessToken, ChannelId};
use tower_layer::Layer;
use tower_service::Service;

use crate::cached_read::warm_cache;
use crate::fixtures::TOKEN;
use crate::measure::{Comparison, compare};
use crate::report::Row;

/// Calls in a round.
const CALLS: usize = 20_000;

/// A client that responds at once, and does nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Bare;

impl<B> Service<Request<B>> for Bare {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        assert!(black_box(&request).headers().contains_key(AUTHORIZATION));
        ready(Ok(Response::new(())))
    }
}

/// The bare service, with the layer around it and by hand.
#[derive(Debug)]
pub struct Calls {
    request: Request<Full<Bytes>>,
    header: HeaderValue,
    by_cache: Authorization<Bare>,
    by_pool: Authorization<Bare>,
}

impl Calls {
    /// A push, the header that it needs, and a cache and a pool that are warm.
    ///
    /// # Errors
    ///
    /// If there is no runtime.
    pub fn new() -> Result<Self, Box<dyn Error>> {
        let channel = ChannelId::new("1234567890")?;
        let pool = TokenPool::builder(|_: &ChannelId| Ok(StaticSource::new(AccessToken::new(TOKEN)?))).build();
        tokio::runtime::Builder::new_current_thread().build()?.block_on(pool.warm_up(&channel))?;
        let body =
            Full::new(Bytes::from_static(br#"{"to":"U4af4980629","messages":[{"type":"text","text":"Hello"}]}"#));
        let request = Request::post("https://api.line.me/v2/bot/message/push")
            .header(CONTENT_TYPE, "application/json")
            .header("x-line-retry-key", "123e4567-e89b-12d3-a456-426614174000")
            .extension(channel)
            .body(body)?;
        Ok(Self {
            request,
            header: AccessToken::new(TOKEN)?.header_value(),
            by_cache: AuthorizationLayer::new(warm_cache()?).layer(Bare),
            by_pool: AuthorizationLayer::from_pool(pool).layer(Bare),
        })
    }

    /// The request, which each of these calls gets a copy of: making it is not what is compared.
    pub fn request(&self) -> Request<Full<Bytes>> {
        self.request.clone()
    }

    /// What every client does whose requests can be repeated: it keeps a copy of the request, and sets the header.
    pub fn repeatable_by_hand(&self, request: Request<Full<Bytes>>) {
        let copy = request.clone();
        self.once_by_hand(request);
        drop(black_box(copy));
    }

    /// The header alone.
    pub fn once_by_hand(&self, mut request: Request<Full<Bytes>>) {
        request.headers_mut().insert(AUTHORIZATION, self.header.clone());
        let response = Bare.call(request).now_or_never();
        assert!(response.is_some_and(|response| response.is_ok()));
    }

    /// Through the layer of a cache.
    pub fn repeatable(&mut self, request: Request<Full<Bytes>>) {
        assert!(self.by_cache.call(request).now_or_never().is_some_and(|response| response.is_ok()));
    }

    /// The same, with a body that is sent once.
    pub fn once(&mut self, request: Request<Full<Bytes>>) {
        let response = self.by_cache.call(request.map(SendOnce::new)).now_or_never();
        assert!(response.is_some_and(|response| response.is_ok()));
    }

    /// Through the layer of a pool.
    pub fn repeatable_of_pool(&mut self, request: Request<Full<Bytes>>) {
        assert!(self.by_pool.call(request).now_or_never().is_some_and(|response| response.is_ok()));
    }
}

/// Calls in process, in nanoseconds.
///
/// # Errors
///
/// If there is no runtime.
pub fn rows() -> Result<Vec<Row>, Box<dyn Error>> {
    let mut calls = Calls::new()?;
    let reference = Calls::new()?;
    let mut row =
        |name, call: fn(&mut Calls, Request<Full<Bytes>>), by_hand: fn(&Calls, Request<Full<Bytes>>), threshold| {
            let ours = || (0..CALLS).for_each(|_| call(&mut calls, reference.request()));
            let figures = compare(41, 1, ours, || (0..CALLS).for_each(|_| by_hand(&reference, reference.request())));
            Row::new(name, per_call(figures), threshold)
        };
    Ok(vec![
        row("layered call / bare service by hand", Calls::repeatable, Calls::repeatable_by_hand, 1.60),
        row("layered call, sent once / by hand", Calls::once, Calls::once_by_hand, 1.90),
        row("layered call of a pool / by hand", Calls::repeatable_of_pool, Calls::repeatable_by_hand, 1.90),
    ])
}

fn per_call(figures: Comparison) -> Comparison {
    let calls = CALLS as f64;
    Comparison { ours: figures.ours / calls, reference: figures.reference / calls, ..figures }
}
