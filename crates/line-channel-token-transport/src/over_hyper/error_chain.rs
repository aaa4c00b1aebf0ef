//! The causes of an error, through the types that hide theirs.

use std::error::Error as StdError;
use std::io;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::SocksV5;
use tower_service::Service;

/// hyper-util's error for SOCKS 4 and 5, whose type has no public path.
pub(crate) type SocksError = <SocksV5<HttpConnector> as Service<Uri>>::Error;

/// An error and all its causes.
///
/// ```
/// use std::io;
///
/// use line_channel_token_transport::chain;
///
/// let error = io::Error::other(io::Error::from(io::ErrorKind::ConnectionReset));
/// assert_eq!(chain(&error).count(), 2);
/// ```
pub fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        if let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            // `source` of an I/O error is that of its inner error, and skips the inner error itself.
            Some(inner as &(dyn StdError + 'static))
        } else if let Some(socks) = error.downcast_ref() {
            below_socks(socks)
        } else {
            error.source()
        }
    })
}

/// The cause of a SOCKS error, whose `source` is always `None`.
fn below_socks(error: &SocksError) -> Option<&(dyn StdError + 'static)> {
    match error {
        SocksError::Inner(error) => Some(error),
        SocksError::Io(error) => Some(error),
        _ => None,
    }
}
