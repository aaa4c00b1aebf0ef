//! What to do while the store cannot be used.

use clap::{Args, ValueEnum};
use line_channel_token::cache::StoreOutage;

/// `--store-outage`.
#[derive(Args, Clone, Copy, Debug)]
#[group(id = "store_outage_settings")]
pub(crate) struct OutageArgs {
    /// What to do if the store cannot be used: issue a token without it, or fail [default: refuse for short-lived tokens, of which one more may cost
    /// another, and degrade otherwise]
    #[arg(long, value_enum, value_name = "WHAT", env = "LINE_TOKEN_STORE_OUTAGE", hide_env_values = true, help_heading = super::args::HEADING)]
    pub(crate) store_outage: Option<Outage>,
}

/// What happens if the store cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Outage {
    /// A token is issued without it
    Degrade,
    /// It is an error
    Refuse,
}

impl From<Outage> for StoreOutage {
    fn from(outage: Outage) -> Self {
        match outage {
            Outage::Degrade => Self::Degrade,
            Outage::Refuse => Self::Refuse,
        }
    }
}
