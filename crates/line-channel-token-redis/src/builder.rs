//! Settings of a store.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use line_channel_token_cache::store::StoreError;
use zeroize::Zeroizing;

use crate::credentials::Credentials;
use crate::errors::invalid_settings;
use crate::redis_store::RedisStore;
use crate::settings::{Node, Settings, Target};
use crate::store_url::{self, StoreUrl};
use crate::tls::TlsSettings;

/// Settings of a [`RedisStore`], from [`RedisStore::builder`]. What is wrong with one of them, [`build`](Self::build) says.
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_redis::RedisStore;
///
/// let store = RedisStore::builder("redis://127.0.0.1:6379/2")
///     .username("bot")
///     .password("s3cret")
///     .key_prefix("staging:line")
///     .connect_timeout(Duration::from_secs(1))
///     .response_timeout(Duration::from_millis(500))
///     .build()?;
/// # drop(store);
/// # Ok::<(), line_channel_token_cache::store::StoreError>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct RedisStoreBuilder {
    url: Result<StoreUrl, StoreError>,
    sentinel: Option<Result<(String, Vec<Node>), StoreError>>,
    credentials: Credentials,
    database: Option<u32>,
    key_prefix: String,
    tls: TlsSettings,
    tls_problem: Option<StoreError>,
    connect_timeout: Duration,
    response_timeout: Duration,
}

impl RedisStoreBuilder {
    pub(crate) fn new(url: &str) -> Self {
        Self {
            url: store_url::parse(url),
            sentinel: None,
            credentials: Credentials::default(),
            database: None,
            key_prefix: "line-channel-token".to_owned(),
            tls: TlsSettings::default(),
            tls_problem: None,
            connect_timeout: Duration::from_millis(1500),
            response_timeout: Duration::from_secs(1),
        }
    }

    /// The user, of Redis' ACL. Without one it is `default`. A user needs a password.
    ///
    /// ```
    /// use line_channel_token_redis::RedisStore;
    ///
    /// let builder = RedisStore::builder("redis://127.0.0.1").username("line-bots").password("s3cret");
    /// assert!(!format!("{builder:?}").contains("line-bots"));
    /// ```
    pub fn username(mut self, username: impl Into<String>) -> Self {
        self.credentials.username = Some(username.into());
        self
    }

    /// The password, as it is: not percent-encoded, as it would be in a URL. It replaces none that the URL has: two are an error.
    ///
    /// ```
    /// use line_channel_token_redis::RedisStore;
    ///
    /// let error = RedisStore::builder("redis://:one@127.0.0.1").password("two").build().unwrap_err();
    /// assert!(error.to_string().contains("more than one password"));
    /// ```
    pub fn password(mut self, password: impl Into<String>) -> Self {
        self.credentials.password = Some(Zeroizing::new(password.into()));
        self
    }

    /// A file that holds the password, such as a mounted secret. It is read whenever a connection is opened, so a password that changes is
    /// taken over without a restart. A line break at its end does not count.
    ///
    /// ```
    /// use line_channel_token_redis::RedisStore;
    ///
    /// let builder = RedisStore::builder("redis://bot@127.0.0.1").password_file("/run/secrets/redis");
    /// assert!(builder.build().is_ok(), "it is read when a connection is opened");
    /// ```
    pub fn password_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.credentials.password_file = Some(path.into());
        self
    }

    /// The number of the database. 0 by default.
    ///
    /// ```
    /// use line_channel_token_redis::RedisStore;
    ///
    /// let store = RedisStore::builder("unix:/run/redis.sock").database(3).build()?;
    /// # drop(store);
    /// # Ok::<(), line_channel_token_cache::store::StoreError>(())
    /// ```
    pub fn database(mut self, number: u32) -> Self {
        self.database = Some(number);
        self
    }

    /// What all keys begin with: `line-channel-token` by default. Processes share tokens if they have the same one; 1 to 100 characters of
    /// ASCII, without white space and `{ } * ? [ ] \`.
    ///
    /// ```
    /// use line_channel_token_redis::RedisStore;
    ///
    /// let store = RedisStore::builder("redis://127.0.0.1").key_prefix("staging:line").build()?;
    /// assert!(format!("{store:?}").contains("staging:line"));
    /// # Ok::<(), line_channel_token_cache::store::StoreError>(())
    /// ```
    pub fn key_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.key_prefix = prefix.into();
        self
    }

    /// Uses the server that these Sentinels call the master of this name, and the new one after a failover. Each is
    /// `[redis://[user:password@]]host[:port]`, or `rediss://…` for TLS.
    ///
    /// The URL of the builder still says whether the master is reached by TLS, with which user and password, and which database it is; its
    /// host and port are not used.
    ///
    /// ```
    /// use line_channel_token_redis::RedisStore;
    ///
    /// let store = RedisStore::builder("redis://bot@master")
    ///     .password("s3cret")
    ///     .sentinel("bots", ["10.0.0.1", "10.0.0.2:26379", "redis://watcher:s3cret@10.0.0.3"])
    ///     .build()?;
    /// # drop(store);
    /// # Ok::<(), line_channel_token_cache::store::StoreError>(())
    /// ```
    pub fn sentinel<U: AsRef<str>>(mut self, master: &str, urls: impl IntoIterator<Item = U>) -> Self {
        let nodes: Result<Vec<_>, _> = urls.into_iter().map(|url| store_url::parse_sentinel(url.as_ref())).collect();
        self.sentinel = Some(store_url::master_name(master).and_then(|master| Ok((master, nodes?))));
        self
    }

    /// Trusts these certificates beside the platform's: the CA of a private Redis. One or several, as PEM however it was pasted, or as DER.
    ///
    /// ```
    /// use line_channel_token_redis::RedisStore;
    ///
    /// let error = RedisStore::builder("rediss://redis.example").root_certificates_pem("/etc/ssl/ca.pem").build().unwrap_err();
    /// assert!(error.to_string().contains("the path of a file"));
    /// ```
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn root_certificates_pem(mut self, pem: impl AsRef<[u8]>) -> Self {
        if let Err(error) = self.tls.add_roots(pem.as_ref()) {
            self.tls_problem.get_or_insert(error);
        }
        self
    }

    /// Shows this certificate to a server that demands one (`tls-auth-clients`): the chain and its private key, each as PEM.
    ///
    /// ```
    /// use line_channel_token_redis::RedisStore;
    ///
    /// let error = RedisStore::builder("rediss://redis.example").client_certificate_pem("nothing", "nothing").build().unwrap_err();
    /// assert!(error.to_string().contains("no certificate in PEM"));
    /// ```
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn client_certificate_pem(mut self, chain: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Self {
        if let Err(error) = self.tls.set_client(chain.as_ref(), key.as_ref()) {
            self.tls_problem.get_or_insert(error);
        }
        self
    }

    /// Uses this configuration of rustls 0.23 for TLS instead of our own: for another provider of cryptography, or for pinned roots. It
    /// decides everything, and needs neither of the features `aws-lc-rs` and `ring`. Leave `alpn_protocols` empty: Redis knows none.
    ///
    /// ```
    /// use line_channel_token_cache::store::StoreError;
    /// use line_channel_token_redis::{RedisStore, rustls};
    ///
    /// fn pinned(config: rustls::ClientConfig) -> Result<RedisStore, StoreError> {
    ///     RedisStore::builder("rediss://redis.example").tls_config(config).build()
    /// }
    /// ```
    #[cfg(feature = "tls")]
    #[cfg_attr(docsrs, doc(cfg(feature = "tls")))]
    pub fn tls_config(mut self, config: rustls::ClientConfig) -> Self {
        self.tls.config = Some(config);
        self
    }

    /// How long it may take to connect: Sentinel, name resolution, TCP, TLS and the password together. 1.5 seconds by default.
    ///
    /// ```
    /// use line_channel_token_redis::RedisStore;
    ///
    /// use std::time::Duration;
    ///
    /// let builder = RedisStore::builder("redis://127.0.0.1").connect_timeout(Duration::from_millis(500));
    /// # drop(builder);
    /// ```
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long a response may take. 1 second by default. A call as a whole takes no longer than this and
    /// [`connect_timeout`](Self::connect_timeout) together; that should be less than
    /// [`SharedSource::with_store_timeout`](line_channel_token_cache::SharedSource::with_store_timeout), which is 3 seconds.
    ///
    /// ```
    /// use line_channel_token_redis::RedisStore;
    ///
    /// use std::time::Duration;
    ///
    /// let builder = RedisStore::builder("redis://127.0.0.1").response_timeout(Duration::from_millis(300));
    /// # drop(builder);
    /// ```
    pub fn response_timeout(mut self, timeout: Duration) -> Self {
        self.response_timeout = timeout;
        self
    }

    /// The store. It does not connect yet.
    ///
    /// ```
    /// use line_channel_token_redis::RedisStore;
    ///
    /// let error = RedisStore::builder("redis://127.0.0.1").key_prefix("{bots}").build().unwrap_err();
    /// assert!(error.to_string().contains("the key prefix"));
    /// ```
    ///
    /// # Errors
    ///
    /// Kind [`InvalidSettings`](line_channel_token_cache::store::StoreErrorKind::InvalidSettings) if
    ///
    /// - the URL cannot be parsed, or that of a Sentinel; the error shows nothing of it;
    /// - user, password or database are given twice, or Sentinels are;
    /// - a URL is one of TLS, and the build has none (neither feature `aws-lc-rs` nor `ring`, and no `tls_config`), or the platform has no
    ///   trusted roots; or certificates are given, and no URL is one of TLS;
    /// - the key prefix is empty, too long, or has a character that it may not have;
    /// - a timeout is zero.
    pub fn build(self) -> Result<RedisStore, StoreError> {
        let StoreUrl { target, credentials, database } = self.url?;
        let target = match self.sentinel.transpose()? {
            None => target,
            Some((master, sentinels)) => with_sentinels(&target, master, sentinels)?,
        };
        let credentials = merge(credentials, self.credentials)?;
        let database = match (database, self.database) {
            (0, given) => given.unwrap_or(0),
            (number, None) => number,
            (number, Some(given)) if number == given => number,
            _ => {
                return Err(invalid_settings(
                    "the store has a database by its URL and another by the builder: give one",
                ));
            }
        };
        check_prefix(&self.key_prefix)?;
        if self.connect_timeout.is_zero() || self.response_timeout.is_zero() {
            return Err(invalid_settings(
                "a timeout of the store is zero, so no call could succeed: give at least some milliseconds",
            ));
        }
        if let Some(problem) = self.tls_problem {
            return Err(problem);
        }
        let tls = match target.needs_tls() {
            true => Some(self.tls.resolve()?),
            false if self.tls.is_empty() => None,
            false => {
                return Err(invalid_settings(
                    "certificates are given for a URL of the store without TLS: write rediss://",
                ));
            }
        };
        Ok(RedisStore::of(Settings {
            target,
            credentials,
            database,
            key_prefix: self.key_prefix,
            tls,
            connect_timeout: self.connect_timeout,
            response_timeout: self.response_timeout,
        }))
    }
}

fn with_sentinels(target: &Target, master: String, sentinels: Vec<Node>) -> Result<Target, StoreError> {
    if sentinels.is_empty() {
        return Err(invalid_settings("there is no Sentinel in the list: give the URL of one at least, better of all"));
    }
    match target {
        Target::Sentinel { .. } => {
            Err(invalid_settings("the store has Sentinels by its URL and by the builder: give one"))
        }
        Target::Server(address) => Ok(Target::Sentinel { master, sentinels, is_tls: address.is_tls() }),
    }
}

fn merge(of_url: Credentials, given: Credentials) -> Result<Credentials, StoreError> {
    if of_url.username.is_some() && given.username.is_some() && of_url.username != given.username {
        return Err(invalid_settings("the store has a user by its URL and another by the builder: give one"));
    }
    let passwords = [of_url.password.is_some(), given.password.is_some(), given.password_file.is_some()];
    if passwords.into_iter().filter(|is_given| *is_given).count() > 1 {
        return Err(invalid_settings("the store has more than one password (URL, password, password_file): give one"));
    }
    let password = of_url.password.or(given.password);
    if password.as_ref().is_some_and(|password| password.is_empty()) {
        return Err(invalid_settings("the password of the store is empty: give it, or leave it out"));
    }
    let username = of_url.username.or(given.username).filter(|username| !username.is_empty());
    Ok(Credentials { username, password, password_file: given.password_file })
}

fn check_prefix(prefix: &str) -> Result<(), StoreError> {
    let is_allowed = |byte: u8| byte.is_ascii_graphic() && !b"{}*?[]\\".contains(&byte);
    if prefix.is_empty() || prefix.len() > 100 || !prefix.bytes().all(is_allowed) {
        return Err(invalid_settings(
            "the key prefix of the store is empty, longer than 100 characters, or has white space or one of `{ } * ? [ ] \\`, which \
             mean something to Redis: take letters, digits and `:`, `-`, `_`, `.`",
        ));
    }
    Ok(())
}

/// Neither the user nor a password is shown.
impl fmt::Debug for RedisStoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStoreBuilder")
            .field("key_prefix", &self.key_prefix)
            .field("connect_timeout", &self.connect_timeout)
            .field("response_timeout", &self.response_timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use line_channel_token_cache::store::StoreErrorKind;

    use crate::RedisStore;

    #[test]
    fn settings_that_contradict_each_other_are_refused() {
        let at = |url: &str| RedisStore::builder(url);
        for (builder, says) in [
            (at("redis://s3cret@h").username("other"), "another by the builder"),
            (at("redis://:s3cret@h").password("s3cret"), "more than one password"),
            (at("redis://h").password("s3cret").password_file("s3cret"), "more than one password"),
            (at("redis://h").password(""), "is empty"),
            (at("redis://h/1").database(2), "another by the builder"),
            (at("redis://h").key_prefix(""), "the key prefix"),
            (at("redis://h").key_prefix("s3cret{a}"), "the key prefix"),
            (at("redis://h").key_prefix("s3cret *"), "the key prefix"),
            (at("redis://h").key_prefix("é"), "the key prefix"),
            (at("redis://h").key_prefix("a".repeat(101)), "the key prefix"),
            (at("redis://h").connect_timeout(Duration::ZERO), "timeout"),
            (at("redis://h").response_timeout(Duration::ZERO), "timeout"),
            (at("redis://h").sentinel("bots", [""; 0]), "no Sentinel in the list"),
            (at("redis://h").sentinel("", ["a"]), "name of the master"),
            (at("redis://h").sentinel("s3cret bots", ["a"]), "name of the master"),
            (at("redis://h").sentinel("bots", ["http://s3cret"]), "Sentinel"),
            (at("redis+sentinel://a/bots").sentinel("bots", ["a"]), "give one"),
            (at("s3cret").password("s3cret"), "no scheme"),
        ] {
            let error = builder.clone().build().unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::InvalidSettings);
            let text = format!("{error} {error:?} {builder:?}");
            assert!(text.contains(says) && !text.contains("s3cret"), "{text}");
        }
    }

    #[test]
    fn settings_that_agree_are_taken() {
        let store =
            RedisStore::builder("redis://bot@h:1/2").username("bot").password("s3cret").database(2).build().unwrap();
        let shown = format!("{store:?} {:?}", store.clone());
        assert!(shown.contains("redis://h:1") && shown.contains("line-channel-token"), "{shown}");
        assert!(!shown.contains("s3cret") && !shown.contains("bot"), "{shown}");
    }

    #[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
    #[test]
    fn a_build_without_tls_names_the_features() {
        let error = RedisStore::new("rediss://h").unwrap_err();
        assert!(error.to_string().contains("aws-lc-rs or ring"), "{error}");
    }
}
