//! The command as a process: in the place of this one, or below it if a token has to be revoked after it.

use std::io;
use std::pin::pin;
use std::process::{Command, ExitCode, ExitStatus};

use line_channel_token::Error;
use line_channel_token::configuration::{ChannelConfig, TokenFamily};
use tokio::process::Child;

use super::environment;
use super::signals::Signals;
use crate::failure::{Exit, Failure};
use crate::issued::{Issued, issue, lost_by_interrupt};
use crate::line_service::LineService;
use crate::os_error::describe;
use crate::{output, spinner, style, time_text};

/// `ENOEXEC` on every Unix. Windows has a number of its own, and says so itself.
const NO_FORMAT: i32 = if cfg!(unix) { 8 } else { i32::MIN };
/// What is added to the number of a signal.
const BY_SIGNAL: i32 = 128;

/// Lets the command take the place of this process, so that it returns only if that is not possible.
#[cfg(unix)]
pub(super) fn replace_process(mut command: Command) -> Result<ExitCode, Failure> {
    use std::os::unix::process::CommandExt as _;
    let error = command.exec();
    Err(not_run(&error, &command))
}

/// Runs the command below this process, on systems on which no process can take the place of another.
#[cfg(not(unix))]
pub(super) fn replace_process(mut command: Command) -> Result<ExitCode, Failure> {
    command.status().map(exit_code).map_err(|error| not_run(&error, &command))
}

/// Issues a token, runs the command with it, and revokes it.
pub(super) async fn run_and_revoke(
    service: &LineService,
    config: &ChannelConfig,
    command: &environment::Command,
) -> Result<ExitCode, Failure> {
    let mut signals = Signals::listen().map_err(|error| {
        Failure::other(format!("signals cannot be listened for, so the token could stay valid: {}", describe(&error)))
    })?;
    let mut ended_by = None;
    let issued = {
        let mut issuing = pin!(issue(service, config));
        loop {
            tokio::select! {
                biased;
                issued = &mut issuing => break issued?,
                signal = signals.next() => match ended_by {
                    _ if !signals.is_ending(signal) => {}
                    // The token that may be issued in this moment could not be revoked without the response.
                    None => ended_by = Some(signal),
                    Some(_) => {
                        lost_by_interrupt(config.token_family()).map(output::note);
                        return Ok(code(BY_SIGNAL + signal));
                    }
                },
            }
        }
    };
    let outcome = match ended_by {
        Some(signal) => Ok(code(BY_SIGNAL + signal)),
        None => run(command.with_token(&issued.access_token), &mut signals).await,
    };
    if let Err(failure) = revoke(service, config, &issued, &mut signals).await {
        say_not_revoked(&issued, &failure);
    }
    outcome
}

async fn run(command: Command, signals: &mut Signals) -> Result<ExitCode, Failure> {
    let mut command = tokio::process::Command::from(command);
    let mut child = command.spawn().map_err(|error| not_run(&error, command.as_std()))?;
    loop {
        tokio::select! {
            biased;
            ended = child.wait() => {
                let message = |error| format!("the end of the command cannot be waited for: {}", describe(&error));
                return ended.map(exit_code).map_err(|error| Failure::new(Exit::Other, "exec", message(error)));
            }
            signal = signals.next() => pass_on(signal, &child, signals),
        }
    }
}

/// A signal of the terminal has reached the command already: it goes to all processes in the foreground.
fn pass_on(signal: i32, child: &Child, signals: &Signals) {
    // It has an id until it was waited for, so the signal reaches no other process.
    if let Some(id) = child.id()
        && !signals.is_of_terminal(signal)
    {
        signals.send(signal, id);
    }
}

/// Signals do not stop it: it takes no longer than a call may.
async fn revoke(
    service: &LineService,
    config: &ChannelConfig,
    issued: &Issued,
    signals: &mut Signals,
) -> Result<(), Error> {
    let doing = format!("Waiting for {} to revoke the token …", service.name());
    let client = service.client();
    let call = async {
        match issued.family {
            TokenFamily::Jwt => {
                let secret = config.read_channel_secret()?;
                client.revoke_jwt(config.channel_id(), &secret, &issued.access_token).await.map(drop)
            }
            _ => client.revoke(&issued.access_token).await.map(drop),
        }
    };
    let mut call = pin!(spinner::while_waiting(&doing, call));
    loop {
        tokio::select! {
            biased;
            outcome = &mut call => return outcome,
            _ = signals.next() => {}
        }
    }
}

fn say_not_revoked(issued: &Issued, error: &Error) {
    let warning = style::WARNING;
    let until = time_text::date(issued.expires_at).map(|date| format!(" until {date}")).unwrap_or_default();
    let key_id = issued.key_id.as_ref().map(|id| format!(" (key id {id})")).unwrap_or_default();
    output::note(&format!(
        "{warning}warning:{warning:#} the command has ended, and its token{key_id} could not be revoked: {error}. It is valid and uses one \
         of the channel's 30 slots{until}"
    ));
}

fn exit_code(status: ExitStatus) -> ExitCode {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    code(status.code().or(signal.map(|signal| BY_SIGNAL + signal)).unwrap_or(1))
}

/// Windows has exit codes beyond 255, which are failures.
fn code(code: i32) -> ExitCode {
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// Why a command was not run, with the exit codes that shells have for it.
fn not_run(error: &io::Error, command: &Command) -> Failure {
    let (exit, kind, why) = match error.kind() {
        io::ErrorKind::NotFound => (Exit::CommandNotFound, "command_not_found", "there is no such command".to_owned()),
        io::ErrorKind::PermissionDenied => {
            (Exit::CommandNotRun, "command_not_run", "it may not be executed".to_owned())
        }
        _ if error.raw_os_error() == Some(NO_FORMAT) => (
            Exit::CommandNotRun,
            "command_not_run",
            "it is neither a program of this machine nor a script that begins with #!".to_owned(),
        ),
        _ => (Exit::CommandNotRun, "command_not_run", format!("it cannot be run: {}", describe(error))),
    };
    Failure::new(exit, kind, format!("{}: {why}", command.get_program().to_string_lossy()))
}
