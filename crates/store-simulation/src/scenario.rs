//! What a seed stands for: how many nodes, which tokens, which network, which faults.

use std::time::Duration;

use fastrand::Rng;
use line_channel_token_cache::{StoreOutage, TokenFamily};

use crate::network::Network;

const MINUTE: Duration = Duration::from_secs(60);

/// What is simulated.
#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) kind: Kind,
    pub(crate) nodes: u32,
    pub(crate) family: TokenFamily,
    pub(crate) lifetime: Duration,
    pub(crate) outage: StoreOutage,
    /// For how long there are faults.
    pub(crate) faulty_for: Duration,
    pub(crate) faults: u32,
    /// As how many millionths, and as how many milliseconds, clocks differ from time at most.
    pub(crate) drift: u32,
    pub(crate) ahead: i64,
    pub(crate) network: Network,
    /// Whether a store's client gives up by itself, and how often it sends a change again.
    pub(crate) client_timeout: Option<Duration>,
    pub(crate) client_retries: u32,
    /// Whether the source revokes refused tokens.
    pub(crate) revokes_refused: bool,
}

/// Which faults there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// None.
    Healthy,
    /// All but one.
    Faulty,
    /// The store fails over to a replica that lags behind, too.
    FailingOver,
}

impl Scenario {
    pub(crate) fn of(rng: &mut Rng) -> Self {
        let kind = match rng.u32(..10) {
            0 => Kind::Healthy,
            1 => Kind::FailingOver,
            _ => Kind::Faulty,
        };
        let nodes = match rng.u32(..100) {
            0..70 => rng.u32(2..7),
            70..92 => rng.u32(7..16),
            92..99 => rng.u32(16..50),
            _ => rng.u32(100..300),
        };
        let (family, lifetimes): (_, &[u64]) = match rng.u32(..10) {
            0..7 => (TokenFamily::Jwt, &[600, 900, 3_600, 86_400, 2_592_000]),
            7..9 => (TokenFamily::ShortLived, &[3_600, 2_592_000]),
            _ => (TokenFamily::Stateless, &[900]),
        };
        let lifetime = Duration::from_secs(lifetimes.get(rng.usize(..lifetimes.len())).copied().unwrap_or(900));
        let outage = match family {
            TokenFamily::ShortLived if rng.u32(..4) > 0 => StoreOutage::Refuse,
            _ if rng.u32(..8) == 0 => StoreOutage::Refuse,
            _ => StoreOutage::Degrade,
        };
        let network = match (kind, rng.u32(..3)) {
            (Kind::Healthy, _) | (_, 0) => Network { duplicated: rng.u32(..50), ..Network::default() },
            _ => Network { lost: rng.u32(..60), duplicated: rng.u32(..60), slow: rng.u32(..30), ..Network::default() },
        };
        let lives = if nodes >= 100 { 2 } else { rng.u32(2..5) };
        Self {
            kind,
            nodes,
            family,
            lifetime,
            outage,
            faulty_for: (lifetime * lives).max(30 * MINUTE),
            faults: if kind == Kind::Healthy { 0 } else { rng.u32(1..10) },
            drift: if rng.bool() { 200 } else { 0 },
            ahead: if rng.bool() { 300_000 } else { 0 },
            network,
            client_timeout: rng.bool().then(|| Duration::from_millis(rng.u64(300..2_500))),
            client_retries: rng.u32(..3),
            revokes_refused: rng.bool(),
        }
    }

    /// How long it may take after the last fault until each node is served: delays between attempts reach ten minutes.
    pub(crate) fn served_within(&self) -> Duration {
        12 * MINUTE
    }

    /// How long there is no fault in the end: two lives, so that all nodes see the same token.
    pub(crate) fn quiet_for(&self) -> Duration {
        self.served_within() + self.lifetime.mul_f64(2.2)
    }
}
