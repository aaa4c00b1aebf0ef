//! The whole bot against the emulator: real tokens, real expiries, real revocations.

mod support;

use std::sync::mpsc;
use std::time::Duration;

use downstream::bot::Bot;
use downstream::service::router;
use line_channel_token::configuration::{self, Channel};
use line_channel_token::emulator::{EmulatedChannel, Emulator, TokenFamily};
use support::{CHANNEL_ID, CHANNEL_SECRET, channel, readiness, signed, text_event, webhook};

#[tokio::test(flavor = "multi_thread")]
async fn a_bot_from_its_start_to_its_end() {
    let (sink, seen) = mpsc::channel();
    let emulator = Emulator::builder()
        .channel(EmulatedChannel::new(CHANNEL_ID, CHANNEL_SECRET).unwrap())
        .on_request(move |record| sink.send((record.path.clone(), record.status.as_u16())).unwrap())
        .build()
        .unwrap();
    let server = emulator.serve(([127, 0, 0, 1], 0).into()).await.unwrap();
    let next = || seen.recv_timeout(Duration::from_secs(10)).unwrap();
    let pushed = |status| ("/v2/bot/message/push".to_owned(), status);
    let issued = ("/v2/oauth/accessToken".to_owned(), 200);

    let channel = channel().with_token_family(configuration::TokenFamily::ShortLived);
    let Channel { tokens, .. } = channel.build_with(emulator.client()).unwrap();
    let bot = Bot::new(channel, tokens, &server.base_url()).unwrap();
    let app = router(&bot);
    assert_eq!(readiness(&app).await, 503);
    bot.tokens().warm_up().await.unwrap();
    assert_eq!(readiness(&app).await, 200);
    assert_eq!(next(), issued);

    let hello = text_event("Hello");
    assert_eq!(webhook(&app, &hello, &signed(&hello)).await, 200);
    assert_eq!(next(), pushed(200));
    assert_eq!(webhook(&app, &hello, &signed("another body")).await, 403);
    let large = "x".repeat(3 << 20);
    assert_eq!(webhook(&app, &large, &signed(&large)).await, 413);

    emulator.revoke_all(bot.channel().channel_id()); // somebody else does so
    let again = text_event("Are you still there?");
    assert_eq!(webhook(&app, &again, &signed(&again)).await, 200);
    assert_eq!([next(), next(), next()], [pushed(401), issued, pushed(200)], "one issue, and the message is sent");

    let report = bot.shut_down().await;
    assert_eq!((report.revoked, report.is_complete()), (1, true));
    assert_eq!(emulator.live_tokens(bot.channel().channel_id(), TokenFamily::ShortLived), 0);
    assert_eq!(readiness(&app).await, 503);
}
