//! The one connection of a store: opened when it is needed, shared by all calls, and rebuilt after errors.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use line_channel_token_cache::store::StoreError;
use redis::Value;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use crate::call::{CallFailure, ScriptCall};
use crate::connect::{Connected, connect};
use crate::errors::{connecting_timed_out, timed_out, unavailable};
use crate::settings::Settings;

/// A connection that has been idle for longer is not used again: between two refreshes lie hours, and a router may have forgotten it.
const MAX_IDLE: Duration = Duration::from_secs(60);

/// What a call came to.
pub(crate) struct Outcome {
    pub(crate) value: Value,
    /// Whether it is the second attempt, after a first one that may have been carried out.
    pub(crate) is_repeated: bool,
}

/// The connection of a store, if it has one.
pub(crate) struct Connection {
    settings: Arc<Settings>,
    current: Mutex<Option<Kept>>,
    /// How many attempts to connect have begun.
    attempts: AtomicU64,
    /// The attempt that failed last.
    failed: std::sync::Mutex<Option<(u64, StoreError)>>,
}

struct Kept {
    connected: Arc<Connected>,
    used_at: Instant,
}

impl Connection {
    pub(crate) fn new(settings: Arc<Settings>) -> Self {
        Self { settings, current: Mutex::default(), attempts: AtomicU64::new(0), failed: std::sync::Mutex::default() }
    }

    /// Runs a call, within the sum of both timeouts.
    pub(crate) async fn run(&self, call: &ScriptCall) -> Result<Outcome, StoreError> {
        let limit = self.settings.total_timeout();
        timeout(limit, self.run_twice(call)).await.unwrap_or_else(|_| Err(timed_out("a call", limit)))
    }

    /// A connection that was kept may be dead, or lead to what is a replica now: the call is repeated on a new one then.
    async fn run_twice(&self, call: &ScriptCall) -> Result<Outcome, StoreError> {
        let (connected, is_new) = self.connected().await?;
        let is_repeated = match self.attempt(call, &connected).await {
            Ok(value) => return Ok(Outcome { value, is_repeated: false }),
            Err(CallFailure::ConnectionLost(_)) if !is_new => true,
            Err(CallFailure::ReadOnly(_)) if !is_new => false,
            Err(failure) => return Err(failure.into()),
        };
        let second = async {
            let (connected, _) = self.connected().await?;
            Ok(self.attempt(call, &connected).await?)
        };
        match second.await {
            Ok(value) => Ok(Outcome { value, is_repeated }),
            Err(error) if is_repeated && call.may_change() => Err(after_lost_response(&error)),
            Err(error) => Err(error),
        }
    }

    async fn attempt(&self, call: &ScriptCall, connected: &Arc<Connected>) -> Result<Value, CallFailure> {
        let limit = self.settings.response_timeout;
        let mut connection = connected.connection.clone();
        let result = match timeout(limit, call.run(&mut connection)).await {
            Ok(result) => result,
            Err(_) => {
                self.discard(connected).await;
                return Err(CallFailure::Other(timed_out("a response", limit)));
            }
        };
        if matches!(result, Err(CallFailure::ConnectionLost(_) | CallFailure::ReadOnly(_))) {
            self.discard(connected).await;
        }
        result
    }

    /// The connection, and whether it was opened now. Callers that waited for an attempt that failed share its error.
    async fn connected(&self) -> Result<(Arc<Connected>, bool), StoreError> {
        let begun_before = self.attempts.load(Ordering::SeqCst);
        let mut current = self.current.lock().await;
        if let Some(kept) = current.as_mut().filter(|kept| kept.used_at.elapsed() < MAX_IDLE) {
            kept.used_at = Instant::now();
            return Ok((Arc::clone(&kept.connected), false));
        }
        *current = None;
        if let Some((attempt, error)) = &*self.failed()
            && *attempt > begun_before
        {
            return Err(error.clone());
        }
        let attempt = self.attempts.fetch_add(1, Ordering::SeqCst) + 1;
        let limit = self.settings.connect_timeout;
        let result = timeout(limit, connect(&self.settings))
            .await
            .unwrap_or_else(|_| Err(connecting_timed_out(self.settings.target.needs_tls(), limit)));
        match result {
            Ok(connected) => {
                let connected = Arc::new(connected);
                *current = Some(Kept { connected: Arc::clone(&connected), used_at: Instant::now() });
                Ok((connected, true))
            }
            Err(error) => {
                *self.failed() = Some((attempt, error.clone()));
                Err(error)
            }
        }
    }

    /// Forgets a connection, unless there is another one already.
    async fn discard(&self, connected: &Arc<Connected>) {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|kept| Arc::ptr_eq(&kept.connected, connected)) {
            *current = None;
        }
    }

    fn failed(&self) -> std::sync::MutexGuard<'_, Option<(u64, StoreError)>> {
        self.failed.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The second attempt failed, and says nothing of the first, which may have been carried out: whatever the error is, it is of the kind that says so.
fn after_lost_response(error: &StoreError) -> StoreError {
    unavailable(format!("{error} (the connection was closed in the middle of a call before)"))
}

impl From<CallFailure> for StoreError {
    fn from(failure: CallFailure) -> Self {
        match failure {
            CallFailure::ConnectionLost(error) | CallFailure::ReadOnly(error) | CallFailure::Other(error) => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use line_channel_token_cache::store::StoreErrorKind;

    use super::{Connection, MAX_IDLE};
    use crate::RedisStore;
    use crate::call::ScriptCall;
    use crate::scripts::{COMPARE_AND_SET, LOAD};

    /// A server that ends the first connection at its second call, as if it were killed, and is a replica then.
    fn failing_over_server() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut first, _) = listener.accept().unwrap();
            assert!(first.read(&mut [0; 4096]).unwrap() > 0);
            first.write_all(b"*3\r\n$1\r\n1\r\n$1\r\n0\r\n$-1\r\n").unwrap();
            assert!(first.read(&mut [0; 4096]).unwrap() > 0);
            drop(first);
            let (mut second, _) = listener.accept().unwrap();
            while second.read(&mut [0; 4096]).is_ok_and(|length| length > 0) {
                second.write_all(b"-READONLY You can't write against a read only replica.\r\n").unwrap();
            }
        });
        url
    }

    #[tokio::test]
    async fn a_call_that_may_have_been_carried_out_is_never_denied() {
        let connection = Connection::new(Arc::new(RedisStore::new(failing_over_server()).unwrap().settings().clone()));
        let call = |script| ScriptCall { script, keys: vec!["key".to_owned()], arguments: Vec::new() };
        assert!(connection.run(&call(&LOAD)).await.is_ok());
        let Err(error) = connection.run(&call(&COMPARE_AND_SET)).await else { panic!("it is a replica") };
        assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
        assert!(error.to_string().contains("replica"), "{error}");
    }

    /// What responds that there is no value, to whatever it is asked; and how many connections it has had.
    fn empty_server() -> (String, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let accepted = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&accepted);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                counted.fetch_add(1, Ordering::SeqCst);
                std::thread::spawn(move || {
                    while stream.read(&mut [0; 4096]).is_ok_and(|length| length > 0) {
                        stream.write_all(b"*3\r\n$1\r\n1\r\n$1\r\n0\r\n$-1\r\n").unwrap();
                    }
                });
            }
        });
        (url, accepted)
    }

    #[tokio::test]
    async fn an_idle_connection_is_not_used_again() {
        let (url, accepted) = empty_server();
        let connection = Connection::new(Arc::new(RedisStore::new(url).unwrap().settings().clone()));
        let call = ScriptCall { script: &LOAD, keys: vec!["key".to_owned()], arguments: Vec::new() };
        for (idle, connections) in [(Duration::ZERO, 1), (MAX_IDLE / 2, 1), (MAX_IDLE, 2), (Duration::ZERO, 2)] {
            tokio::time::pause();
            tokio::time::advance(idle).await;
            tokio::time::resume();
            assert!(connection.run(&call).await.is_ok());
            assert_eq!(accepted.load(Ordering::SeqCst), connections, "after {idle:?}");
        }
    }
}
