//! From settings to an emulator, and to what has to be said of it once.

use std::sync::Arc;

use line_channel_token::emulator::{EmulatedChannel, Emulator};
use serde::Serialize;

use super::clock::ShiftedClock;
use super::generated::{self, GeneratedKey};
use super::journal::Journal;
use super::output_files;
use super::settings::{ChannelSettings, Settings};
use crate::failure::Failure;

/// What a client needs of a channel and its user does not know yet.
#[derive(Serialize)]
pub(crate) struct NewChannel {
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) secret: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<GeneratedKey>,
}

/// The emulator, and its channels in order.
pub(crate) struct Built {
    pub(crate) emulator: Emulator,
    pub(crate) channels: Vec<NewChannel>,
}

/// Makes it; keys take some tenths of a second each.
pub(crate) fn build(settings: &Settings, journal: &Arc<Journal>) -> Result<Built, Failure> {
    let observer = Arc::clone(journal);
    let mut builder = Emulator::builder()
        .rate_limits(settings.rate_limits)
        .accept_es256(settings.accept_es256)
        .on_request(move |record| {
            tracing::info!(target: "line_channel_token_emulator", "{record}");
            observer.record(record.clone());
        });
    builder = settings.leniency.apply(builder);
    if !settings.audiences.is_empty() {
        builder = builder.accepted_audiences(&settings.audiences);
    }
    if let Some(tokens) = settings.max_short_lived_tokens {
        builder = builder.max_short_lived_tokens(tokens);
    }
    if let Some(start) = settings.time {
        builder = builder.clock(Arc::new(ShiftedClock::starting_at(start)));
    }
    let mut channels = Vec::new();
    let mut key_out = settings.key_out.as_deref();
    if settings.channels.is_empty() {
        let id = generated::channel_id()?;
        let key = match key_out.take() {
            Some(path) => output_files::key_at(path)?,
            None => GeneratedKey::generate()?,
        };
        let (channel, new) = with_credentials(&id, None, Some(key))?;
        builder = builder.channel(channel);
        channels.push(new);
    }
    for given in &settings.channels {
        let key = match given.generates_key() {
            true => Some(match key_out.take() {
                Some(path) => output_files::key_at(path)?,
                None => GeneratedKey::generate()?,
            }),
            false => None,
        };
        let secret = given.secret.as_ref().map(|secret| secret.expose_secret());
        let (channel, new) = with_credentials(given.id.as_str(), secret, key)?;
        builder = builder.channel(with_settings(channel, given)?);
        channels.push(new);
    }
    if let Some(path) = key_out {
        return Err(Failure::usage(format!(
            "--key-out {}: no key is generated, because each channel has a secret or a key: leave it out, or set generate_key",
            path.display()
        )));
    }
    let emulator = builder.build()?;
    emulator.advance(settings.advance)?;
    for fault in &settings.faults {
        emulator.inject(fault.clone());
    }
    Ok(Built { emulator, channels })
}

/// The channel with its secret, which is made if none is given, and with the public part of a key.
pub(super) fn with_credentials(
    id: &str,
    secret: Option<&str>,
    key: Option<GeneratedKey>,
) -> Result<(EmulatedChannel, NewChannel), Failure> {
    let made = if secret.is_none() { Some(generated::channel_secret()?) } else { None };
    let mut channel = EmulatedChannel::new(id, secret.or(made.as_deref()).unwrap_or_default())?;
    if let Some(key) = &key {
        channel = channel.with_key(&key.kid, key.public_jwk.to_string())?;
    }
    let id = channel.id().as_str().to_owned();
    Ok((channel, NewChannel { id, secret: made, key }))
}

fn with_settings(mut channel: EmulatedChannel, given: &ChannelSettings) -> Result<EmulatedChannel, Failure> {
    let failed =
        |what: &str, error: line_channel_token::Error| Failure::usage(format!("channel {}, {what}: {error}", given.id));
    if let Some(scope) = &given.scope {
        channel = channel.with_scope(scope).map_err(|error| failed("scope", error))?;
    }
    if let Some(token) = &given.long_lived_token {
        let token = token.expose_secret();
        channel = channel.with_long_lived_token(token).map_err(|error| failed("long-lived token", error))?;
    }
    for key in &given.keys {
        let added = channel.with_key(&key.kid, &key.public_jwk);
        channel = added.map_err(|error| failed(&format!("key {}", key.kid), error))?;
    }
    Ok(channel)
}
