//! The life of the process: it starts, it is ready, it is told to end.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use line_channel_token::emulator::EmulatorServer;
use tokio::sync::watch;

use super::build::{Built, build};
use super::control::{self, App};
use super::journal::Journal;
use super::settings::Settings;
use super::{announcement, health};
use crate::failure::Failure;
use crate::local_server::{PortFile, Signals};
use crate::output::OutputFormat;

/// Runs the emulator until a signal ends it.
pub(crate) fn run(settings: Settings, format: OutputFormat) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::other(format!("the runtime cannot be started: {error}")))?;
    let outcome = runtime.block_on(serve(settings, format));
    // A key may be in the making on a thread that cannot be stopped.
    runtime.shutdown_background();
    outcome
}

async fn serve(settings: Settings, format: OutputFormat) -> Result<ExitCode, Failure> {
    let mut signals = Signals::listen()?;
    announcement::warn(&settings);
    if let Some(path) = &settings.port_file {
        PortFile::clear(path, |port| health::is_healthy(health::reachable(settings.host, port)))?;
    }
    let settings = Arc::new(settings);
    let journal = Arc::new(Journal::new());
    let building = tokio::task::spawn_blocking({
        let (settings, journal) = (Arc::clone(&settings), Arc::clone(&journal));
        move || build(&settings, &journal)
    });
    let Built { emulator, channels } = tokio::select! {
        built = building => built.map_err(|_| Failure::other("the emulator could not be built"))??,
        _ = signals.next() => return Ok(ExitCode::SUCCESS),
    };
    let (stop, stopped) = watch::channel(false);
    let app = App::new(emulator.clone(), journal, &settings, stopped);
    let address = SocketAddr::new(settings.host, settings.port);
    let server =
        emulator.server().allow_beyond_loopback(settings.allow_beyond_loopback).fallback(control::router(app.clone()));
    let server = server.serve(address).await.map_err(|error| cannot_listen(address, &error))?;
    let url = server.url();
    app.set_base_url(&url);
    // Whoever waits for the port file may need the variables next.
    announcement::write_variables(&settings, &url, &channels)?;
    let _port_file = match &settings.port_file {
        Some(path) => Some(PortFile::write(path, server.local_addr().port())?),
        None => None,
    };
    announcement::announce(&settings, &url, &channels, format)?;
    drop(channels);
    signals.next().await;
    // Streams of events end with this; without it they would last as long as their clients.
    let _ = stop.send(true);
    Ok(end(server, &mut signals).await)
}

/// Lets requests that are under way end, unless a second signal comes.
async fn end(server: EmulatorServer, signals: &mut Signals) -> ExitCode {
    tokio::select! {
        () = server.shutdown() => ExitCode::SUCCESS,
        code = signals.next() => ExitCode::from(code),
    }
}

fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::AddrInUse => Failure::new(
            crate::failure::Exit::Usage,
            "port_in_use",
            format!("port {} of {} is in use by another program", address.port(), address.ip()),
        )
        .with_hint(
            "end that program, or give another port with --port; --port 0 takes a free one, which --port-file tells",
        ),
        std::io::ErrorKind::AddrNotAvailable => {
            Failure::usage(format!("{} is no address of this machine: take 127.0.0.1", address.ip()))
        }
        std::io::ErrorKind::PermissionDenied => {
            Failure::usage(format!("port {} is not allowed for this user: take one from 1024 on", address.port()))
        }
        kind => Failure::other(format!("{address} cannot be listened on: {kind}")),
    }
}
