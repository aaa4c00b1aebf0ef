//! A fault in force, as a test or a control API sees it.

use crate::fault::Fault;

/// A fault that is in force. One that was met as often as it may be is gone.
///
/// ```
/// use line_channel_token_emulator::{Emulator, Fault};
///
/// let emulator = Emulator::builder().build()?;
/// let id = emulator.inject(Fault::garbage().times(3));
/// let state = emulator.faults().remove(0);
/// assert_eq!((state.id, state.remaining, state.used), (id, Some(3), 0));
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FaultState {
    /// What [`Emulator::inject`](crate::Emulator::inject) returned; from 1 upwards, and never the same twice.
    pub id: u64,
    /// What happens, to which requests.
    pub fault: Fault,
    /// How many more requests will meet it; `None` if it stays until it is cleared.
    pub remaining: Option<u64>,
    /// How many requests have met it.
    pub used: u64,
}
