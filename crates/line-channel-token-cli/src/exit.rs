//! Exit codes.

use serde::Serialize;

/// What an exit code means to a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Exit {
    /// None of the others, such as a file that cannot be written.
    Other = 1,
    /// The command line or the configuration is wrong: the same command fails again.
    Usage = 2,
    /// LINE refused the request.
    Refused = 3,
    /// LINE could not be reached, or was too busy: the same command may succeed later.
    TryLater = 4,
    /// The command of `exec` cannot be run, as shells have it.
    CommandNotRun = 126,
    /// There is no such command for `exec`, as shells have it.
    CommandNotFound = 127,
}
