//! One clock for all processes of a test, which the test moves.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use line_channel_token_core::{Clock, Moment, Sleep, SystemClock};
use tokio::sync::Notify;

/// The machine's time, and what the test has moved it ahead by. That stands in a file which all processes read, so that for all of them the time
/// moves at once. Whoever sleeps on it must be told by [`wake`](Self::wake) that it has moved.
#[derive(Clone, Debug)]
pub struct FleetClock {
    moved: Arc<File>,
    /// How far the calendar of this process is ahead of that of the others, in milliseconds.
    skew: i64,
    woken: Arc<Notify>,
}

impl FleetClock {
    /// The clock of this file.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn open(path: &Path) -> io::Result<Self> {
        let clock = Self { moved: Arc::new(File::open(path)?), skew: 0, woken: Arc::default() };
        clock.moved_by()?;
        Ok(clock)
    }

    /// The same with a calendar that is ahead by so many milliseconds, or behind.
    #[must_use]
    pub fn with_skew(self, skew: i64) -> Self {
        Self { skew, ..self }
    }

    /// How far the test has moved the time ahead.
    ///
    /// # Errors
    ///
    /// If the file cannot be read.
    pub fn moved_by(&self) -> io::Result<Duration> {
        let mut bytes = [0; 8];
        self.moved.read_exact_at(&mut bytes, 0)?;
        Ok(Duration::from_millis(u64::from_le_bytes(bytes)))
    }

    /// Moves the time ahead to so much beyond the machine's, for all processes.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub fn move_to(path: &Path, moved: Duration) -> io::Result<()> {
        let millis = u64::try_from(moved.as_millis()).unwrap_or(u64::MAX);
        File::options().write(true).create(true).truncate(false).open(path)?.write_all_at(&millis.to_le_bytes(), 0)
    }

    /// Lets everything that sleeps in this process look at the time.
    pub fn wake(&self) {
        self.woken.notify_waiters();
    }
}

impl Clock for FleetClock {
    fn now(&self) -> Moment {
        let now = SystemClock.now();
        let moved = self.moved_by().unwrap_or_default();
        let unix = now.unix.saturating_add(moved);
        let skew = Duration::from_millis(self.skew.unsigned_abs());
        let unix = if self.skew < 0 { unix.saturating_sub(skew) } else { unix.saturating_add(skew) };
        Moment { monotonic: now.monotonic.saturating_add(moved), unix }
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let clock = self.clone();
        let end = self.now().monotonic.saturating_add(duration);
        Box::pin(async move {
            loop {
                // Before the time is read, so that no move is missed.
                let mut woken = std::pin::pin!(clock.woken.notified());
                woken.as_mut().enable();
                let left = end.saturating_sub(clock.now().monotonic);
                if left.is_zero() {
                    return;
                }
                tokio::select! {
                    () = woken => {}
                    () = tokio::time::sleep(left) => {}
                }
            }
        })
    }
}
