//! A source of tokens whose credentials may change while the program runs.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use line_channel_token_cache::{
    Credentials, IssueRequest, Issued, LookupSource, NewToken, RetireReason, Retired, SourcePolicy, TokenSource,
};
use line_channel_token_core::{ChannelId, Client, Error, ErrorKind, TokenKeyId};
use tokio::runtime::Handle;

use crate::config::ChannelConfig;
use crate::credentials::CredentialLoader;
use crate::error::ConfigProblem;
use crate::token_family::TokenFamily;

/// How soon a token is asked for again if LINE refused a credential that is in a file: the file may be replaced a little later than the
/// credential was in the Console. Otherwise it may take the cache ten minutes to see it.
const REFUSED_AGAIN_AFTER: Duration = Duration::from_secs(60);

type Lookup = Box<dyn Fn(ChannelId) -> Pin<Box<dyn Future<Output = Result<Credentials, Error>> + Send>> + Send + Sync>;

/// Tokens for the credentials of a configuration.
struct ConfiguredSource {
    /// Loads what a token is issued for.
    issuing: LookupSource<Lookup>,
    /// Loads what LINE asks for to revoke one, so that a secret that is broken hinders no issue that needs none.
    revoking: LookupSource<Lookup>,
    /// Whether what a token is issued for is in files.
    issues_for_files: bool,
}

/// The source of a configuration that was checked.
pub(crate) fn source(config: &ChannelConfig, client: Client) -> Result<Arc<dyn TokenSource>, Error> {
    let by_key = match config.token_family() {
        TokenFamily::Jwt => true,
        TokenFamily::Stateless => config.loader().has_signer(),
        TokenFamily::ShortLived => false,
    };
    let issuing: fn(&CredentialLoader) -> _ = if by_key { signer } else { secret };
    let loader = config.loader();
    Ok(Arc::new(ConfiguredSource {
        issues_for_files: if by_key { loader.has_signer_files() } else { loader.has_secret_file() },
        issuing: lookup_source(config, client.clone(), issuing)?,
        revoking: lookup_source(config, client, secret)?,
    }))
}

fn lookup_source(
    config: &ChannelConfig,
    client: Client,
    load: fn(&CredentialLoader) -> Result<Option<Credentials>, Vec<ConfigProblem>>,
) -> Result<LookupSource<Lookup>, Error> {
    let loader = Arc::clone(config.loader());
    let lookup: Lookup = Box::new(move |channel_id| {
        let loader = Arc::clone(&loader);
        Box::pin(async move { without_blocking(loader, channel_id, load).await })
    });
    let channel_id = config.channel_id().clone();
    let mut source = match config.token_family() {
        TokenFamily::Stateless => LookupSource::stateless(client, channel_id, lookup),
        TokenFamily::ShortLived => LookupSource::short_lived(client, channel_id, lookup),
        TokenFamily::Jwt => LookupSource::jwt(client, channel_id, config.settings().lifetime(), lookup),
    };
    if let Some(grace) = config.revoke_previous_after() {
        source = source.revoke_previous_after(grace);
    }
    match config.issue_budget() {
        Some(slots) => source.with_budget(slots),
        None => Ok(source),
    }
}

fn signer(loader: &CredentialLoader) -> Result<Option<Credentials>, Vec<ConfigProblem>> {
    Ok(loader.signer()?.map(Credentials::from_signer))
}

fn secret(loader: &CredentialLoader) -> Result<Option<Credentials>, Vec<ConfigProblem>> {
    Ok(loader.secret()?.map(Credentials::from_secret))
}

/// Loads the credentials on a thread that may block: a file system may hang, and an RSA key is checked for milliseconds.
async fn without_blocking(
    loader: Arc<CredentialLoader>,
    channel_id: ChannelId,
    load: fn(&CredentialLoader) -> Result<Option<Credentials>, Vec<ConfigProblem>>,
) -> Result<Credentials, Error> {
    let has_files = loader.has_secret_file() || loader.has_signer_files();
    let loaded = match Handle::try_current() {
        Ok(runtime) if has_files => runtime
            .spawn_blocking(move || load(&loader))
            .await
            .map_err(|_| Error::transient("the files of the credentials were not read, because the runtime ends"))?,
        _ => load(&loader),
    };
    match loaded {
        Ok(Some(credentials)) => Ok(credentials),
        Ok(None) => Err(Error::invalid_input(format!("the credential for channel {channel_id} is not configured"))),
        Err(problems) => {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            let problems = problems.join("; ");
            Err(Error::transient(format!("the credentials of channel {channel_id} cannot be loaded: {problems}")))
        }
    }
}

#[async_trait]
impl TokenSource for ConfiguredSource {
    fn policy(&self) -> SourcePolicy {
        self.issuing.policy()
    }

    async fn issue(&self, request: IssueRequest<'_>) -> Result<Issued, Error> {
        let outcome = self.issuing.issue(request).await;
        let is_refused = |error: &Error| {
            let refused = [ErrorKind::InvalidClient, ErrorKind::InvalidAssertion, ErrorKind::UnknownAssertionKey];
            refused.contains(&error.kind()) && error.retry_after().is_none()
        };
        outcome.map_err(|error| match is_refused(&error) && self.issues_for_files {
            true => error.with_retry_after(REFUSED_AGAIN_AFTER),
            false => error,
        })
    }

    async fn retire(&self, token: &NewToken, reason: RetireReason) -> Result<Retired, Error> {
        self.revoking.retire(token, reason).await
    }

    async fn key_ids(&self) -> Result<Option<Vec<TokenKeyId>>, Error> {
        self.issuing.key_ids().await
    }
}

impl fmt::Debug for ConfiguredSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ConfiguredSource").field(&self.issuing).finish()
    }
}
