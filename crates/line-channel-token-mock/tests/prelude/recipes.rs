// The lines that the recipes of the README share.

pub use std::{sync::Arc, time::Duration};

pub use futures_executor::block_on;
pub use line_channel_token::cache::{StatelessSource, TokenCache};
pub use line_channel_token::emulator::{EmulatedChannel, Emulator};
pub use line_channel_token::mock::{FakeSigner, ManualClock, MockBackend, Reply, matchers};
pub use line_channel_token::{
    AssertionKid, AssertionSigner, ChannelId, ChannelSecret, Client, Clock, ErrorKind, Operation, Sent, SigningKey,
    TokenLifetime,
};

pub fn channel() -> (ChannelId, ChannelSecret) {
    (ChannelId::new("1234567890").unwrap(), ChannelSecret::new("s3cret").unwrap())
}
