//! The bot as a service: from its start to its end.

use std::error::Error;
use std::io;
use std::time::Duration;

use axum::Router;
use line_channel_token::ReqwestBackend;
use line_channel_token::configuration::Channel;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::bot::Bot;
use crate::settings::Settings;
use crate::{health, webhook};

/// How long open requests may still take at the end. With the limits of the bot, and with 5 s of a `preStop` hook, in which Kubernetes stops to
/// send requests, that is less than the 30 s after which it kills.
const REQUEST_LIMIT: Duration = Duration::from_secs(5);

/// Serves webhooks and health until SIGTERM or Ctrl-C; then finishes what has begun, and revokes the token.
pub async fn run(settings: Settings) -> Result<(), Box<dyn Error>> {
    let end = end_signal()?;
    let Channel { tokens, .. } = settings.channel.build(ReqwestBackend::new()?)?;
    let server = settings.channel.api_base_url();
    let bot = Bot::new(settings.channel, tokens, &server)?;
    // In the background: if LINE is down, the bot starts all the same, is not ready, and goes on asking.
    bot.tokens().warm_up_in_background();

    let listener = TcpListener::bind(settings.listen).await;
    let listener = listener.map_err(|error| format!("LISTEN: cannot listen on {}: {error}", settings.listen))?;
    println!("listening on http://{}", listener.local_addr()?);
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = axum::serve(listener, router(&bot)).with_graceful_shutdown(async { drop(stopped.await) });
    let serving = tokio::spawn(serving.into_future());

    end.await;
    drop(stop);
    if tokio::time::timeout(REQUEST_LIMIT, serving).await.is_err() {
        eprintln!("some requests were still open");
    }
    let report = bot.shut_down().await;
    println!("{} token revoked; everything done: {}", report.revoked, report.is_complete());
    Ok(())
}

/// All that the bot serves.
pub fn router(bot: &Bot) -> Router {
    webhook::router(bot.clone()).merge(health::router(bot.tokens().clone()))
}

/// Completes at SIGTERM or Ctrl-C, from now on.
#[cfg(unix)]
fn end_signal() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(windows)]
fn end_signal() -> io::Result<impl Future<Output = ()>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move { drop(interrupt.recv().await) })
}
