//! `doctor`.

mod clock;
mod configuration;
mod connection;
mod credentials;
mod key;
mod probe;
mod proxy;
mod recorder;
mod report;
mod variables;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use line_channel_token::configuration::ChannelArgs;

use self::configuration::Configuration;
use self::probe::Reached;
use self::recorder::Recorder;
use self::report::Report;
use crate::failure::Failure;
use crate::line_service::{self, CallArgs, LineService};
use crate::output::{OutputArgs, OutputFormat};
use crate::{interrupt, runtime, spinner};

/// Checks configuration, key, clock, credentials, slots and network, and says what mends each fault
///
/// It changes nothing.
#[derive(Args, Debug)]
#[command(after_long_help = "\
Examples:
  line-channel-token doctor
  LINE_API_BASE_URL=http://127.0.0.1:8787 line-channel-token doctor --output json

It is harmless: nothing is revoked, and no v2.1 or short-lived token is issued, so no slot is used. It asks LINE to verify a text that is \
no token, to see what responds; the channel secret is checked by a stateless token, which is thrown away and expires by itself; the key \
and its kid by listing the key ids. What is found shows no secret. Every check is made that can be made, whatever the others find.

Exit codes: 0 if there is no problem (there may be warnings), 2 if the configuration or this machine is at fault, 3 if LINE refuses \
something, 4 if LINE cannot be reached or is too busy. Of several, the smallest.")]
pub(crate) struct Doctor {
    #[command(flatten)]
    channel: ChannelArgs,
    #[command(flatten)]
    call: CallArgs,
    #[command(flatten)]
    output: OutputArgs,
}

impl Doctor {
    pub(crate) fn output_format(&self) -> OutputFormat {
        self.output.output
    }

    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let Self { channel, call, output } = self;
        let mut report = Report::default();
        let configuration = Configuration::check(&channel, &mut report);
        variables::check(&mut report);
        key::check(&configuration, &mut report);
        runtime::block_on(interrupt::ends(check_service(&configuration, call, &mut report), || None))?;
        report.write(output.output, configuration.channel_id.as_deref(), configuration.base_url.as_ref())
    }
}

/// Everything that needs the network.
async fn check_service(configuration: &Configuration, call: CallArgs, report: &mut Report) -> Result<(), Failure> {
    let Some(base_url) = &configuration.base_url else {
        for check in ["proxy", "dns", "connection", "tls", "service", "clock", "secret", "assertion", "slots"] {
            report.skipped(check, "the base URL is not valid");
        }
        return Ok(());
    };
    let Some(backend) = proxy::check(base_url, report) else {
        for check in ["dns", "connection", "tls", "service", "clock", "secret", "assertion", "slots"] {
            report.skipped(check, "no request can be made: see above");
        }
        return Ok(());
    };
    let recorder = Arc::new(Recorder::new(Arc::new(backend.backend)));
    let service = LineService::new(base_url.clone(), call)?.over(recorder.clone());
    let name = line_service::host(base_url);
    let doing = format!("Checking the connection to {name} …");
    let reached = spinner::while_waiting(&doing, async {
        let found = connection::check(base_url, backend.proxy.as_deref(), call.timeout, report).await;
        probe::check(&service, base_url, backend.proxy.as_deref(), found, report).await
    })
    .await;
    clock::check(&recorder, report);
    if reached == Reached::No {
        for check in ["secret", "assertion", "slots"] {
            report.skipped(check, "the service cannot be reached: see above");
        }
        return Ok(());
    }
    let doing = format!("Checking the credentials at {name} …");
    spinner::while_waiting(&doing, async {
        credentials::check_secret(&service, configuration, report).await;
        credentials::check_assertion(&service, configuration, report).await;
    })
    .await;
    Ok(())
}
