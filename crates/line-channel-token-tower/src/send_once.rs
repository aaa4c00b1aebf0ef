//! A body that is sent once.

/// The body of a request that cannot be repeated, as a stream or what a server received: `Service` takes
/// `http::Request<SendOnce<B>>` for any `B`, and passes `http::Request<B>` on.
///
/// Bodies that are `Clone` need no wrapper, and their requests are repeated after a 401. That of a request with this one is returned, and
/// its token invalidated, so the next request gets another.
///
/// ```
/// use line_channel_token_tower::SendOnce;
///
/// # struct Upload;
/// let request = http::Request::post("https://api-data.line.me/v2/bot/richmenu/richmenu-1/content").body(Upload)?;
/// let request = request.map(SendOnce::new);
/// let Upload = request.into_body().into_inner();
/// # Ok::<(), http::Error>(())
/// ```
// Not `Clone`: that is how the layer tells it apart.
#[derive(Debug, Default)]
pub struct SendOnce<B>(B);

impl<B> SendOnce<B> {
    /// Wraps a body.
    pub fn new(body: B) -> Self {
        Self(body)
    }

    /// The body.
    pub fn into_inner(self) -> B {
        self.0
    }
}

impl<B> From<B> for SendOnce<B> {
    fn from(body: B) -> Self {
        Self(body)
    }
}
