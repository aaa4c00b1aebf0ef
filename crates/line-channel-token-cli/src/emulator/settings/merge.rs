//! Flags over environment over file.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use line_channel_token::{AccessToken, ChannelId, ChannelSecret};

use super::args::SettingsArgs;
use super::channels::{ChannelSettings, Channels};
use super::environment::{CONTROL_TOKEN, Variables};
use super::file::{FileChannel, FileKey, FileSettings};
use super::keys::{self, KeySettings};
use super::leniency::Leniency;
use super::rate_limits::RateLimitSettings;
use super::{Problems, Settings, flag_values, time};
use crate::local_server::AccessKey;
use crate::small_file;

const DEFAULT_PORT: u16 = 8787;

impl Settings {
    /// The settings of this process, or everything that is wrong with them.
    pub(crate) fn gather(args: SettingsArgs) -> Result<Self, Problems> {
        Self::merge(args, &Variables::of_this_process())
    }

    fn merge(args: SettingsArgs, variables: &Variables) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let mut notes = Vec::new();
        variables.find_unknown(&mut problems);
        let file = args.config.as_deref().map(FileSettings::read);
        let file = file.and_then(|read| problems.take(read)).unwrap_or_default();
        let beside = args.config.as_deref().and_then(Path::parent).unwrap_or(Path::new("")).to_owned();
        let relative = |path: PathBuf| beside.join(path);

        let mut channels = Channels::default();
        for (nth, channel) in file.channels.into_iter().enumerate() {
            add_file_channel(nth, channel, &beside, &mut channels, &mut problems);
        }
        variables.add_channel(&mut channels, &mut problems, &mut notes);
        variables.add_secrets(&mut channels, &mut problems);
        add_flag_channels(&args, &mut channels, &mut problems);

        let token_file = file.control_token_file.map(relative);
        let control_token =
            control_token(args.control_token_file.as_deref(), variables, token_file.as_deref(), &mut problems);
        let time = match (&args.time, &file.time) {
            (Some(text), _) => problems.take(time::unix_time(text).map_err(|problem| format!("--time: {problem}"))),
            (None, Some(time)) => problems.take(time.parse().map_err(|problem| format!("time: {problem}"))),
            (None, None) => None,
        };
        let advance = match (&args.advance, file.advance_seconds) {
            (Some(text), _) => problems.take(time::duration(text).map_err(|problem| format!("--advance: {problem}"))),
            (None, Some(seconds)) => problems.take(
                time::seconds(seconds)
                    .ok_or_else(|| "advance_seconds: give a number from 0 to a hundred years in seconds".to_owned()),
            ),
            (None, None) => None,
        };
        let rate_limits = match &args.rate_limit {
            Some(text) => problems.take(RateLimitSettings::parse(text)),
            None => Some(file.rate_limits),
        };
        let host = args.host.or(file.host).unwrap_or(Ipv4Addr::LOCALHOST.into());
        let allow_beyond_loopback = args.allow_beyond_loopback.or(file.allow_beyond_loopback).unwrap_or(false);
        if !host.is_loopback() && !allow_beyond_loopback {
            problems.add(format!(
                "{host} is reached by other machines, which could then get tokens over plain HTTP: take 127.0.0.1, or add \
                 --allow-beyond-loopback"
            ));
        }
        let max_short_lived_tokens = args.max_short_lived_tokens.or(file.max_short_lived_tokens);
        if max_short_lived_tokens == Some(0) {
            problems.add("max_short_lived_tokens is 0, so no token could be issued: give 1 or more");
        }
        let or = |flags: Vec<String>, file: Vec<String>| if flags.is_empty() { file } else { flags };
        let settings = Self {
            host,
            port: args.port.or(file.port).unwrap_or(DEFAULT_PORT),
            port_file: args.port_file.or(file.port_file.map(relative)),
            allow_beyond_loopback,
            allowed_hosts: or(args.allowed_hosts, file.allowed_hosts),
            control_token,
            page: args.no_page.map(|no_page| !no_page).or(file.page).unwrap_or(true),
            key_out: args.key_out.or(file.key_out.map(relative)),
            env_out: args.env_out.or(file.env_out.map(relative)),
            time,
            advance: advance.unwrap_or(Duration::ZERO),
            audiences: or(args.audiences, file.audiences),
            accept_es256: args.accept_es256.or(file.accept_es256).unwrap_or(false),
            max_short_lived_tokens,
            rate_limits: rate_limits.unwrap_or_default().limits(),
            leniency: Leniency::merge(args.leniency, file.leniency),
            channels: channels.into_vec(),
            faults: file.faults,
            notes,
        };
        for (nth, fault) in settings.faults.iter().enumerate() {
            let is_there = |id: &ChannelId| settings.channels.iter().any(|channel| channel.id == *id);
            if let Some(id) = fault.channel().filter(|id| !is_there(id)) {
                problems.add(format!("faults[{nth}].channel_id: there is no channel {id}: give it among the channels"));
            }
        }
        if settings.audiences.iter().any(|audience| audience.trim().is_empty()) {
            problems.add("an audience is empty, so no assertion with LINE's own would be accepted: leave it out");
        }
        for name in &settings.allowed_hosts {
            if name.is_empty() || name.contains(['/', ':', '@', '*', ' ']) {
                problems.add("--allow-host takes the name of a host alone, without scheme, port or `*`");
            }
        }
        if problems.is_empty() { Ok(settings) } else { Err(problems) }
    }
}

fn control_token(
    flag: Option<&Path>,
    variables: &Variables,
    file: Option<&Path>,
    problems: &mut Problems,
) -> Option<AccessKey> {
    let variable = match flag {
        Some(_) => None,
        None => variables.get(CONTROL_TOKEN, problems),
    };
    let (name, text) = match variable {
        Some(text) => (CONTROL_TOKEN, text.to_owned()),
        None => ("the control token file", problems.take(small_file::read(flag.or(file)?))?),
    };
    problems.take(AccessKey::parse(&text, "the control token").map_err(|problem| format!("{name}: {problem}")))
}

fn add_flag_channels(args: &SettingsArgs, channels: &mut Channels, problems: &mut Problems) {
    for text in &args.channels {
        if let Some(id) = problems.take(ChannelId::new(text).map_err(|error| format!("--channel: {error}"))) {
            channels.get(id);
        }
    }
    for value in &args.secrets {
        let read = flag_values::secret(value).and_then(|(id, path)| Ok((id, secret_in(&path)?)));
        if let Some((id, secret)) = problems.take(read) {
            channels.get(id).secret = Some(secret);
        }
    }
    for value in &args.keys {
        let read = flag_values::key(value)
            .and_then(|(id, kid, path)| Ok((id, KeySettings { kid, public_jwk: keys::from_file(&path)? })));
        if let Some((id, key)) = problems.take(read) {
            channels.get(id).set_key(key);
        }
    }
    for value in &args.scopes {
        if let Some((id, scope)) = problems.take(flag_values::scope(value)) {
            channels.get(id).scope = Some(scope);
        }
    }
}

fn secret_in(path: &Path) -> Result<ChannelSecret, String> {
    let text = small_file::read(path)?;
    ChannelSecret::new(text).map_err(|error| format!("{}: {error}", path.display()))
}

fn add_file_channel(nth: usize, file: FileChannel, beside: &Path, channels: &mut Channels, problems: &mut Problems) {
    let at = |member: &str| format!("channels[{nth}].{member}");
    let id = ChannelId::new(&file.id).map_err(|error| format!("{}: {error}", at("id")));
    let Some(id) = problems.take(id) else { return };
    if channels.contains(&id) {
        problems.add(format!("{}: {id} stands there twice: give each channel once", at("id")));
        return;
    }
    let mut value_or_file = |member: &str, value: Option<String>, path: Option<PathBuf>| match (value, path) {
        (Some(_), Some(_)) => {
            problems.add(format!("{}: {member}_file is there too: keep one of them", at(member)));
            None
        }
        (Some(text), None) => Some(text),
        (None, Some(path)) => {
            let text = small_file::read(&beside.join(path));
            problems.take(text.map_err(|problem| format!("{}: {problem}", at(&format!("{member}_file")))))
        }
        (None, None) => None,
    };
    let secret = value_or_file("secret", file.secret.map(|secret| secret.0), file.secret_file);
    let token =
        value_or_file("long_lived_token", file.long_lived_token.map(|token| token.0), file.long_lived_token_file);
    let channel = channels.get(id);
    channel.secret = secret
        .and_then(|text| problems.take(ChannelSecret::new(text).map_err(|error| format!("{}: {error}", at("secret")))));
    channel.long_lived_token = token.and_then(|text| {
        problems.take(AccessToken::new(text).map_err(|error| format!("{}: {error}", at("long_lived_token"))))
    });
    channel.scope = file.scope;
    if let Some(generate) = file.generate_key {
        channel.set_generate_key(generate);
    }
    for (key_nth, key) in file.keys.into_iter().enumerate() {
        add_file_key(&at(&format!("keys[{key_nth}]")), key, beside, channel, problems);
    }
}

fn add_file_key(at: &str, key: FileKey, beside: &Path, channel: &mut ChannelSettings, problems: &mut Problems) {
    let public_jwk = match (key.jwk, key.file) {
        (Some(jwk), None) => Ok(serde_json::Value::Object(jwk.0).to_string()),
        (None, Some(file)) => keys::from_file(&beside.join(file)),
        _ => Err("give either `jwk` or `file`".to_owned()),
    };
    if let Some(public_jwk) = problems.take(public_jwk.map_err(|problem| format!("{at}: {problem}"))) {
        channel.set_key(KeySettings { kid: key.kid, public_jwk });
    }
}
