//! Compares a cached read of ours with that of other token libraries: `cargo xtask compare`.

#![forbid(unsafe_code)]

mod gcloud;
mod gcp;
mod google;
mod key;
mod measure;
mod ours;
mod report;
mod server;
mod yup;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::measure::Row;
use crate::server::Server;

/// How many times as long as ours the fastest of the others must take.
const BAR: f64 = 4.0;

#[derive(Default)]
struct Arguments {
    json: Option<PathBuf>,
    check: bool,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = arguments()?;
    let Some(gcloud) = gcloud::on_path()? else { match gcloud::restart()? {} };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // The tasks that some of them spawn live for as long as the runtime does, and sleep while others are timed.
    let rows = runtime.block_on(rows(gcloud))?;
    report::print(&rows);
    let holds = report::bar(&rows, BAR);
    if let Some(file) = arguments.json {
        std::fs::write(file, format!("{:#}\n", report::json(&rows)))?;
    }
    Ok(if arguments.check && !holds { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

async fn rows(gcloud: gcloud::OnPath) -> Result<Vec<Row>, Box<dyn Error>> {
    let server = Server::start()?;
    let key = key::private_key_pem()?;
    let ours = ours::warm().await?;
    Ok(vec![
        google::row(&server, &ours).await?,
        gcp::service_account(&server, &key, &ours).await?,
        gcp::gcloud(gcloud, &server, &ours).await?,
        yup::row(&server, &key, &ours).await?,
    ])
}

fn arguments() -> Result<Arguments, String> {
    let mut arguments = Arguments::default();
    let mut rest = std::env::args().skip(1);
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--check" => arguments.check = true,
            "--json" => arguments.json = Some(rest.next().ok_or("--json needs a file")?.into()),
            other => return Err(format!("{other}: only --json FILE and --check are known")),
        }
    }
    Ok(arguments)
}
