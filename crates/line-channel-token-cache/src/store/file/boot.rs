//! Whose monotonic times can be compared.

use std::sync::Arc;

/// Says which monotonic times have the same origin, and so can be compared: those with an equal id.
#[derive(Clone, Debug)]
pub(super) struct Timebase {
    /// `None` if that is not known.
    pub(super) id: Option<Arc<str>>,
    /// Whether all processes of the machine have this id until it is restarted.
    pub(super) is_of_the_machine: bool,
}

impl Timebase {
    /// That of the machine's own clock. On Linux it is the same for all processes from one start of the kernel to the next, but for those of
    /// another time namespace.
    pub(super) fn of_this_machine() -> Self {
        let id = this_boot();
        Self { is_of_the_machine: id.is_some(), id }
    }

    /// For a clock of which nothing is known.
    pub(super) fn of_this_store() -> Self {
        let id = format!("{:x}-{:032x}", std::process::id(), fastrand::u128(..));
        Self { id: Some(id.into()), is_of_the_machine: false }
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn this_boot() -> Option<Arc<str>> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let boot = boot.trim();
    if boot.len() != 36 || !boot.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
        return None;
    }
    // Kernels before 5.6 have no time namespaces.
    let namespace = std::fs::read_link("/proc/self/ns/time").unwrap_or_default();
    Some(format!("{boot} {}", namespace.display()).into())
}

/// Here nothing says when the machine was started that does not change with the wall clock.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn this_boot() -> Option<Arc<str>> {
    None
}
