//! In place of the span of a call, without the feature `tracing`.

use std::future::Future;
use std::marker::PhantomData;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};

use super::call_start::CallStart;
use crate::Error;

/// Nothing.
pub(crate) struct CallSpan<'a>(PhantomData<&'a ()>);

#[allow(clippy::unused_self, reason = "as the one that does something")]
impl<'a> CallSpan<'a> {
    pub(crate) fn new(_: &CallStart<'a>) -> Self {
        Self(PhantomData)
    }

    pub(crate) fn begin_attempt(&mut self, _: &mut Request<Bytes>) {}

    pub(crate) fn in_span<F: Future>(&self, future: F) -> F {
        future
    }

    pub(crate) fn note_response(&mut self, _: &Response<Bytes>) {}

    pub(crate) fn note_retry(&self, _: &Error, _: Duration) {}

    pub(crate) fn end(self, _: Option<&Error>) {}
}
