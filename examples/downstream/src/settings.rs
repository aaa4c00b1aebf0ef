//! What the bot is told by its environment.

use std::env;
use std::net::SocketAddr;

use line_channel_token::configuration::ChannelConfig;

const LISTEN: &str = "LISTEN";
const DEFAULT_LISTEN: &str = "127.0.0.1:8080";

/// What the bot is told by its environment.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The channel that the bot is for.
    pub channel: ChannelConfig,
    /// Where the bot listens.
    pub listen: SocketAddr,
}

impl Settings {
    /// From the variables of the process.
    ///
    /// # Errors
    ///
    /// Everything that is missing or wrong, at once.
    pub fn from_env() -> Result<Self, String> {
        let mut problems = Vec::new();
        let channel = ChannelConfig::from_env().and_then(|channel| {
            // Webhooks are signed with it, whatever tokens are issued for.
            channel.read_channel_secret()?;
            Ok(channel)
        });
        if let Err(error) = &channel {
            problems.extend(error.problems().map(ToString::to_string));
        }
        let listen = listen().map_err(|problem| problems.push(problem));
        match (channel, listen) {
            (Ok(channel), Ok(listen)) if problems.is_empty() => Ok(Self { channel, listen }),
            _ => Err(format!("the configuration is not valid:\n- {}", problems.join("\n- "))),
        }
    }
}

fn listen() -> Result<SocketAddr, String> {
    let text = match env::var(LISTEN) {
        Ok(text) => text,
        Err(env::VarError::NotPresent) => DEFAULT_LISTEN.to_owned(),
        Err(env::VarError::NotUnicode(_)) => return Err(format!("{LISTEN}: it is not valid Unicode")),
    };
    let expected = format!("give an address and a port, such as {DEFAULT_LISTEN}");
    text.trim().parse().map_err(|_| format!("{LISTEN}: {text:?} is no address: {expected}"))
}
