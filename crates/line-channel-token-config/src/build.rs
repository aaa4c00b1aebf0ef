//! From a configuration to a client and a cache.

use std::sync::Arc;

use line_channel_token_assertion::AssertionSigner;
use line_channel_token_cache::{TokenCache, TokenSource};
use line_channel_token_core::{ChannelSecret, Client, ClientBuilder, HttpBackend};

use crate::config::ChannelConfig;
use crate::error::{ConfigError, ConfigProblem};
use crate::setting::Setting;
use crate::source;

/// What a configuration was built into.
///
/// [`ChannelConfig`]'s `build` has an example.
///
/// ```
/// use line_channel_token_config::{Channel, ChannelConfig};
/// # use line_channel_token_mock::MockBackend;
///
/// # fn main() -> Result<(), line_channel_token_config::ConfigError> {
/// # let backend = MockBackend::new();
/// # let vars = [("LINE_CHANNEL_ID", "1234567890"), ("LINE_CHANNEL_SECRET", "0f1e2d3c4b5a69788796a5b4c3d2e1f0")];
/// let Channel { client, tokens, .. } = ChannelConfig::from_vars(vars)?.build(backend)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Channel {
    /// Calls LINE: to verify a token, or to list the key ids.
    pub client: Client,
    /// Returns a valid token at any moment.
    pub tokens: TokenCache,
}

impl ChannelConfig {
    /// The client, which sends over `backend`, and the cache of the channel's tokens.
    ///
    /// ```
    /// use line_channel_token_config::ChannelConfig;
    /// # use line_channel_token_core::Operation;
    /// # use line_channel_token_mock::{MockBackend, Reply};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let backend = MockBackend::new(); // in a program: ReqwestBackend::new()?
    /// # backend.given(Operation::IssueStateless).respond(Reply::stateless_token("the-token"));
    /// # let vars = [("LINE_CHANNEL_ID", "1234567890"), ("LINE_CHANNEL_SECRET", "0f1e2d3c4b5a69788796a5b4c3d2e1f0")];
    /// let config = ChannelConfig::from_vars(vars)?; // in a program: from_env()
    /// let channel = config.build(backend)?;
    /// assert_eq!(channel.tokens.token().await?.header_value(), "Bearer the-token");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn build(&self, backend: impl HttpBackend) -> Result<Channel, ConfigError> {
        self.build_with(self.client_builder(backend).build())
    }

    /// The channel secret of this moment: its file is read at each call, if it is in one. For the signatures of webhooks, which are made with
    /// it whatever tokens are issued for. It blocks while it reads.
    ///
    /// ```
    /// use line_channel_token_config::ChannelConfig;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let file = std::env::temp_dir().join(format!("channel-secret-{}", std::process::id()));
    /// std::fs::write(&file, "0f1e2d3c4b5a69788796a5b4c3d2e1f0\n")?;
    /// let vars = [("LINE_CHANNEL_ID", "1234567890"), ("LINE_CHANNEL_SECRET_FILE", file.to_str().unwrap())];
    /// let config = ChannelConfig::from_vars(vars)?; // in a program: from_env()
    /// assert_eq!(config.read_channel_secret()?.expose_secret(), "0f1e2d3c4b5a69788796a5b4c3d2e1f0");
    /// std::fs::write(&file, "ffeeddccbbaa99887766554433221100\n")?; // reissued in the Console
    /// assert_eq!(config.read_channel_secret()?.expose_secret(), "ffeeddccbbaa99887766554433221100");
    /// # std::fs::remove_file(file)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The channel has a key and no secret, or the file of the secret cannot be read or holds none.
    pub fn read_channel_secret(&self) -> Result<ChannelSecret, ConfigError> {
        match self.loader().secret() {
            Ok(Some(secret)) => Ok(secret),
            Ok(None) => {
                let labels = &self.settings().labels;
                let (subject, file) =
                    (labels.possible(Setting::ChannelSecret), labels.possible(Setting::ChannelSecretFile));
                let message = format!("{}, and is needed: give it there or in a file ({file})", labels.absent());
                Err(ConfigError::in_order(vec![ConfigProblem::new(Setting::ChannelSecret, subject, message)]))
            }
            Err(problems) => Err(ConfigError::in_order(problems)),
        }
    }

    /// The signer of this moment: its files are read at each call, if the key or its kid is in one. For assertions that a program
    /// sends itself, as for [`key_ids`](line_channel_token_core::Client::key_ids). It blocks while it reads.
    ///
    /// ```
    /// use line_channel_token_config::ChannelConfig;
    /// use line_channel_token_core::{AssertionKid, ChannelId};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let key = line_channel_token_assertion::SigningKey::generate_rsa()?;
    /// let config = ChannelConfig::new(ChannelId::new("1234567890")?).with_assertion_key(key);
    /// assert!(config.read_assertion_signer().unwrap_err().to_string().contains("assertion_kid: missing"));
    ///
    /// let signer = config.with_assertion_kid(AssertionKid::new("kid-1")?).read_assertion_signer()?;
    /// assert_eq!(signer.kid().as_str(), "kid-1");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The channel has no key, its kid is missing, or a file cannot be read or holds something else.
    pub fn read_assertion_signer(&self) -> Result<AssertionSigner, ConfigError> {
        match self.loader().signer() {
            Ok(Some(signer)) => Ok(signer),
            Ok(None) => {
                let labels = &self.settings().labels;
                let (subject, file) =
                    (labels.possible(Setting::AssertionKey), labels.possible(Setting::AssertionKeyFile));
                let message =
                    format!("{}, and is needed: give the private key there or in a file ({file})", labels.absent());
                Err(ConfigError::in_order(vec![ConfigProblem::new(Setting::AssertionKey, subject, message)]))
            }
            Err(problems) => Err(ConfigError::in_order(problems)),
        }
    }

    /// The same with a client that is there already: one with other limits or retries, that of an emulator, or one on a clock that a test
    /// moves. It sends where it was built to send, whatever the base URL of this configuration says;
    /// [`client_builder`](Self::client_builder) has that one.
    ///
    /// ```
    /// use line_channel_token_config::ChannelConfig;
    /// use line_channel_token_emulator::{EmulatedChannel, Emulator};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let secret = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
    /// let emulator = Emulator::builder().channel(EmulatedChannel::new("1234567890", secret)?).build()?;
    /// let config = ChannelConfig::from_vars([("LINE_CHANNEL_ID", "1234567890"), ("LINE_CHANNEL_SECRET", secret)])?;
    /// let channel = config.build_with(emulator.client())?;
    /// channel.tokens.token().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn build_with(&self, client: Client) -> Result<Channel, ConfigError> {
        let source = self.source(client.clone())?;
        Ok(Channel { client, tokens: TokenCache::new(source) })
    }

    /// The builder of a client over `backend`, which has the base URL of this configuration.
    ///
    /// ```
    /// use line_channel_token_config::ChannelConfig;
    /// use line_channel_token_core::RetryPolicy;
    /// # use line_channel_token_mock::MockBackend;
    ///
    /// # fn main() -> Result<(), line_channel_token_config::ConfigError> {
    /// # let backend = MockBackend::new();
    /// # let vars = [("LINE_CHANNEL_ID", "1234567890"), ("LINE_CHANNEL_SECRET", "0f1e2d3c4b5a69788796a5b4c3d2e1f0")];
    /// let config = ChannelConfig::from_vars(vars)?;
    /// let channel = config.build_with(config.client_builder(backend).retry(RetryPolicy::never()).build())?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn client_builder(&self, backend: impl HttpBackend) -> ClientBuilder {
        Client::builder(backend).base_url(self.api_base_url())
    }

    /// The source of the channel's tokens, for a cache with settings of its own, or for a pool.
    ///
    /// It signs by the clock of the client, unless nothing is signed, and reads the files of the credentials again for each token.
    ///
    /// ```
    /// use line_channel_token_cache::{RefreshAhead, TokenCache};
    /// use line_channel_token_config::ChannelConfig;
    /// # use line_channel_token_mock::MockBackend;
    ///
    /// # fn main() -> Result<(), line_channel_token_config::ConfigError> {
    /// # let client = MockBackend::new().client();
    /// # let vars = [("LINE_CHANNEL_ID", "1234567890"), ("LINE_CHANNEL_SECRET", "0f1e2d3c4b5a69788796a5b4c3d2e1f0")];
    /// let config = ChannelConfig::from_vars(vars)?;
    /// let tokens = TokenCache::builder(config.source(client)?)
    ///     .refresh_ahead(RefreshAhead::Always)
    ///     .on_event(|event| println!("{event:?}"))
    ///     .build();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check).
    pub fn source(&self, client: Client) -> Result<Arc<dyn TokenSource>, ConfigError> {
        self.check()?;
        source::source(self, client).map_err(|error| {
            // Cannot happen: the budget is all that it refuses, and that was checked.
            let label = self.settings().labels.given(Setting::IssueBudget);
            ConfigError::in_order(vec![ConfigProblem::new(Setting::IssueBudget, label, error.to_string())])
        })
    }
}
