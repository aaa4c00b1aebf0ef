//! Reads commands and does them, each in a task of its own.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::io::BufRead;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use fleet_tests::{Command, FleetClock, Line, Reply, Task, WorkerSettings};
use http::Request;
use http::header::AUTHORIZATION;
use line_channel_token_cache::CachedToken;
use line_channel_token_core::{ChannelId, Clock, Error, HttpBackend, Limits};
use line_channel_token_hyper::HyperBackend;
use tokio::sync::mpsc;

use crate::channels::{Channels, backend};
use crate::output::Output;
use crate::stops::Stops;

struct Worker {
    channels: Channels,
    clock: FleetClock,
    stops: Stops,
    output: Output,
    server: String,
    backend: HyperBackend,
    last: Mutex<HashMap<usize, Arc<CachedToken>>>,
}

/// Does what standard input says until it ends.
pub(crate) async fn run() -> Result<(), Box<dyn StdError>> {
    let mut settings = String::new();
    std::io::stdin().lock().read_line(&mut settings)?;
    let settings: WorkerSettings = serde_json::from_str(&settings)?;
    let clock = FleetClock::open(&settings.clock)?.with_skew(settings.skew);
    let output = Output::default();
    let stops = Stops::new(&settings.stops, output.clone());
    let channels = Channels::new(&settings, &clock, &stops, &output)?;
    let server = settings.server;
    let worker = Worker { channels, clock, stops, output, server, backend: backend(), last: Mutex::default() };
    let worker = Arc::new(worker);

    let (sender, mut commands) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    worker.output.write(&Line::Ready);
    while let Some(line) = commands.recv().await {
        let command: Command = serde_json::from_str(&line)?;
        let worker = Arc::clone(&worker);
        if command.task == Task::Shutdown {
            worker.channels.shutdown().await;
            worker.output.write(&Line::Reply(Reply { id: command.id, ..Reply::default() }));
            return Ok(());
        }
        tokio::spawn(async move {
            let reply = worker.perform(command).await.unwrap_or_else(|error| Reply {
                kind: Some(error.kind().as_str().to_owned()),
                error: Some(error.to_string()),
                ..Reply::default()
            });
            worker.output.write(&Line::Reply(Reply { id: command.id, ..reply }));
        });
    }
    Ok(())
}

impl Worker {
    async fn perform(&self, command: Command) -> Result<Reply, Error> {
        let missing = || Error::invalid_input("this worker has no such channel");
        let id = self.channels.ids.get(command.channel).ok_or_else(missing)?;
        match command.task {
            Task::Token => {
                let token = self.token(command.channel, id).await?;
                Ok(self.describe(&token))
            }
            Task::Send => {
                let token = self.token(command.channel, id).await?;
                let status = Some(self.push(&token).await?);
                Ok(Reply { status, ..self.describe(&token) })
            }
            Task::Authorized => {
                let mut token = self.token(command.channel, id).await?;
                let mut status = self.push(&token).await?;
                if status == 401 {
                    token = self.channels.replacement(id, &token).await?;
                    status = self.push(&token).await?;
                }
                Ok(Reply { status: Some(status), ..self.describe(&token) })
            }
            Task::SendLast => {
                let token = self.last(command.channel)?;
                let status = Some(self.push(&token).await?);
                Ok(Reply { status, ..self.describe(&token) })
            }
            Task::Invalidate => {
                let token = self.last(command.channel)?;
                self.channels.invalidate(id, &token);
                Ok(self.describe(&token))
            }
            Task::Tick => {
                self.clock.wake();
                Ok(Reply::default())
            }
            Task::Go => {
                self.stops.go();
                Ok(Reply::default())
            }
            Task::Counts | Task::Shutdown => {
                let in_flight = self.channels.ids.iter().any(|id| self.channels.is_in_flight(id));
                let busy = self.output.is_busy();
                Ok(Reply { in_flight, busy, counts: self.output.counts(), ..Reply::default() })
            }
        }
    }

    async fn token(&self, channel: usize, id: &ChannelId) -> Result<Arc<CachedToken>, Error> {
        let token = self.channels.token(id).await?;
        self.last.lock().unwrap_or_else(PoisonError::into_inner).insert(channel, Arc::clone(&token));
        Ok(token)
    }

    fn last(&self, channel: usize) -> Result<Arc<CachedToken>, Error> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.get(&channel).cloned().ok_or_else(|| Error::invalid_input("this worker has had no token yet"))
    }

    fn describe(&self, token: &CachedToken) -> Reply {
        let text = token.access_token().expose_secret();
        Reply {
            token: Some(token.key_id().map_or_else(|| text.to_owned(), ToString::to_string)),
            remaining: Some(token.remaining(self.clock.now()).as_secs()),
            ..Reply::default()
        }
    }

    /// Uses a token once, and says the status of the response.
    async fn push(&self, token: &CachedToken) -> Result<u16, Error> {
        let request = Request::post(format!("{}/v2/bot/message/push", self.server))
            .header(AUTHORIZATION, token.header_value())
            .header("content-type", "application/json")
            .body(Bytes::from_static(br#"{"to":"U1","messages":[{"type":"text","text":"hello"}]}"#))
            .map_err(|_| Error::invalid_input("the server's URL makes no request"))?;
        let _busy = self.output.busy();
        let response = self.backend.send(request, Limits::default()).await;
        let response = response.map_err(|error| Error::transient(format!("the push failed: {error}")))?;
        Ok(response.status().as_u16())
    }
}
