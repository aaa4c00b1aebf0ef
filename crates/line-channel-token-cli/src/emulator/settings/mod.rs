//! What the emulator is started with: flags over environment over one file.

pub(crate) mod args;
mod channels;
mod environment;
mod error_text;
mod file;
mod flag_values;
mod keys;
mod leniency;
mod merge;
mod rate_limits;
mod time;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use line_channel_token::emulator::{Fault, RateLimits};

use crate::local_server::AccessKey;

pub(crate) use channels::ChannelSettings;
pub(crate) use error_text::{shortened, without_values};
pub(crate) use leniency::Leniency;
pub(crate) use time::seconds;

/// Everything, merged and checked.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) host: IpAddr,
    pub(crate) port: u16,
    pub(crate) port_file: Option<PathBuf>,
    pub(crate) allow_beyond_loopback: bool,
    /// Host names beside those of loopback that may be in a `Host` header.
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) control_token: Option<AccessKey>,
    pub(crate) page: bool,
    /// Where the generated private key of the first channel goes.
    pub(crate) key_out: Option<PathBuf>,
    /// Where variables for a client go.
    pub(crate) env_out: Option<PathBuf>,
    /// What time it is when it starts, since the Unix epoch.
    pub(crate) time: Option<Duration>,
    pub(crate) advance: Duration,
    pub(crate) audiences: Vec<String>,
    pub(crate) accept_es256: bool,
    pub(crate) max_short_lived_tokens: Option<usize>,
    pub(crate) rate_limits: RateLimits,
    pub(crate) leniency: Leniency,
    pub(crate) channels: Vec<ChannelSettings>,
    pub(crate) faults: Vec<Fault>,
    /// What was given and is not used, in words for a person.
    pub(crate) notes: Vec<String>,
}

impl Settings {
    /// The same, if nothing is to be written.
    pub(crate) fn without_outputs(&self) -> Self {
        Self { key_out: None, env_out: None, port_file: None, ..self.clone() }
    }
}

/// Everything that is wrong with the settings, one line each.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<String>);

impl Problems {
    pub(crate) fn add(&mut self, problem: impl Into<String>) {
        self.0.push(problem.into());
    }

    /// The value, or nothing and one problem more.
    pub(crate) fn take<T>(&mut self, result: Result<T, String>) -> Option<T> {
        result.map_err(|problem| self.add(problem)).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All of them as one message.
    pub(crate) fn message(&self) -> String {
        match &*self.0 {
            [problem] => problem.clone(),
            problems => {
                let lines: String = problems.iter().map(|problem| format!("\n- {problem}")).collect();
                format!("the configuration of the emulator has {} problems:{lines}", problems.len())
            }
        }
    }
}
