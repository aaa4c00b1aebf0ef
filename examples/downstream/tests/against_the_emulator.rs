//! One test that the whole works, against something that behaves like LINE: a real key, a checked signature.

use std::sync::Arc;
use std::time::Duration;

use downstream::Greeter;
use line_channel_token::emulator::{EmulatedChannel, Emulator};
use line_channel_token::mock::ManualClock;
use line_channel_token::{AssertionKid, AssertionSigner, ChannelId, SigningKey};

#[tokio::test]
async fn greetings_carry_tokens_that_line_would_accept() {
    let clock = Arc::new(ManualClock::auto_advancing());
    let key = SigningKey::generate_rsa().unwrap();
    let channel = EmulatedChannel::new("1234567890", "s3cret").unwrap();
    let channel = channel.with_key("kid", key.public_jwk().to_json()).unwrap();
    let emulator = Emulator::builder().channel(channel).clock(clock.clone()).build().unwrap();

    let id = ChannelId::new("1234567890").unwrap();
    let client = emulator.client();
    let signer = AssertionSigner::new(id, AssertionKid::new("kid").unwrap(), key).unwrap().with_clock(client.clock());
    let mut greeter = Greeter::new(client, vec![Arc::new(signer)]);

    let first = greeter.greeting("U1").await.unwrap().headers()["authorization"].clone();
    assert_eq!(first, greeter.greeting("U2").await.unwrap().headers()["authorization"]);
    clock.advance(Duration::from_secs(900));
    assert_ne!(first, greeter.greeting("U3").await.unwrap().headers()["authorization"]);
}
