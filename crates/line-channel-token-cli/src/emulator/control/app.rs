//! What the handlers share.

use std::sync::{Arc, OnceLock};

use line_channel_token::ChannelId;
use line_channel_token::emulator::{ChannelState, Emulator, Fault};
use tokio::sync::watch;

use super::error::ApiError;
use crate::emulator::journal::Journal;
use crate::emulator::settings::Settings;
use crate::local_server::AccessKey;

/// Cheap to clone.
#[derive(Clone)]
pub(crate) struct App(Arc<Shared>);

struct Shared {
    emulator: Emulator,
    journal: Arc<Journal>,
    base_url: OnceLock<String>,
    access: Access,
    page: bool,
    /// Those of the configuration, which a reset brings back.
    faults: Vec<Fault>,
    stopped: watch::Receiver<bool>,
}

/// Who may use the control API.
pub(super) struct Access {
    pub(super) beyond_loopback: bool,
    pub(super) allowed_hosts: Vec<String>,
    pub(super) control_token: Option<AccessKey>,
}

impl App {
    pub(crate) fn new(
        emulator: Emulator,
        journal: Arc<Journal>,
        settings: &Settings,
        stopped: watch::Receiver<bool>,
    ) -> Self {
        let access = Access {
            beyond_loopback: !settings.host.is_loopback(),
            allowed_hosts: settings.allowed_hosts.clone(),
            control_token: settings.control_token.clone(),
        };
        let base_url = OnceLock::new();
        Self(Arc::new(Shared {
            emulator,
            journal,
            base_url,
            access,
            page: settings.page,
            faults: settings.faults.clone(),
            stopped,
        }))
    }

    /// Once the server has a port.
    pub(crate) fn set_base_url(&self, url: &str) {
        let _ = self.0.base_url.set(url.to_owned());
    }

    pub(super) fn base_url(&self) -> &str {
        self.0.base_url.get().map_or("", String::as_str)
    }

    pub(super) fn emulator(&self) -> &Emulator {
        &self.0.emulator
    }

    pub(super) fn journal(&self) -> &Journal {
        &self.0.journal
    }

    pub(super) fn access(&self) -> &Access {
        &self.0.access
    }

    pub(super) fn has_page(&self) -> bool {
        self.0.page
    }

    /// As after the start.
    pub(super) fn reset(&self) {
        self.emulator().reset();
        self.emulator().clear_faults();
        for fault in &self.0.faults {
            self.emulator().inject(fault.clone());
        }
        self.journal().touch();
    }

    /// One channel, as after the start.
    pub(super) fn reset_channel(&self, id: &ChannelId) {
        self.emulator().reset_channel(id);
        for fault in self.0.faults.iter().filter(|fault| fault.channel() == Some(id)) {
            self.emulator().inject(fault.clone());
        }
        self.journal().touch();
    }

    /// Turns true if the process ends.
    pub(super) fn stopped(&self) -> watch::Receiver<bool> {
        self.0.stopped.clone()
    }

    /// The channel that a path, a query or a body names.
    pub(super) fn channel(&self, id: &str) -> Result<ChannelState, ApiError> {
        let state = ChannelId::new(id).ok().and_then(|id| self.emulator().channel_state(&id));
        state.ok_or_else(|| {
            ApiError::not_found("there is no channel with this id: GET /_emulator/channels lists those that there are")
        })
    }
}
