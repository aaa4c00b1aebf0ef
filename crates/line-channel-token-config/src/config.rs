//! The configuration of one channel.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use line_channel_token_assertion::SigningKey;
use line_channel_token_core::{AssertionKid, BaseUrl, ChannelId, ChannelSecret, TokenLifetime};

use crate::check;
use crate::credentials::CredentialLoader;
use crate::error::ConfigError;
use crate::labels::Labels;
use crate::parse::{Parsed, Raw, parse};
use crate::path_text::is_shown;
use crate::setting::Setting;
use crate::settings::{Given, Settings};
use line_channel_token_cache::TokenFamily;

/// The configuration of one channel: its id, its credentials, and which tokens it uses.
///
/// It comes from the [environment](Self::from_env), from [any variables](Self::from_vars), from a file (feature `serde`), from a
/// command line (feature `clap`), or from code. [`build`](Self::build) makes a client and a cache of it.
///
/// A secret, a key and a kid are values or the paths of files. Files are read again for each token, so they may be replaced while the
/// program runs.
///
/// ```
/// use line_channel_token_config::{ChannelConfig, TokenFamily};
/// use line_channel_token_core::{ChannelId, ChannelSecret};
///
/// let config = ChannelConfig::new(ChannelId::new("1234567890")?)
///     .with_channel_secret(ChannelSecret::new("0f1e2d3c4b5a69788796a5b4c3d2e1f0")?)
///     .with_token_family(TokenFamily::ShortLived);
/// config.check()?;
/// assert_eq!(config.token_family(), TokenFamily::ShortLived);
/// assert!(!format!("{config:?}").contains("0f1e2d3c"));
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone)]
pub struct ChannelConfig {
    channel_id: ChannelId,
    settings: Settings,
    /// Made anew with each change, and shared with the sources, so that a key is parsed once.
    loader: Arc<CredentialLoader>,
}

impl ChannelConfig {
    /// A channel for which nothing is set: at least a secret or a key has to be added.
    #[must_use]
    pub fn new(channel_id: ChannelId) -> Self {
        Self::with_settings(channel_id, Settings::new(Labels::Members("".into())))
    }

    fn with_settings(channel_id: ChannelId, settings: Settings) -> Self {
        let loader = Arc::new(CredentialLoader::new(channel_id.clone(), &settings));
        Self { channel_id, settings, loader }
    }

    /// From what a user wrote; if `reads_files`, the files are read and checked as well.
    pub(crate) fn from_raw(
        values: Vec<(Setting, Raw)>,
        labels: Labels,
        reads_files: bool,
    ) -> Result<Self, ConfigError> {
        let Parsed { channel_id, settings, mut problems } = parse(values, labels);
        // Without a valid id, which is a problem already, everything else is checked all the same.
        let id = channel_id.or_else(|| ChannelId::new("0").ok());
        let Some(config) = id.map(|id| Self::with_settings(id, settings)) else {
            return Err(ConfigError::in_order(problems));
        };
        problems.extend(check::problems(&config.settings, &config.loader, reads_files));
        if problems.is_empty() { Ok(config) } else { Err(ConfigError::in_order(problems)) }
    }

    /// The same, which errors call by this path; a configuration from the environment keeps the names of its variables.
    pub(crate) fn labelled(mut self, path: &str) -> Self {
        if !matches!(self.settings.labels, Labels::Members(_)) {
            return self;
        }
        self.settings.labels = Labels::Members(path.into());
        Self::with_settings(self.channel_id, self.settings)
    }

    /// Reads the files and checks everything, as [`build`](Self::build) does first.
    ///
    /// ```
    /// use line_channel_token_config::{ChannelConfig, TokenFamily};
    /// use line_channel_token_core::ChannelId;
    ///
    /// let config = ChannelConfig::new(ChannelId::new("1234567890")?).with_token_family(TokenFamily::Jwt);
    /// let error = config.check().unwrap_err().to_string();
    /// assert!(error.contains("assertion_key: missing, and v2.1 tokens (jwt) are issued for it"), "{error}");
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Everything that is wrong: what the family needs and is not there, what it does not have and is set, files that cannot be
    /// read, and what they hold if that is no secret, no kid or no private key.
    pub fn check(&self) -> Result<(), ConfigError> {
        let problems = check::problems(&self.settings, &self.loader, true);
        if problems.is_empty() { Ok(()) } else { Err(ConfigError::in_order(problems)) }
    }

    fn changed(mut self, setting: Setting, change: impl FnOnce(&mut Settings)) -> Self {
        change(&mut self.settings);
        self.settings.invalid.remove(setting);
        Self::with_settings(self.channel_id, self.settings)
    }

    /// The channel secret.
    #[must_use]
    pub fn with_channel_secret(self, secret: ChannelSecret) -> Self {
        self.changed(Setting::ChannelSecret, |settings| settings.secret = Some(Given::Value(secret)))
    }

    /// The file that holds the channel secret, instead of the secret itself. It is read again for each token.
    #[must_use]
    pub fn with_channel_secret_file(self, path: impl Into<PathBuf>) -> Self {
        self.changed(Setting::ChannelSecretFile, |settings| settings.secret = Some(Given::File(path.into())))
    }

    /// The private key of the assertions.
    #[must_use]
    pub fn with_assertion_key(self, key: SigningKey) -> Self {
        self.changed(Setting::AssertionKey, |settings| settings.key = Some(Given::Value(key)))
    }

    /// The file that holds the private key, in any format of [`SigningKey::parse`], instead of the key itself. It is read again for each
    /// token, and parsed again if it has changed.
    #[must_use]
    pub fn with_assertion_key_file(self, path: impl Into<PathBuf>) -> Self {
        self.changed(Setting::AssertionKeyFile, |settings| settings.key = Some(Given::File(path.into())))
    }

    /// The kid of the key. A key that is a JWK with a `kid` needs none.
    #[must_use]
    pub fn with_assertion_kid(self, kid: AssertionKid) -> Self {
        self.changed(Setting::AssertionKid, |settings| settings.kid = Some(Given::Value(kid)))
    }

    /// The file that holds the kid, instead of the kid itself: for a key that is replaced while the program runs, because the next key has
    /// another kid.
    #[must_use]
    pub fn with_assertion_kid_file(self, path: impl Into<PathBuf>) -> Self {
        self.changed(Setting::AssertionKidFile, |settings| settings.kid = Some(Given::File(path.into())))
    }

    /// Which family of tokens is used; [`Stateless`](TokenFamily::Stateless) by default.
    #[must_use]
    pub fn with_token_family(self, family: TokenFamily) -> Self {
        self.changed(Setting::TokenFamily, |settings| settings.family = Some(family))
    }

    /// How long v2.1 tokens live; 30 days by default. The other families have no lifetime to choose.
    #[must_use]
    pub fn with_token_lifetime(self, lifetime: TokenLifetime) -> Self {
        self.changed(Setting::TokenLifetime, |settings| settings.lifetime = Some(lifetime))
    }

    /// Another server than LINE.
    #[must_use]
    pub fn with_api_base_url(self, base_url: BaseUrl) -> Self {
        self.changed(Setting::ApiBaseUrl, |settings| settings.base_url = Some(base_url))
    }

    /// Revokes each v2.1 or short-lived token when the next one has been there for `grace`, which is less than a token lives. By default they
    /// are left to expire.
    #[must_use]
    pub fn with_revoke_previous_after(self, grace: Duration) -> Self {
        self.changed(Setting::RevokePreviousAfter, |settings| settings.revoke_previous_after = Some(grace))
    }

    /// How many of the channel's 30 slots this process may use, 2 to 30, for v2.1 and short-lived tokens; 10 by default.
    /// [`check`](Self::check) refuses any other number.
    #[must_use]
    pub fn with_issue_budget(self, slots: usize) -> Self {
        self.changed(Setting::IssueBudget, |settings| settings.issue_budget = Some(slots))
    }

    /// The channel.
    #[must_use]
    pub fn channel_id(&self) -> &ChannelId {
        &self.channel_id
    }

    /// The channel secret, if it was given as a value.
    #[must_use]
    pub fn channel_secret(&self) -> Option<&ChannelSecret> {
        value(self.settings.secret.as_ref())
    }

    /// The file of the channel secret, if it is in one.
    #[must_use]
    pub fn channel_secret_file(&self) -> Option<&Path> {
        file(self.settings.secret.as_ref())
    }

    /// The private key, if it was given as a value.
    #[must_use]
    pub fn assertion_key(&self) -> Option<&SigningKey> {
        value(self.settings.key.as_ref())
    }

    /// The file of the private key, if it is in one.
    #[must_use]
    pub fn assertion_key_file(&self) -> Option<&Path> {
        file(self.settings.key.as_ref())
    }

    /// The kid, if it was given as a value.
    #[must_use]
    pub fn assertion_kid(&self) -> Option<&AssertionKid> {
        value(self.settings.kid.as_ref())
    }

    /// The file of the kid, if it is in one.
    #[must_use]
    pub fn assertion_kid_file(&self) -> Option<&Path> {
        file(self.settings.kid.as_ref())
    }

    /// Which family of tokens is used.
    #[must_use]
    pub fn token_family(&self) -> TokenFamily {
        self.settings.family()
    }

    /// How long the tokens live if they are v2.1 tokens; `None` for the other families, whose lifetime LINE sets.
    #[must_use]
    pub fn token_lifetime(&self) -> Option<TokenLifetime> {
        (self.token_family() == TokenFamily::Jwt).then(|| self.settings.lifetime())
    }

    /// The server: LINE unless another one is set.
    #[must_use]
    pub fn api_base_url(&self) -> BaseUrl {
        self.settings.base_url.clone().unwrap_or_else(BaseUrl::line)
    }

    /// How long after the next one has come a token is revoked; `None` if it is left to expire.
    #[must_use]
    pub fn revoke_previous_after(&self) -> Option<Duration> {
        self.settings.revoke_previous_after
    }

    /// How many of the channel's slots may be used, if that is set.
    #[must_use]
    pub fn issue_budget(&self) -> Option<usize> {
        self.settings.issue_budget
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn loader(&self) -> &Arc<CredentialLoader> {
        &self.loader
    }
}

fn value<T>(given: Option<&Given<T>>) -> Option<&T> {
    match given {
        Some(Given::Value(value)) => Some(value),
        _ => None,
    }
}

fn file<T>(given: Option<&Given<T>>) -> Option<&Path> {
    match given {
        Some(Given::File(path)) => Some(path),
        _ => None,
    }
}

/// A path, unless it may be a secret that was given in place of one.
struct ShownPath<'a>(Option<&'a Path>);

impl fmt::Debug for ShownPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(path) if !is_shown(path) => f.write_str("[not shown]"),
            path => path.fmt(f),
        }
    }
}

impl fmt::Debug for ChannelConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelConfig")
            .field("channel_id", &self.channel_id)
            .field("channel_secret", &self.channel_secret())
            .field("channel_secret_file", &ShownPath(self.channel_secret_file()))
            .field("assertion_key", &self.assertion_key())
            .field("assertion_key_file", &ShownPath(self.assertion_key_file()))
            .field("assertion_kid", &self.assertion_kid())
            .field("assertion_kid_file", &ShownPath(self.assertion_kid_file()))
            .field("token_family", &self.token_family())
            .field("token_lifetime", &self.token_lifetime())
            .field("api_base_url", &self.api_base_url())
            .field("revoke_previous_after", &self.revoke_previous_after())
            .field("issue_budget", &self.issue_budget())
            .finish()
    }
}
