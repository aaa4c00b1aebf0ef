//! `emulator`.

use std::process::ExitCode;

use clap::Args;

use crate::emulator::settings::Settings;
use crate::emulator::settings::args::SettingsArgs;
use crate::emulator::{check, health, serve};
use crate::failure::Failure;
use crate::output::OutputArgs;

/// Runs a LINE token service to test against, until it is interrupted
///
/// It has LINE's eight token endpoints, the Messaging API's check of tokens, a control API below /_emulator/ and a page at /.
/// If no channel is given, it makes one with a secret and a key pair, and says them once.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  line-channel-token emulator
  line-channel-token emulator --port 0 --port-file port.txt --env-out line.env --key-out line.pem
  LINE_EMULATOR_SECRET_1234567890=s3cret line-channel-token emulator
  line-channel-token emulator --config emulator.toml --check
  line-channel-token emulator --health")]
pub(crate) struct Emulator {
    /// Checks the configuration, and starts nothing
    #[arg(long, conflicts_with = "health")]
    pub(crate) check: bool,
    /// Asks the emulator that runs at --port, --port-file or --url whether it is healthy: exit code 0, or 1 if it is not
    #[arg(long)]
    pub(crate) health: bool,
    /// The URL of the emulator that --health asks
    #[arg(long, requires = "health")]
    pub(crate) url: Option<String>,
    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

impl Emulator {
    pub(crate) fn output_format(&self) -> crate::output::OutputFormat {
        self.output.output
    }

    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let format = self.output_format();
        let settings = Settings::gather(self.settings)
            .map_err(|problems| Failure::new(crate::failure::Exit::Usage, "configuration", problems.message()))?;
        if self.health {
            return health::check(&health::addresses(&settings, self.url.as_deref())?, format);
        }
        if self.check {
            return check::run(&settings, format);
        }
        serve::run(settings, format)
    }
}
