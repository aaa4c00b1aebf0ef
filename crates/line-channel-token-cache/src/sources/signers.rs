//! One assertion key, or two while one is being replaced by the other.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use line_channel_token_core::{Assertion, AssertionSource, Error, ErrorKind, TokenLifetime};

use crate::source::OtherSigner;

/// The signers of a source. The one that served last is asked first.
#[derive(Clone, Debug)]
pub(crate) struct Signers {
    first: Arc<dyn AssertionSource>,
    second: Option<Arc<dyn AssertionSource>>,
    /// Whether the second one served last; shared by clones.
    second_serves: Arc<AtomicBool>,
}

impl Signers {
    pub(crate) fn new(signer: impl AssertionSource) -> Self {
        Self { first: Arc::new(signer), second: None, second_serves: Arc::default() }
    }

    pub(crate) fn with_other(self, other: impl AssertionSource) -> Result<Self, Error> {
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

    /// Makes an assertion and calls LINE with it; once more with the other signer where LINE does not know the key.
    pub(crate) async fn call<T, F>(
        &self,
        token_lifetime: Option<TokenLifetime>,
        call: impl Fn(Assertion) -> F,
    ) -> Result<(T, Option<OtherSigner>), Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let second_serves = self.second_serves.load(Ordering::Relaxed);
        let (serving, other) = match &self.second {
            Some(second) if second_serves => (second, Some(&self.first)),
            second => (&self.first, second.as_ref()),
        };
        let refused = match call(serving.assertion(token_lifetime).await?).await {
            Err(error) if error.kind() == ErrorKind::UnknownAssertionKey => error,
            outcome => return Ok((outcome?, None)),
        };
        let Some(other) = other else { return Err(refused) };
        match call(other.assertion(token_lifetime).await?).await {
            Ok(value) => {
                self.second_serves.store(!second_serves, Ordering::Relaxed);
                let switch = OtherSigner { refused: serving.kid().cloned(), used: other.kid().cloned() };
                Ok((value, Some(switch)))
            }
            // Neither is known: the error about the one that should serve says more.
            Err(error) if error.kind() == ErrorKind::UnknownAssertionKey => Err(refused),
            Err(error) => Err(error),
        }
    }
}
