//! Which pool of connections a request takes its connection from.

use std::time::Duration;

use http::Extensions;
use line_channel_token_core::Operation;

/// How long a connection may have been idle for an operation that must not be sent twice.
const RECENT: Duration = Duration::from_secs(1);

/// Two clients with a pool each, so that what must not be sent twice takes no connection that has been idle for long: a server
/// that is just closing such a one loses the request, and nobody knows then whether it took effect.
///
/// ```
/// use std::convert::Infallible;
/// use std::time::Duration;
///
/// use http::Extensions;
/// use line_channel_token_core::Operation;
/// use line_channel_token_transport::Pools;
///
/// // In place of clients, their idle timeouts.
/// let pools = Pools::new(Duration::from_secs(30), Ok::<_, Infallible>)?;
/// let mut extensions = Extensions::new();
/// extensions.insert(Operation::Verify);
/// assert_eq!(*pools.for_request(&extensions), Duration::from_secs(30));
/// extensions.insert(Operation::Issue);
/// assert_eq!(*pools.for_request(&extensions), Duration::from_secs(1));
/// # Ok::<(), Infallible>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pools<C> {
    kept: C,
    recent: C,
}

impl<C: Clone> Pools<C> {
    /// The clients that `make` makes, given how long their idle connections may be used.
    ///
    /// # Errors
    ///
    /// Those of `make`.
    pub fn new<E>(idle_timeout: Duration, make: impl Fn(Duration) -> Result<C, E>) -> Result<Self, E> {
        let kept = make(idle_timeout)?;
        let recent = if idle_timeout <= RECENT { kept.clone() } else { make(RECENT)? };
        Ok(Self { kept, recent })
    }

    /// The client for a request with these extensions.
    #[must_use]
    pub fn for_request(&self, extensions: &Extensions) -> &C {
        match extensions.get::<Operation>() {
            Some(operation) if operation.is_idempotent() => &self.kept,
            // A layer above may have rebuilt the request without its extensions.
            _ => &self.recent,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::time::Duration;

    use http::Extensions;
    use line_channel_token_core::Operation;

    use super::Pools;

    /// The idle timeout of the pool that an operation uses.
    fn idle_timeout(setting: Duration, operation: Option<Operation>) -> Duration {
        let pools = Pools::new(setting, Ok::<_, Infallible>).unwrap_or_else(|never| match never {});
        let mut extensions = Extensions::new();
        if let Some(operation) = operation {
            extensions.insert(operation);
        }
        *pools.for_request(&extensions)
    }

    #[test]
    fn what_must_not_be_sent_twice_has_a_second_at_most() {
        let (setting, second) = (Duration::from_secs(30), Duration::from_secs(1));
        for &operation in Operation::ALL {
            let once = matches!(operation, Operation::Issue | Operation::IssueJwt);
            assert_eq!(idle_timeout(setting, Some(operation)), if once { second } else { setting }, "{operation}");
        }
        assert_eq!(idle_timeout(setting, None), second, "it may be one of them");
    }

    #[test]
    fn a_shorter_setting_holds_for_everything() {
        for setting in [Duration::ZERO, Duration::from_millis(300)] {
            assert_eq!(idle_timeout(setting, Some(Operation::IssueJwt)), setting);
            assert_eq!(idle_timeout(setting, Some(Operation::Verify)), setting);
        }
    }
}
