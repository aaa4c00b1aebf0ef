//! The configurations of many channels.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use line_channel_token_cache::{TokenPool, TokenPoolBuilder, TokenSource};
use line_channel_token_core::{ChannelId, Client, Error, HttpBackend};

use crate::config::ChannelConfig;
use crate::error::{ConfigError, ConfigProblem};
use crate::setting::Setting;
use crate::source::source;

/// A pool keeps so many channels, unless there are more.
const CAPACITY: usize = 100_000;

/// The configurations of many channels, each of another one.
///
/// With the feature `serde` it comes from a sequence in a file. [`build`](Self::build) makes a pool of it.
///
/// ```
/// use line_channel_token_config::{ChannelConfig, ChannelConfigs};
/// use line_channel_token_core::{ChannelId, ChannelSecret};
/// # use line_channel_token_core::Operation;
/// # use line_channel_token_mock::{MockBackend, Reply};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), line_channel_token_core::Error> {
/// # let backend = MockBackend::new();
/// # backend.given(Operation::IssueStateless).respond(Reply::stateless_token("the-token"));
/// let id = ChannelId::new("1234567890")?;
/// let config = ChannelConfig::new(id.clone()).with_channel_secret(ChannelSecret::new("s3cret")?);
/// let pool = ChannelConfigs::new([config])?.build(backend)?;
/// assert_eq!(pool.token(&id).await?.header_value(), "Bearer the-token");
///
/// let error = pool.token(&ChannelId::new("2345678901")?).await.unwrap_err();
/// assert!(error.to_string().contains("channel 2345678901 is not configured"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ChannelConfigs(Vec<ChannelConfig>);

impl ChannelConfigs {
    /// Takes the configurations of different channels. There may be none.
    ///
    /// ```
    /// use line_channel_token_config::{ChannelConfig, ChannelConfigs};
    /// use line_channel_token_core::ChannelId;
    ///
    /// let config = ChannelConfig::new(ChannelId::new("1234567890")?);
    /// let error = ChannelConfigs::new([config.clone(), config]).unwrap_err();
    /// assert!(error.to_string().contains("[1].channel_id: [0] is the same channel"));
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If a channel is there twice.
    pub fn new(channels: impl IntoIterator<Item = ChannelConfig>) -> Result<Self, ConfigError> {
        let numbered = channels.into_iter().enumerate().map(|(at, config)| (at, config.labelled(&label_of(at))));
        Self::from_numbered(numbered.collect(), Vec::new())
    }

    /// With their places in a list, some of which may have had problems.
    pub(crate) fn from_numbered(
        channels: Vec<(usize, ChannelConfig)>,
        mut problems: Vec<ConfigProblem>,
    ) -> Result<Self, ConfigError> {
        let mut places: HashMap<&ChannelId, usize> = HashMap::new();
        for (at, config) in &channels {
            if let Some(first) = places.get(config.channel_id()) {
                let label = config.settings().labels.given(Setting::ChannelId);
                let message = format!("[{first}] is the same channel: remove one of them");
                problems.push(ConfigProblem::new(Setting::ChannelId, label, message));
            } else {
                places.insert(config.channel_id(), *at);
            }
        }
        ConfigError::unless_none(problems)?;
        Ok(Self(channels.into_iter().map(|(_, config)| config).collect()))
    }

    /// The configurations, in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &ChannelConfig> {
        self.0.iter()
    }

    /// The configuration of this channel.
    #[must_use]
    pub fn get(&self, channel: &ChannelId) -> Option<&ChannelConfig> {
        self.iter().find(|config| config.channel_id() == channel)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads the files of all channels and checks everything, as [`build`](Self::build) does first.
    ///
    /// # Errors
    ///
    /// As [`ChannelConfig::check`], of all of them at once.
    pub fn check(&self) -> Result<(), ConfigError> {
        let problems = self.iter().filter_map(|config| config.check().err());
        ConfigError::unless_none(problems.flat_map(ConfigError::into_problems).collect())
    }

    /// A pool of these channels, whose clients send over `backend` to the base URL of each. A channel that is not among them is an
    /// error of kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) for those who ask for it.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn build(&self, backend: impl HttpBackend) -> Result<TokenPool, ConfigError> {
        Ok(self.pool_builder(backend)?.build())
    }

    /// The same with a client that is there already, for all channels: see [`ChannelConfig::build_with`].
    ///
    /// ```
    /// use line_channel_token_config::{ChannelConfig, ChannelConfigs};
    /// use line_channel_token_core::{ChannelId, ChannelSecret};
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), line_channel_token_core::Error> {
    /// let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", "s3cret")?).build()?;
    /// let id = ChannelId::new("1234567890")?;
    /// let configs = ChannelConfigs::new([ChannelConfig::new(id.clone()).with_channel_secret(ChannelSecret::new("s3cret")?)])?;
    /// let pool = configs.build_with(emulator.client())?;
    /// pool.token(&id).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn build_with(&self, client: Client) -> Result<TokenPool, ConfigError> {
        Ok(self.pool_builder_with(client)?.build())
    }

    /// The builder of the pool, for one with settings of its own.
    ///
    /// ```
    /// use line_channel_token_config::ChannelConfigs;
    /// # use line_channel_token_mock::MockBackend;
    ///
    /// # fn main() -> Result<(), line_channel_token_config::ConfigError> {
    /// # let (backend, configs) = (MockBackend::new(), ChannelConfigs::new([])?);
    /// let pool = configs.pool_builder(backend)?.on_event(|channel, event| println!("{channel}: {event:?}")).build();
    /// assert!(pool.is_empty());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn pool_builder(&self, backend: impl HttpBackend) -> Result<TokenPoolBuilder, ConfigError> {
        let backend = Arc::new(backend);
        let mut clients = Vec::new();
        self.pool_builder_of(|config| {
            let base_url = config.api_base_url();
            if let Some((_, client)) = clients.iter().find(|(known, _)| *known == base_url) {
                return Client::clone(client);
            }
            let client = config.client_builder(Arc::clone(&backend)).build();
            clients.push((base_url, client.clone()));
            client
        })
    }

    /// The same with a client that is there already, whose clock the pool has as well.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn pool_builder_with(&self, client: Client) -> Result<TokenPoolBuilder, ConfigError> {
        let clock = client.clock();
        Ok(self.pool_builder_of(|_| client.clone())?.clock(clock))
    }

    fn pool_builder_of(
        &self,
        mut client_of: impl FnMut(&ChannelConfig) -> Client,
    ) -> Result<TokenPoolBuilder, ConfigError> {
        self.check()?;
        let channels: HashMap<ChannelId, (ChannelConfig, Client)> =
            self.iter().map(|config| (config.channel_id().clone(), (config.clone(), client_of(config)))).collect();
        let number = channels.len();
        let source_of = move |channel: &ChannelId| -> Result<Arc<dyn TokenSource>, Error> {
            match channels.get(channel) {
                Some((config, client)) => source(config, client.clone()),
                None => Err(Error::invalid_input(format!(
                    "channel {channel} is not configured: add it to the list, which has {number} channel{}",
                    if number == 1 { "" } else { "s" }
                ))),
            }
        };
        Ok(TokenPool::builder(source_of).max_capacity(number.max(CAPACITY)))
    }
}

/// The path of the members of a channel in the list.
pub(crate) fn label_of(at: usize) -> String {
    format!("[{at}].")
}

impl fmt::Debug for ChannelConfigs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
