//! What becomes of a request and its response on their way.

use std::collections::BTreeSet;
use std::time::Duration;

use fastrand::Rng;

/// Where a request goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    Store,
    Line,
}

/// The way of one request and its response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    /// How long the request takes; `None` if it is lost.
    pub(crate) request: Option<Duration>,
    /// How much later a second copy of it arrives, if one does.
    pub(crate) duplicate: Option<Duration>,
    /// How long the response takes; `None` if it is lost.
    pub(crate) response: Option<Duration>,
}

/// The network between nodes, the store and LINE.
#[derive(Clone, Debug, Default)]
pub(crate) struct Network {
    /// The share of messages that is lost, of those that arrive twice, and of those that are slow; in thousandths.
    pub(crate) lost: u32,
    pub(crate) duplicated: u32,
    pub(crate) slow: u32,
    /// Nodes that do not reach the store.
    pub(crate) cut_off: BTreeSet<u32>,
    /// Responses of LINE are lost.
    pub(crate) loses_issues: bool,
}

impl Network {
    /// A network without a fault of its own.
    pub(crate) fn is_reliable(&self) -> bool {
        self.lost == 0 && self.slow == 0
    }

    pub(crate) fn way(&self, rng: &mut Rng, node: u32, to: Server) -> Way {
        let cut_off = to == Server::Store && self.cut_off.contains(&node);
        let request = self.leg(rng).filter(|_| !cut_off);
        let response = self.leg(rng).filter(|_| !(to == Server::Line && self.loses_issues));
        let duplicate = hits(rng, self.duplicated).then(|| Duration::from_millis(rng.u64(1..3_000)));
        Way { request, duplicate, response }
    }

    fn leg(&self, rng: &mut Rng) -> Option<Duration> {
        if hits(rng, self.lost) {
            return None;
        }
        let longest = if hits(rng, self.slow) { 20_000_000 } else { 40_000 };
        Some(Duration::from_micros(rng.u64(200..longest)))
    }
}

fn hits(rng: &mut Rng, thousandths: u32) -> bool {
    thousandths > 0 && rng.u32(..1_000) < thousandths
}
