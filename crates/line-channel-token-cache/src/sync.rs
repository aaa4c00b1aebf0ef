//! The locks of the cache. Its model replaces this file by locks that try out every order of events.

use std::sync::PoisonError;

pub(crate) use std::sync::MutexGuard;

/// A lock that knows no poison: no code of others runs while it is held.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
