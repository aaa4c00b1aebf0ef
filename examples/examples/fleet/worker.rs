//! A worker: one process of the fleet, which sends messages all the time.
//!
//! Its standard input says what to do, and its end ends the worker, so that none is left if the program that started it is gone.

use std::io::{BufRead, Write};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Request};
use line_channel_token::cache::{Shutdown, TokenCache};
use line_channel_token::{Clock, HttpBackend, HyperBackend, Limits, SystemClock};
use tokio::sync::watch;

use crate::outcome::Outcome;
use crate::settings::Settings;
use crate::worker_tokens;

const MESSAGE: &str = r#"{"to":"U4af4980629","messages":[{"type":"text","text":"from one of many"}]}"#;
/// How long a worker has for its last message and its shutdown, on a wall.
const TIME_TO_LEAVE: Duration = Duration::from_secs(5);

/// Runs until standard input ends.
pub(crate) fn run() -> Result<(), String> {
    let settings: Settings = serde_json::from_str(&read_line()?)
        .map_err(|_| "a worker is started by the program itself: run it without --worker".to_owned())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("no runtime could be started: {error}"))?;
    let (leave, leaving) = watch::channel(false);
    let outcome = runtime.block_on(async {
        let backend: Arc<dyn HttpBackend> = Arc::new(HyperBackend::new().map_err(|error| error.to_string())?);
        let tokens = worker_tokens::cache(&settings, Arc::clone(&backend))?;
        Outcome::Ready.print();
        // All begin together.
        if read_line()?.is_empty() {
            return Ok(());
        }
        leave_at_end_of_input(leave);
        send_messages(&settings, &tokens, &*backend, leaving).await;
        let limit = settings.pace.stretched(TIME_TO_LEAVE / 2);
        tokens.shutdown(Shutdown::within(limit)).await;
        Ok(())
    });
    runtime.shutdown_background();
    outcome
}

async fn send_messages(
    settings: &Settings,
    tokens: &TokenCache,
    backend: &dyn HttpBackend,
    mut leaving: watch::Receiver<bool>,
) {
    while !*leaving.borrow_and_update() {
        send(settings, tokens, backend).await.print();
        // Workers that start together must not send together.
        let pause = Duration::from_millis(settings.send_every_ms).mul_f64(0.5 + fastrand::f64());
        tokio::select! {
            () = SystemClock.sleep(pause) => {}
            changed = leaving.changed() => if changed.is_err() { return },
        }
    }
}

/// A message with a valid token, and once more with the next one if the server responds 401.
async fn send(settings: &Settings, tokens: &TokenCache, backend: &dyn HttpBackend) -> Outcome {
    let sent = tokens
        .authorized_by(|token| push(&settings.line, token.header_value(), backend), |status| matches!(status, Ok(401)));
    match sent.await {
        Ok(Ok(200)) => Outcome::Sent,
        Ok(Ok(status)) => Outcome::Failed(format!("a message was refused with status {status}")),
        Ok(Err(error)) => Outcome::Failed(error),
        Err(error) => Outcome::Failed(format!("no token: {error}")),
    }
}

async fn push(line: &str, authorization: HeaderValue, backend: &dyn HttpBackend) -> Result<u16, String> {
    let request = Request::post(format!("{line}/v2/bot/message/push"))
        .header(AUTHORIZATION, authorization)
        .header(CONTENT_TYPE, "application/json")
        .body(MESSAGE.into())
        .map_err(|error| error.to_string())?;
    let response = backend.send(request, Limits::default()).await;
    response.map(|response| response.status().as_u16()).map_err(|error| format!("a message was not sent: {error}"))
}

/// A thread reads what is left of standard input, and ends the process if it does not end by itself.
fn leave_at_end_of_input(leave: watch::Sender<bool>) {
    std::thread::spawn(move || {
        while read_line().is_ok_and(|line| !line.is_empty()) {}
        let _ = leave.send(true);
        let (_held, ended) = sync_channel::<()>(0);
        let _ = ended.recv_timeout(TIME_TO_LEAVE);
        std::process::exit(1);
    });
}

/// A line of standard input; an empty text at its end.
fn read_line() -> Result<String, String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).map_err(|error| format!("standard input: {error}"))?;
    Ok(line)
}

impl Outcome {
    fn print(&self) {
        // Nobody reads any more if the program that started this one is gone; then standard input has ended too.
        let _ = writeln!(std::io::stdout(), "{self}");
    }
}
