//! A token of a module, with a session that is logged in.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use line_channel_token_core::{Clock, Error, SystemClock};

use crate::block_on::block_on;
use crate::connection::{Access, Connection};
use crate::generate_key;
use crate::key::Pkcs11Key;
use crate::key_spec::KeySpec;
use crate::module::Pkcs11Module;
use crate::pin::UserPin;
use crate::selector::{KeySelector, TokenSelector};
use crate::token_info::TokenInfo;
use crate::worker::{Settings, Workers};

/// How long a token may take to make a key: RSA takes a smart card half a minute, and more if it is unlucky.
const GENERATION_TIMEOUT: Duration = Duration::from_secs(180);

/// A token (an HSM, a partition of one, a smart card) that the user is logged in to.
///
/// All calls of the module are made on threads of the token's own, one unless [more](Pkcs11TokenBuilder::threads) are asked for, because
/// they block and may hang. These start with the first call, and end with the last clone of the token and the last of its
/// [signers](crate::Pkcs11Signer); dropping that waits for the session to be closed, for two seconds at most.
///
/// A session that is lost is opened again, and the user logged in again: after the token was pulled out, the HSM was restarted, another
/// part of the process logged out or finalised the module, or the process was forked. A PIN that the token refuses is never tried again,
/// because a token locks after a few wrong ones.
///
/// ```
/// use line_channel_token_assertion::SigningAlgorithm;
/// use line_channel_token_core::Error;
/// use line_channel_token_pkcs11::{KeySpec, Pkcs11Module, Pkcs11Token, TokenSelector, UserPin};
///
/// /// Makes the key of a channel, and returns what the LINE Developers Console wants of it.
/// fn set_up(module: &str, pin: UserPin) -> Result<String, Error> {
///     let module = Pkcs11Module::new(module)?;
///     let token = Pkcs11Token::builder(module, TokenSelector::from_label("line-bots")).pin(pin).build()?;
///     let key = token.generate_key(&KeySpec::new(SigningAlgorithm::Rs256, "line-2026"))?;
///     Ok(key.public_jwk().map(ToString::to_string).unwrap_or_default())
/// }
///
/// let error = set_up("/opt/no-hsm/libpkcs11.so", UserPin::new("648219")?).unwrap_err();
/// assert!(error.to_string().contains("there is no file")); // this machine has no HSM
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone)]
pub struct Pkcs11Token(Arc<Inner>);

struct Inner {
    workers: Workers<Connection>,
    timeout: Duration,
    info: TokenInfo,
}

impl Pkcs11Token {
    /// A builder for the token that is selected. [`Pkcs11TokenBuilder`] has an example.
    #[must_use]
    pub fn builder(module: Pkcs11Module, token: TokenSelector) -> Pkcs11TokenBuilder {
        Pkcs11TokenBuilder {
            module,
            selector: token,
            pin: None,
            timeout: Duration::from_secs(10),
            threads: 1,
            queue: 64,
            clock: Arc::new(SystemClock),
        }
    }

    /// What the module said of the token when this was built.
    #[must_use]
    pub fn info(&self) -> &TokenInfo {
        &self.0.info
    }

    /// Finds a private key, and reads its public half. It blocks, for the [timeout](Pkcs11TokenBuilder::timeout) at most.
    ///
    /// [`Pkcs11Key`] has an example.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if there is no such key or more than one, if there is only
    /// a public key or a certificate, or if it cannot sign assertions: an RSA key whose size is not 2048 bits, an EC key on another
    /// curve than P-256, a key that may not sign. Otherwise kind [`Signing`](line_channel_token_core::ErrorKind::Signing), or a
    /// transient one if the token does not respond.
    pub fn find_key(&self, key: &KeySelector) -> Result<Pkcs11Key, Error> {
        let selector = key.clone();
        self.call_blocking(self.0.timeout, move |connection| {
            connection.run(|open| Ok(open.key_anew(&selector)?.key.clone()))
        })
    }

    /// Generates a key pair that signs, and whose private half the token never hands out (`CKA_SENSITIVE`, not `CKA_EXTRACTABLE`). It
    /// blocks, for three minutes at most: RSA takes a smart card long. [`Pkcs11Token`] has an example.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if the token has a private key with this label already
    /// and [`KeySpec::with_duplicate_label`] does not allow it, if it has a key with this id, or if no PIN was given. Kind
    /// [`Signing`](line_channel_token_core::ErrorKind::Signing) if the token cannot make such a key; one that it made otherwise than it
    /// was asked to is deleted. If a transient error says that the
    /// token did not respond, the key may have been made all the same: look for it with [`find_key`](Self::find_key).
    pub fn generate_key(&self, spec: &KeySpec) -> Result<Pkcs11Key, Error> {
        let spec = spec.clone();
        self.call_blocking(self.0.timeout.max(GENERATION_TIMEOUT), move |connection| {
            connection.run_once(|pkcs11, slot| generate_key::generate(pkcs11, slot, &spec))
        })
    }

    pub(crate) fn call_blocking<T: Send + 'static>(
        &self,
        timeout: Duration,
        work: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        block_on(self.0.workers.call(timeout, work))
    }

    pub(crate) async fn call<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        self.0.workers.call(self.0.timeout, work).await
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.0.timeout
    }
}

impl fmt::Debug for Pkcs11Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkcs11Token")
            .field("info", &self.0.info)
            .field("timeout", &self.0.timeout)
            .finish_non_exhaustive()
    }
}

/// Builds a [`Pkcs11Token`].
///
/// ```
/// use std::time::Duration;
/// use line_channel_token_core::Error;
/// use line_channel_token_pkcs11::{Pkcs11Module, Pkcs11Token, TokenSelector, UserPin};
///
/// fn open(module: &str, pin: UserPin) -> Result<Pkcs11Token, Error> {
///     Pkcs11Token::builder(Pkcs11Module::new(module)?, TokenSelector::from_serial("b9d7c36fa7f8a1c2"))
///         .pin(pin)
///         .timeout(Duration::from_secs(3))
///         .threads(4) // a network HSM signs several at a time
///         .build()
/// }
///
/// assert!(open("/opt/no-hsm/libpkcs11.so", UserPin::new("648219")?).is_err());
/// # Ok::<(), Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Pkcs11TokenBuilder {
    module: Pkcs11Module,
    selector: TokenSelector,
    pin: Option<UserPin>,
    timeout: Duration,
    threads: usize,
    queue: usize,
    clock: Arc<dyn Clock>,
}

impl Pkcs11TokenBuilder {
    /// Sets the PIN of the user. Without one, only keys that need no login can be found, unless the token has a keypad.
    #[must_use]
    pub fn pin(mut self, pin: UserPin) -> Self {
        self.pin = Some(pin);
        self
    }

    /// Sets how long a caller waits for the token, in the queue and during the call. The default is 10 seconds.
    ///
    /// A call of the module cannot be interrupted: one that hangs keeps its thread until it returns, and others wait behind it.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how many threads call the module, each with a session of its own, 1 to 64. The default is 1.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads.clamp(1, 64);
        self
    }

    /// Sets how many calls may wait for a thread, at least 1. The default is 64. Further ones get a transient error at once.
    #[must_use]
    pub fn queue_capacity(mut self, calls: usize) -> Self {
        self.queue = calls.max(1);
        self
    }

    /// Sets the clock that the timeout is measured by. The default is the clock of the machine, for tests too: a token is as slow as it
    /// is, whatever a test's clock shows.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Finds the token, opens a session and logs the user in. It blocks, for the [timeout](Self::timeout) at most.
    ///
    /// # Errors
    ///
    /// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if there is no such token or more than one, and if it
    /// refuses the PIN, which uses up one of the few attempts before it locks. Kind
    /// [`Signing`](line_channel_token_core::ErrorKind::Signing) if the PIN is locked or has expired, or if a single attempt is left, which
    /// a program that starts again and again must not use up. Otherwise `Signing`, or a transient one if the token does not respond.
    pub fn build(self) -> Result<Pkcs11Token, Error> {
        let Self { module, selector, pin, timeout, threads, queue, clock } = self;
        let access = Arc::new(Access::new(module, selector, pin));
        let new_state = Arc::new(move || Connection::new(Arc::clone(&access)));
        let workers = Workers::new(Settings { threads, queue, clock, new_state });
        let info = block_on(workers.call(timeout, |connection| connection.run(|open| Ok(open.info.clone()))))?;
        Ok(Pkcs11Token(Arc::new(Inner { workers, timeout, info })))
    }
}
