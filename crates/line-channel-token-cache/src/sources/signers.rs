//! One assertion key, or two while one is being replaced by the other.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use line_channel_token_core::{Assertion, AssertionSource, Client, Error, ErrorKind, TokenLifetime};

use crate::issue::FallbackSigner;
use crate::source::catch_panic;
use crate::sync::Mutex;

/// The signers of a source. The one that served last is asked first.
#[derive(Clone, Debug)]
pub(crate) struct Signers {
    first: Arc<dyn AssertionSource>,
    second: Option<Arc<dyn AssertionSource>>,
    /// Shared by clones.
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Whether the second one served last.
    second_serves: AtomicBool,
    /// A switch that no token has brought to the cache yet.
    switched: Mutex<Option<FallbackSigner>>,
}

impl Signers {
    pub(crate) fn new(signer: impl AssertionSource) -> Self {
        Self { first: Arc::new(signer), second: None, state: Arc::default() }
    }

    /// # Errors
    ///
    /// If the two are for different channels.
    pub(crate) fn with_fallback(self, other: impl AssertionSource) -> Result<Self, Error> {
        let (id, other_id) = (self.first.channel_id(), other.channel_id());
        if id != other_id {
            return Err(Error::invalid_input(format!(
                "both signers must be for the same channel, and these are for {id} and {other_id}"
            )));
        }
        Ok(Self { second: Some(Arc::new(other)), ..self })
    }

    pub(crate) fn first(&self) -> &dyn AssertionSource {
        &*self.first
    }

    /// The last switch to the other signer, which is reported once.
    pub(crate) fn take_switch(&self) -> Option<FallbackSigner> {
        self.state.switched.lock().take()
    }

    /// Makes an assertion and calls LINE with it; once more with the other signer if LINE does not know the key.
    pub(crate) async fn call<T, F>(
        &self,
        client: &Client,
        token_lifetime: Option<TokenLifetime>,
        call: impl Fn(Assertion) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let second_serves = self.state.second_serves.load(Ordering::Relaxed);
        let (serving, other) = match &self.second {
            Some(second) if second_serves => (second, Some(&self.first)),
            second => (&self.first, second.as_ref()),
        };
        let refused = match call(assertion(&**serving, client, token_lifetime).await?).await {
            Err(error) if error.kind() == ErrorKind::UnknownAssertionKey => error,
            outcome => return outcome,
        };
        let Some(other) = other else { return Err(refused) };
        match call(assertion(&**other, client, token_lifetime).await?).await {
            Ok(value) => {
                self.state.second_serves.store(!second_serves, Ordering::Relaxed);
                let switch = FallbackSigner { rejected: serving.kid().cloned(), used: other.kid().cloned() };
                *self.state.switched.lock() = Some(switch);
                Ok(value)
            }
            // Neither is known: the error about the one that should serve says more.
            Err(error) if error.kind() == ErrorKind::UnknownAssertionKey => Err(refused),
            Err(error) => Err(error),
        }
    }
}

/// An assertion by the clock of the client; a panic of the signer is an error to sign, after which nothing was sent.
pub(crate) async fn assertion(
    signer: &dyn AssertionSource,
    client: &Client,
    token_lifetime: Option<TokenLifetime>,
) -> Result<Assertion, Error> {
    let clock = client.clock();
    let sign = async { signer.assertion_by_clock(token_lifetime, &*clock).await };
    catch_panic(sign, || Error::signing("the assertion signer panicked")).await
}
