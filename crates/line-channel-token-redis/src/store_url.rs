//! The URL of a store, as people write and paste it.

use std::path::PathBuf;

use line_channel_token_cache::store::StoreError;
use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use crate::credentials::Credentials;
use crate::errors::invalid_settings;
use crate::settings::{Address, Node, Target};

/// What a URL says.
#[derive(Clone)]
pub(crate) struct StoreUrl {
    pub(crate) target: Target,
    pub(crate) credentials: Credentials,
    pub(crate) database: u32,
}

pub(crate) const DEFAULT_PORT: u16 = 6379;
pub(crate) const SENTINEL_PORT: u16 = 26379;

/// Parses the URL of a server, a unix socket, or of Sentinels.
pub(crate) fn parse(text: &str) -> Result<StoreUrl, StoreError> {
    let text = bare(text);
    refuse_what_is_no_url(text)?;
    if let Some(path) = unix_path(text) {
        return unix(path);
    }
    let Some((scheme, rest)) = text.split_once("://") else { return Err(without_scheme(text)) };
    let (is_tls, by_sentinel) = match scheme.to_ascii_lowercase().as_str() {
        "redis" | "valkey" => (false, false),
        "rediss" | "valkeys" => (true, false),
        "redis+sentinel" | "redis-sentinel" => (false, true),
        "rediss+sentinel" | "rediss-sentinel" => (true, true),
        "http" | "https" => {
            return Err(problem("is that of a web page: write rediss:// (TLS) or redis:// in place of http"));
        }
        _ => return Err(problem(SCHEMES)),
    };
    let (authority, path) = authority_and_path(rest)?;
    let (credentials, hosts) = match authority.rsplit_once('@') {
        Some((userinfo, hosts)) => (user_and_password(userinfo)?, hosts),
        None => (Credentials::default(), authority),
    };
    if by_sentinel {
        let (master, database) = path.split_once('/').unwrap_or((path, ""));
        let nodes = hosts.split(',').map(|host| node(host, SENTINEL_PORT, is_tls, Credentials::default()));
        let target =
            Target::Sentinel { master: master_name(master)?, sentinels: nodes.collect::<Result<_, _>>()?, is_tls };
        return Ok(StoreUrl { target, credentials, database: database_number(database)? });
    }
    if hosts.contains(',') {
        return Err(problem("names several hosts: for Sentinel write redis+sentinel://HOST,HOST/MASTER"));
    }
    let Node { address, .. } = node(hosts, DEFAULT_PORT, is_tls, Credentials::default())?;
    Ok(StoreUrl { target: Target::Server(address), credentials, database: database_number(path)? })
}

/// Parses the URL of one Sentinel, `redis://[user:password@]host[:port]`; the scheme may be left out.
pub(crate) fn parse_sentinel(text: &str) -> Result<Node, StoreError> {
    let text = bare(text);
    refuse_what_is_no_url(text)?;
    let (scheme, rest) = text.split_once("://").unwrap_or(("redis", text));
    let is_tls = match scheme.to_ascii_lowercase().as_str() {
        "redis" | "valkey" => false,
        "rediss" | "valkeys" => true,
        _ => {
            return Err(invalid_settings(
                "the URL of a Sentinel has an unknown scheme: write redis://HOST:26379, or rediss:// for TLS",
            ));
        }
    };
    let (authority, path) = authority_and_path(rest)?;
    if !path.is_empty() {
        return Err(invalid_settings("the URL of a Sentinel has a path: give scheme, host and port alone"));
    }
    match authority.rsplit_once('@') {
        Some((userinfo, host)) => node(host, SENTINEL_PORT, is_tls, user_and_password(userinfo)?),
        None => node(authority, SENTINEL_PORT, is_tls, Credentials::default()),
    }
}

/// The name of a master, as Sentinel knows it.
pub(crate) fn master_name(name: &str) -> Result<String, StoreError> {
    let name = bare(name);
    let is_name = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_');
    if name.is_empty() || !name.chars().all(is_name) {
        return Err(invalid_settings(
            "the name of the master is missing or has a character that Sentinel does not allow: it is the one of \
             `sentinel monitor NAME` in sentinel.conf, of letters, digits, `.`, `-` and `_`",
        ));
    }
    Ok(name.to_owned())
}

const SCHEMES: &str = "has a scheme that is not supported: write redis://, rediss:// (TLS), redis+sentinel://, \
                       rediss+sentinel:// or unix:/PATH";

fn problem(text: &str) -> StoreError {
    invalid_settings(format!("the URL of the store {text}"))
}

/// Without white space and quotes around it, which come along when something is pasted.
fn bare(text: &str) -> &str {
    text.trim_matches(|character: char| {
        character.is_whitespace()
            || character.is_control()
            || matches!(character, '"' | '\'' | '`' | '“' | '”' | '\u{feff}' | '\u{200b}')
    })
}

fn refuse_what_is_no_url(text: &str) -> Result<(), StoreError> {
    if text.is_empty() {
        return Err(problem("is empty: expected the form rediss://[user@]host[:port][/database]"));
    }
    if ["${", "{{", "$(", "<", ">", "%{"].iter().any(|mark| text.contains(mark)) {
        return Err(problem(
            "holds a placeholder or a variable that was not expanded: check what should have filled it in",
        ));
    }
    if text.chars().any(|character| character.is_whitespace() || character.is_control()) {
        return Err(problem("holds white space: was something else pasted along with it?"));
    }
    Ok(())
}

fn without_scheme(text: &str) -> StoreError {
    if text.starts_with('/') {
        return problem("is a path: for a unix socket write unix: before it");
    }
    let scheme = text.split([':', '/']).next().unwrap_or_default().to_ascii_lowercase();
    if matches!(scheme.as_str(), "redis" | "rediss" | "valkey" | "valkeys" | "http" | "https") {
        return problem("has no :// after its scheme: expected the form rediss://[user@]host[:port][/database]");
    }
    problem("has no scheme: write rediss:// (TLS) or redis:// before the host")
}

fn unix_path(text: &str) -> Option<&str> {
    let starts = ["unix://", "redis+unix://", "redis+unix:", "unix:"];
    starts.iter().find_map(|start| {
        let head = text.get(..start.len())?;
        head.eq_ignore_ascii_case(start).then(|| text.get(start.len()..).unwrap_or_default())
    })
}

fn unix(path: &str) -> Result<StoreUrl, StoreError> {
    if !cfg!(unix) {
        return Err(problem("is that of a unix socket, which this operating system does not have: use rediss://"));
    }
    if path.contains(['?', '#', '@']) {
        return Err(problem(
            "is that of a unix socket and holds `?`, `#` or `@`: give the path alone, and the rest to the builder",
        ));
    }
    if !path.starts_with('/') || path.len() > 100 {
        return Err(problem(
            "is that of a unix socket without an absolute path of at most 100 bytes: write unix:/PATH",
        ));
    }
    let target = Target::Server(Address::Unix(PathBuf::from(path)));
    Ok(StoreUrl { target, credentials: Credentials::default(), database: 0 })
}

/// What is before and after the slash behind the host.
fn authority_and_path(rest: &str) -> Result<(&str, &str), StoreError> {
    if rest.contains('#') {
        return Err(problem("holds a `#`, which is %23 in a password; TLS has no insecure mode"));
    }
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    // A password with one of these that is not encoded ends the authority too early, so that a part of it would become the host.
    if path.contains('@') || authority.split_once('?').is_some_and(|(_, after)| after.contains('@')) {
        return Err(problem("has a user or password with `/` or `?`: write %2F or %3F for these"));
    }
    if rest.contains('?') {
        return Err(problem("has a query (`?`): leave it out, and give what it says to the builder"));
    }
    Ok((authority, path.trim_end_matches('/')))
}

fn user_and_password(userinfo: &str) -> Result<Credentials, StoreError> {
    let (user, password) = match userinfo.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (userinfo, None),
    };
    let user = decoded(user)?;
    Ok(Credentials {
        username: (!user.is_empty()).then(|| user.to_string()),
        password: password.filter(|text| !text.is_empty()).map(decoded).transpose()?,
        password_file: None,
    })
}

/// Percent-decoded, and nothing guessed: a `%` that encodes nothing may be a part of the password.
fn decoded(text: &str) -> Result<Zeroizing<String>, StoreError> {
    let is_encoded = text
        .split('%')
        .skip(1)
        .all(|part| part.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)));
    if !is_encoded {
        return Err(problem("has a user or password with a `%` that encodes nothing: write %25 for it"));
    }
    match percent_decode_str(text).decode_utf8() {
        Ok(text) => Ok(Zeroizing::new(text.into_owned())),
        Err(_) => {
            Err(problem("has a user or password that is not UTF-8 once it is decoded: is a `%` in it? write %25"))
        }
    }
}

fn node(host_and_port: &str, default_port: u16, is_tls: bool, credentials: Credentials) -> Result<Node, StoreError> {
    let (host, port) = match host_and_port.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => {
            if host.parse::<std::net::Ipv6Addr>().is_err() {
                return Err(problem("has brackets around something that is no IPv6 address"));
            }
            (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':').unwrap_or(rest)) })
        }
        None => match host_and_port.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (host_and_port, None),
        },
    };
    if host.is_empty() {
        return Err(problem("has no host: expected the form rediss://[user@]host[:port][/database]"));
    }
    if port.is_some_and(|port| port.contains(':')) {
        return Err(problem(
            "has more than one port: write an IPv6 address in brackets, and `@` after user and password",
        ));
    }
    let is_host = |character: char| character.is_alphanumeric() || matches!(character, '.' | '-' | '_' | ':' | '%');
    if !host.chars().all(is_host) {
        return Err(problem("has a host with a character that no host has"));
    }
    let port = match port {
        None => default_port,
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            port.parse().ok().filter(|port| *port > 0).ok_or_else(|| problem(PORT))?
        }
        Some(_) => return Err(problem(PORT)),
    };
    Ok(Node { address: Address::Tcp { host: host.to_owned(), port, is_tls }, credentials })
}

const PORT: &str = "has a port that is not a number from 1 to 65535 (or a password before the host without `@`)";

fn database_number(path: &str) -> Result<u32, StoreError> {
    match path {
        "" => Ok(0),
        number if number.bytes().all(|byte| byte.is_ascii_digit()) => {
            number.parse().map_err(|_| problem("has a number of a database that is too large"))
        }
        _ => Err(problem("has a path that is not the number of a database, as in redis://host:6379/0")),
    }
}

#[cfg(test)]
mod tests;
