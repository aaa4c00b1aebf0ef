//! The error of the service.

use std::error::Error;

/// The error of [`Authorization`](crate::Authorization): either the client's own, or a [`line_channel_token_core::Error`] if there is no token to begin
/// with. Which one, `downcast_ref` says. It is the same type as `tower::BoxError`.
pub type BoxError = Box<dyn Error + Send + Sync>;
