//! What is said on standard error while the server runs: a line if a state changes, and none for each call.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use line_channel_token::ChannelId;
use line_channel_token::cache::Event;

use crate::library_words::for_people;
use crate::output;
use crate::sharing::warn;

/// Knows which channels get no tokens at the moment.
#[derive(Debug)]
pub(super) struct Reporter {
    has_many: bool,
    failing: Mutex<HashSet<ChannelId>>,
}

impl Reporter {
    pub(super) fn new(has_many: bool) -> Self {
        Self { has_many, failing: Mutex::default() }
    }

    /// What a channel is called in a line, if there are others.
    pub(super) fn name<'a>(&self, id: &'a ChannelId) -> Option<&'a str> {
        self.has_many.then(|| id.as_str())
    }

    pub(super) fn report(&self, id: &ChannelId, event: &Event) {
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let of = self.name(id).map(|id| format!("channel {id}: ")).unwrap_or_default();
        match event {
            Event::RefreshFailed { error, .. } if failing.insert(id.clone()) => {
                warn(&format!(
                    "{of}no token was issued, and it is attempted again: {}",
                    for_people(&error.to_string())
                ));
            }
            Event::Issued { .. } | Event::Refreshed { .. } if failing.remove(id) => {
                output::note(&format!("note: {of}tokens are issued again"));
            }
            Event::TokenLimitReached { listed, .. } => {
                warn(&format!(
                    "{of}LINE has issued {listed} tokens that are valid, of 30 at most, and refuses the next one"
                ));
            }
            _ => {}
        }
    }
}
