//! A process that holds a token cache over a shared source: it reads commands and writes lines of JSON.

#[cfg(unix)]
mod channels;
#[cfg(unix)]
mod commands;
#[cfg(unix)]
mod output;
#[cfg(unix)]
mod stops;
#[cfg(unix)]
mod watched_store;

#[cfg(unix)]
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    commands::run().await
}

#[cfg(not(unix))]
fn main() {}
