//! The channels whose tokens are handed out.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use line_channel_token::cache::{SharedSource, StoreOutage, TokenPool, TokenSource};
use line_channel_token::configuration::{ChannelArgs, ChannelConfig, ChannelConfigs, TokenFamily};
use line_channel_token::store::TokenStore;
use line_channel_token::{ChannelId, Error, HyperBackend};
use serde::Deserialize;

use super::events::Reporter;
use crate::failure::Failure;
use crate::line_service::backend;
use crate::{path_text, sharing, small_file};

/// A cache for each channel.
pub(super) struct Channels {
    pool: TokenPool,
    /// In the order of the configuration.
    channels: Vec<(ChannelId, TokenFamily)>,
}

/// What `--channels` names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    channels: ChannelConfigs,
}

/// The one channel of flags and variables, or those of a file.
pub(crate) fn configured(channel: ChannelArgs, file: Option<&Path>) -> Result<ChannelConfigs, Failure> {
    let Some(path) = file else {
        return Ok(ChannelConfigs::new([channel.into_config_for_one_token(None)?])?);
    };
    let configs = read(path)?;
    if configs.is_empty() {
        return Err(Failure::usage(format!("--channels: {} names no channel", path_text::shown(path))));
    }
    configs.check()?;
    Ok(configs)
}

fn read(path: &Path) -> Result<ChannelConfigs, Failure> {
    let text = small_file::read(path).map_err(|what| Failure::usage(format!("--channels: {what}")))?;
    let parsed = if text.trim_start().starts_with('{') {
        serde_json::from_str::<List>(&text).map_err(|error| error.to_string())
    } else {
        toml::from_str::<List>(&text).map_err(|error| error.message().to_owned())
    };
    // What is wrong names members, and shows no value of a secret.
    parsed.map(|list| list.channels).map_err(|what| {
        Failure::usage(format!("--channels: {}: {what}", path_text::shown(path))).with_hint(
            "it is TOML with a table [[channels]] for each channel, or JSON with a list `channels`: channel_id, and channel_secret_file or \
             assertion_key_file with assertion_kid",
        )
    })
}

impl Channels {
    /// Caches over this store, which begin to ask for tokens at once.
    pub(super) fn start(
        configs: &ChannelConfigs,
        store: Option<Arc<dyn TokenStore>>,
        outage: Option<StoreOutage>,
    ) -> Result<Self, Failure> {
        let channels: Vec<_> =
            configs.iter().map(|config| (config.channel_id().clone(), config.token_family())).collect();
        let by_id: HashMap<ChannelId, ChannelConfig> =
            configs.iter().map(|config| (config.channel_id().clone(), config.clone())).collect();
        let backend = Arc::new(one_backend(configs)?);
        let reporter = Arc::new(Reporter::new(channels.len() > 1));
        let events = Arc::clone(&reporter);
        let pool = TokenPool::builder(move |id: &ChannelId| -> Result<Arc<dyn TokenSource>, Error> {
            let Some(config) = by_id.get(id) else {
                return Err(Error::invalid_input(format!("channel {id} is not one of this server's")));
            };
            let source = config.source(config.client_builder(Arc::clone(&backend)).build())?;
            let Some(store) = &store else { return Ok(source) };
            let (reporter, id, family) = (Arc::clone(&reporter), id.clone(), config.token_family());
            let mut shared = SharedSource::new(source, Arc::clone(store))
                .on_event(move |event| sharing::tell(event, family, reporter.name(&id)));
            if let Some(outage) = outage {
                shared = shared.during_outage(outage);
            }
            Ok(Arc::new(shared))
        });
        let pool = pool.on_event(move |id, event| events.report(id, event)).build();
        for (id, _) in &channels {
            pool.warm_up_in_background(id)?;
        }
        Ok(Self { pool, channels })
    }

    pub(super) fn pool(&self) -> &TokenPool {
        &self.pool
    }

    /// The channel with this id, or the only one.
    pub(super) fn find(&self, id: Option<&str>) -> Option<(&ChannelId, TokenFamily)> {
        let mut found = match id {
            Some(id) => self.channels.iter().find(|(known, _)| known.as_str() == id),
            None if self.channels.len() == 1 => self.channels.first(),
            None => None,
        }
        .into_iter();
        found.next().map(|(id, family)| (id, *family))
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = &ChannelId> {
        self.channels.iter().map(|(id, _)| id)
    }

    pub(super) fn len(&self) -> usize {
        self.channels.len()
    }
}

/// One that speaks TLS if any of them needs it.
fn one_backend(configs: &ChannelConfigs) -> Result<HyperBackend, Error> {
    let urls = || configs.iter().map(ChannelConfig::api_base_url);
    let url = urls().find(|url| url.to_string().starts_with("https:")).or_else(|| urls().next());
    backend(&url.unwrap_or_else(line_channel_token::BaseUrl::line))
}
