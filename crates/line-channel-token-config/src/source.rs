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
use tokio::sync::Mutex;

use crate::config::ChannelConfig;
use crate::credentials::CredentialLoader;
use crate::error::ConfigProblem;
use line_channel_token_cache::TokenFamily;

/// How soon a token is asked for again if LINE refused a credential that is in a file: the file may be replaced a little later than the
/// credential was in the Console. Otherwise it may take the cache ten minutes to see it.
const REFUSED_AGAIN_AFTER: Duration = Duration::from_secs(60);

type Lookup = Box<dyn Fn(ChannelId) -> Pin<Box<dyn Future<Output = Result<Credentials, Error>> + Send>> + Send + Sync>;

/// Tokens for the credentials of a configuration.
struct ConfiguredSource {
    /// Loads what a token is issued for.
    issuing: LookupSource<Lookup>,
    /// Loads what LINE asks for to revoke one, so that a secret that is broken hinders no issue that needs none. `None` without a secret.
    revoking: Option<LookupSource<Lookup>>,
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
        revoking: if loader.has_secret() { Some(lookup_source(config, client, secret)?) } else { None },
    }))
}

fn lookup_source(
    config: &ChannelConfig,
    client: Client,
    load: fn(&CredentialLoader) -> Result<Option<Credentials>, Vec<ConfigProblem>>,
) -> Result<LookupSource<Lookup>, Error> {
    let loader = Arc::clone(config.loader());
    let reading = Arc::new(Mutex::new(()));
    let lookup: Lookup = Box::new(move |channel_id| {
        let (loader, reading) = (Arc::clone(&loader), Arc::clone(&reading));
        Box::pin(async move { without_blocking(loader, reading, channel_id, load).await })
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
///
/// A thread that hangs keeps `reading` after its caller has given up, so that the calls after it do not hang further ones: the runtime has a
/// limited number, which resolvers of names need as well.
async fn without_blocking(
    loader: Arc<CredentialLoader>,
    reading: Arc<Mutex<()>>,
    channel_id: ChannelId,
    load: fn(&CredentialLoader) -> Result<Option<Credentials>, Vec<ConfigProblem>>,
) -> Result<Credentials, Error> {
    let has_files = loader.has_secret_file() || loader.has_signer_files();
    let loaded = match Handle::try_current() {
        Ok(runtime) if has_files => {
            let reading = reading.lock_owned().await;
            let load = move || {
                let loaded = load(&loader);
                drop(reading);
                loaded
            };
            let ends = |_| Error::transient("the files of the credentials were not read, because the runtime ends");
            runtime.spawn_blocking(load).await.map_err(ends)?
        }
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
        match &self.revoking {
            Some(revoking) => revoking.retire(token, reason).await,
            None => Ok(Retired::LeftToExpire),
        }
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

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::sync::{Arc, Mutex, PoisonError};
    use std::task::{Context, Waker};

    use line_channel_token_cache::Credentials;
    use line_channel_token_core::ChannelId;

    use super::without_blocking;
    use crate::config::ChannelConfig;
    use crate::credentials::CredentialLoader;
    use crate::error::ConfigProblem;

    static READINGS: AtomicUsize = AtomicUsize::new(0);
    static FILE_SYSTEM: Mutex<()> = Mutex::new(());

    fn hanging(_: &CredentialLoader) -> Result<Option<Credentials>, Vec<ConfigProblem>> {
        READINGS.fetch_add(1, SeqCst);
        drop(FILE_SYSTEM.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(None)
    }

    #[test]
    fn a_file_system_that_hangs_takes_one_thread() {
        // With a single thread, readings that were begun would go before the last.
        let runtime = tokio::runtime::Builder::new_current_thread().max_blocking_threads(1).build().unwrap();
        let channel = ChannelId::new("1234567890").unwrap();
        let config = ChannelConfig::new(channel.clone()).with_channel_secret_file("/run/secrets/line");
        let reading = Arc::default();
        let load = || without_blocking(Arc::clone(config.loader()), Arc::clone(&reading), channel.clone(), hanging);
        let hangs = FILE_SYSTEM.lock().unwrap();
        runtime.block_on(async {
            for _ in 0..5 {
                let mut given_up = pin!(load());
                assert!(given_up.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            }
        });
        drop(hangs);
        assert!(runtime.block_on(load()).is_err());
        assert_eq!(READINGS.load(SeqCst), 2, "of the first call and of the last");
    }
}
