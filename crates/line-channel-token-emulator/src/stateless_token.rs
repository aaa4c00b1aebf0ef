//! Stateless tokens: each holds its channel and when it was issued, signed with a key of the emulator. So none of them has to
//! be stored, and each can still be checked.

use std::time::Duration;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use line_channel_token_core::Moment;

use crate::live_channel::ChannelNumber;
use crate::random;
use crate::response::ErrorResponse;

/// Random bytes, so that two tokens of one moment differ, and then the channel and the two clocks.
const NONCE: usize = 64;
const CHANNEL: usize = 8;
const CLOCK: usize = 16;

pub(crate) struct StatelessTokens {
    /// `None` if the machine had no random numbers; then no token can be issued.
    key: Option<hmac::Key>,
}

/// What a token holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StatelessToken {
    pub(crate) channel: ChannelNumber,
    pub(crate) issued_at: Moment,
}

impl StatelessTokens {
    pub(crate) fn new() -> Self {
        Self { key: hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).ok() }
    }

    /// A new token, as a compact JWS.
    pub(crate) fn issue(&self, token: StatelessToken) -> Result<String, ErrorResponse> {
        let key = self.key.as_ref().ok_or_else(ErrorResponse::no_randomness)?;
        let mut payload = random::bytes::<NONCE>()?.to_vec();
        payload.extend(token.channel.0.to_be_bytes());
        payload.extend(token.issued_at.monotonic.as_nanos().to_be_bytes());
        payload.extend(token.issued_at.unix.as_nanos().to_be_bytes());
        let signed = format!("{}.{}", random::jws_header(), URL_SAFE_NO_PAD.encode(payload));
        let signature = URL_SAFE_NO_PAD.encode(hmac::sign(key, signed.as_bytes()));
        Ok(format!("{signed}.{signature}"))
    }

    /// What a token holds, if this emulator issued it.
    pub(crate) fn parse(&self, token: &str) -> Option<StatelessToken> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        hmac::verify(self.key.as_ref()?, signed.as_bytes(), &signature).ok()?;
        let payload = URL_SAFE_NO_PAD.decode(signed.split_once('.')?.1).ok()?;
        let (channel, clocks) = payload.get(NONCE..)?.split_at_checked(CHANNEL)?;
        let (monotonic, unix) = clocks.split_at_checked(CLOCK)?;
        let channel = ChannelNumber(u64::from_be_bytes(channel.try_into().ok()?));
        let issued_at = Moment { monotonic: duration(monotonic)?, unix: duration(unix)? };
        Some(StatelessToken { channel, issued_at })
    }
}

fn duration(nanos: &[u8]) -> Option<Duration> {
    let nanos = u128::from_be_bytes(nanos.try_into().ok()?);
    let seconds = u64::try_from(nanos / 1_000_000_000).ok()?;
    let rest = u32::try_from(nanos % 1_000_000_000).ok()?;
    Some(Duration::new(seconds, rest))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use line_channel_token_core::Moment;

    use super::{StatelessToken, StatelessTokens};
    use crate::live_channel::ChannelNumber;

    fn token() -> StatelessToken {
        let issued_at = Moment { monotonic: Duration::new(7, 999_999_999), unix: Duration::MAX };
        StatelessToken { channel: ChannelNumber(3), issued_at }
    }

    #[test]
    fn tokens_round_trip_and_differ() {
        let tokens = StatelessTokens::new();
        let first = tokens.issue(token()).unwrap();
        assert_eq!(tokens.parse(&first), Some(token()));
        assert_ne!(first, tokens.issue(token()).unwrap());
        assert!(first.starts_with("eyJ") && first.split('.').count() == 3, "{first}");
    }

    #[test]
    fn foreign_tokens_are_rejected() {
        let tokens = StatelessTokens::new();
        let good = tokens.issue(token()).unwrap();
        assert_eq!(StatelessTokens::new().parse(&good), None, "another emulator's");
        let mut changed = good.clone().into_bytes();
        let payload = good.find('.').unwrap() + 90;
        changed[payload] = if changed[payload] == b'A' { b'B' } else { b'A' };
        for bad in [
            String::from_utf8(changed).unwrap().as_str(),
            &good[..good.len() - 1],
            good.rsplit_once('.').unwrap().0,
            "",
            ".",
            "..",
            "a.b.c",
        ] {
            assert_eq!(tokens.parse(bad), None, "{bad}");
        }
    }
}
