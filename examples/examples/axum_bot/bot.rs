//! The bot: repeats what its users say.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use line_channel_token::cache::{RevocationReport, Shutdown, TokenCache};
use line_channel_token::config::ChannelConfig;
use tokio_util::task::TaskTracker;

use crate::messages::Messages;

/// How long messages that are being sent may still take when the process ends.
const SENDING_LIMIT: Duration = Duration::from_secs(10);
/// How long the revocation of the tokens may then take.
const REVOCATION_LIMIT: Duration = Duration::from_secs(5);

/// A handle; clones are the same bot.
#[derive(Clone)]
pub struct Bot(Arc<Inner>);

struct Inner {
    channel: ChannelConfig,
    tokens: TokenCache,
    messages: Messages,
    sending: TaskTracker,
}

impl Bot {
    /// A bot of this channel, with these tokens of it.
    pub fn new(channel: ChannelConfig, tokens: TokenCache, messages: Messages) -> Self {
        Self(Arc::new(Inner { channel, tokens, messages, sending: TaskTracker::new() }))
    }

    /// The bot's channel.
    pub fn channel(&self) -> &ChannelConfig {
        &self.0.channel
    }

    /// The tokens of the bot's channel.
    pub fn tokens(&self) -> &TokenCache {
        &self.0.tokens
    }

    /// Sends `text` back, in the background. If LINE delivers the event once more, nothing is sent twice.
    pub fn echo(&self, to: String, text: String, webhook_event_id: String) {
        let bot = self.clone();
        self.0.sending.spawn(async move {
            if let Err(error) = bot.0.messages.push(&to, &text, &webhook_event_id).await {
                eprintln!("a message was not sent: {error}");
            }
        });
    }

    /// Waits for the messages that are being sent, and revokes the token, so that a restart leaves no slot of the channel used.
    pub async fn shut_down(&self) -> RevocationReport {
        self.0.sending.close();
        if tokio::time::timeout(SENDING_LIMIT, self.0.sending.wait()).await.is_err() {
            eprintln!("{} messages were not sent in time", self.0.sending.len());
        }
        self.0.tokens.shutdown(Shutdown::within(REVOCATION_LIMIT).revoking_current()).await
    }
}

impl fmt::Debug for Bot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bot").field("tokens", &self.0.tokens).finish_non_exhaustive()
    }
}
