//! What the clones of an emulator share.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::date::Dates;
use crate::emulator_time::EmulatorClock;
use crate::fault_list::FaultList;
use crate::leniency::Leniency;
use crate::live_channel::{Blueprint, Channel};
use crate::rate_limit::RateLimits;
use crate::record::RequestRecord;
use crate::registry::{Conflict, Registry};
use crate::stateless_token::StatelessTokens;
use crate::token_store::TokenStore;

/// A function that is called with each record.
pub(crate) type Observer = Arc<dyn Fn(&RequestRecord) + Send + Sync>;

pub(crate) struct Settings {
    pub(crate) accept_es256: bool,
    pub(crate) audiences: Vec<String>,
    pub(crate) rate_limits: RateLimits,
    pub(crate) leniency: Leniency,
    pub(crate) on_request: Option<Observer>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("accept_es256", &self.accept_es256)
            .field("audiences", &self.audiences)
            .field("rate_limits", &self.rate_limits)
            .field("leniency", &self.leniency)
            .finish_non_exhaustive()
    }
}

/// Everything that is known to an emulator. Who takes both locks takes that of the registry first.
pub(crate) struct Shared {
    registry: RwLock<Registry>,
    tokens: Mutex<TokenStore>,
    pub(crate) stateless: StatelessTokens,
    pub(crate) clock: Arc<EmulatorClock>,
    pub(crate) settings: Settings,
    pub(crate) faults: FaultList,
    pub(crate) dates: Dates,
    /// The channels of the builder, for a reset.
    blueprints: Vec<Arc<Blueprint>>,
}

impl Shared {
    /// An error names the channel that cannot be added.
    pub(crate) fn new(
        blueprints: Vec<Arc<Blueprint>>,
        max_short_lived_tokens: usize,
        clock: EmulatorClock,
        settings: Settings,
    ) -> Result<Self, (Arc<Blueprint>, Conflict)> {
        let mut registry = Registry::default();
        let mut tokens = TokenStore::new(max_short_lived_tokens);
        for blueprint in &blueprints {
            let added = registry.add(&mut tokens, Arc::clone(blueprint), clock.time());
            added.map_err(|conflict| (Arc::clone(blueprint), conflict))?;
        }
        Ok(Self {
            registry: RwLock::new(registry),
            tokens: Mutex::new(tokens),
            stateless: StatelessTokens::new(),
            clock: Arc::new(clock),
            settings,
            faults: FaultList::default(),
            dates: Dates::default(),
            blueprints,
        })
    }

    /// As after [`new`](Self::new), with other numbers for the channels.
    pub(crate) fn reset(&self) {
        let mut registry = self.registry_mut();
        let mut tokens = self.tokens();
        self.clock.reset();
        self.faults.clear();
        registry.clear();
        tokens.clear();
        for blueprint in &self.blueprints {
            // Cannot fail: the same channels were added to nothing when the emulator was built.
            let _ = registry.add(&mut tokens, Arc::clone(blueprint), self.clock.time());
        }
    }

    pub(crate) fn find(&self, id: &str) -> Option<Arc<Channel>> {
        self.registry().find(id).cloned()
    }

    /// No method of ours panics in the middle of a change, so a panic elsewhere does not spoil it.
    pub(crate) fn registry(&self) -> RwLockReadGuard<'_, Registry> {
        self.registry.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn registry_mut(&self) -> RwLockWriteGuard<'_, Registry> {
        self.registry.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every method leaves the store consistent, so a panic elsewhere does not spoil it.
    pub(crate) fn tokens(&self) -> MutexGuard<'_, TokenStore> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
