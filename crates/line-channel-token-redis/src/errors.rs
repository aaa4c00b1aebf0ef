//! What kept Redis from doing its part, in words of ours: the texts of a server and of the operating system can hold user names, hosts and keys.

use std::borrow::Cow;
use std::io;
use std::time::Duration;

use line_channel_token_cache::store::{StoreError, StoreErrorKind};
use redis::{ErrorKind, RedisError};

pub(crate) fn invalid_settings(message: impl Into<Cow<'static, str>>) -> StoreError {
    StoreError::new(StoreErrorKind::InvalidSettings, message)
}

pub(crate) fn unavailable(message: impl Into<Cow<'static, str>>) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, message)
}

pub(crate) fn timed_out(what: &str, limit: Duration) -> StoreError {
    unavailable(format!(
        "Redis: {what} took longer than {} ms: check that the server runs and is reachable, and the timeouts of the store",
        limit.as_millis()
    ))
}

/// The same for a connection.
pub(crate) fn connecting_timed_out(is_tls: bool, limit: Duration) -> StoreError {
    let hint = if is_tls { "; write redis:// if the port does not speak TLS" } else { "" };
    let error = timed_out("connecting", limit);
    StoreError::new(error.kind(), format!("{error}{hint}"))
}

/// What an error of a connection or of the server means.
pub(crate) fn of_server(error: &RedisError) -> StoreError {
    match error.kind() {
        ErrorKind::Io => return of_connection(error),
        ErrorKind::Parse => return unavailable(NOT_REDIS),
        _ => {}
    }
    let (kind, message) = meaning(code_in(error), error.detail().unwrap_or_default());
    StoreError::new(kind, message)
}

/// What the response to `AUTH` means.
pub(crate) fn of_authentication(error: &RedisError) -> StoreError {
    match code_in(error) {
        "ERR" if !is_about_clients(error) => StoreError::new(
            StoreErrorKind::Denied,
            "Redis refuses the password: its user has none, or it is of a version before 6 and knows no users",
        ),
        _ => of_server(error),
    }
}

fn of_connection(error: &RedisError) -> StoreError {
    if error.is_timeout() {
        return unavailable("Redis: the operating system's timeout passed: check that the server is reachable");
    }
    unavailable("Redis: the connection was closed: the server was restarted, or ended it (a TLS port? write rediss://)")
}

const NOT_REDIS: &str = "what responds is not Redis: check host and port, and write rediss:// if the port speaks TLS";

fn is_about_clients(error: &RedisError) -> bool {
    error.detail().is_some_and(|detail| detail.contains("max number of clients"))
}

/// The code of an error. Redis before 7 puts that of a command in a script behind the place in the script.
fn code_in(error: &RedisError) -> &str {
    let code = error.code().unwrap_or_default();
    let is_of_script = code.starts_with('@') || code == "ERR";
    let words = || error.detail().unwrap_or_default().split([' ', ':']).map(|word| word.trim_start_matches('-'));
    if is_of_script { words().find(|word| IN_SCRIPTS.contains(word)).unwrap_or(code) } else { code }
}

const IN_SCRIPTS: [&str; 7] = ["OOM", "READONLY", "MISCONF", "NOPERM", "NOREPLICAS", "WRONGTYPE", "MASTERDOWN"];

fn meaning(code: &str, detail: &str) -> (StoreErrorKind, &'static str) {
    match code {
        "WRONGPASS" => (
            StoreErrorKind::Denied,
            "Redis refuses the user or the password: check both (a URL has them percent-encoded), and that the user is on",
        ),
        "NOAUTH" => (StoreErrorKind::Denied, "Redis demands a password: give the store one"),
        "NOPERM" => (
            StoreErrorKind::Denied,
            "the user of Redis lacks a permission: it needs `~PREFIX:* +evalsha +eval +get +set +time +rename +pexpire`",
        ),
        "DENIED" => (
            StoreErrorKind::Denied,
            "Redis is in protected mode and takes nothing from other machines: give its users passwords, or set `bind`",
        ),
        "READONLY" => (
            StoreErrorKind::Denied,
            "this server of Redis is a replica, which cannot be written to: connect to the master, or use Sentinel",
        ),
        "OOM" => (
            StoreErrorKind::Full,
            "Redis is full: raise its maxmemory, or remove what fills it (a value of this store is about a kilobyte)",
        ),
        "MISCONF" => (
            StoreErrorKind::Full,
            "Redis accepts no write because it cannot save to its disk: free space there, and see its log",
        ),
        "NOREPLICAS" => (StoreErrorKind::Unavailable, "Redis accepts no write, because too few replicas are connected"),
        "WRONGTYPE" => (
            StoreErrorKind::Unreadable,
            "what Redis holds at the key of this channel is no string, so it is not ours: give the store a key prefix that \
             nobody else uses, or delete the key",
        ),
        "LOADING" => (StoreErrorKind::Unavailable, "Redis is loading its data: it will respond when that is done"),
        "BUSY" => (StoreErrorKind::Unavailable, "Redis is busy with somebody's script: see `SCRIPT KILL`"),
        "MASTERDOWN" => (StoreErrorKind::Unavailable, "this server of Redis is a replica that has lost its master"),
        "CLUSTERDOWN" | "TRYAGAIN" => {
            (StoreErrorKind::Unavailable, "the cluster of Redis is not complete at the moment")
        }
        "MOVED" | "ASK" | "CROSSSLOT" => (
            StoreErrorKind::InvalidSettings,
            "the server is a node of a Redis cluster, which this store does not speak to: use a server without cluster mode",
        ),
        "ERR" if detail.contains("max number of clients") => {
            (StoreErrorKind::Unavailable, "Redis has as many clients as it allows: raise its maxclients")
        }
        _ if detail.contains("The user executing the script can't") => meaning("NOPERM", ""),
        "ERR" if detail.contains("unknown command") => (
            StoreErrorKind::Denied,
            "the server does not know EVAL or another command that this store needs: allow Lua scripts there (Redis 6.2 or later)",
        ),
        "ERR" if detail.contains("DB index is out of range") || detail.contains("invalid DB index") => {
            (StoreErrorKind::InvalidSettings, "Redis has no database of this number: see `databases` in its settings")
        }
        _ => (
            StoreErrorKind::Unavailable,
            "Redis responds with an error that this store does not know: see the log of the server",
        ),
    }
}

/// Why a connection could not be opened.
pub(crate) fn of_dialing(error: &io::Error) -> StoreError {
    let cause: Cow<'static, str> = match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            "connection refused: check that the server runs, and its host and port".into()
        }
        io::ErrorKind::NotFound => "there is no such socket: check that the server runs, and the path".into(),
        io::ErrorKind::PermissionDenied => "this program may not open the socket: see `unixsocketperm`".into(),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => {
            "the host or its network is unreachable".into()
        }
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            "the connection was reset".into()
        }
        io::ErrorKind::TimedOut => "the operating system's timeout passed".into(),
        _ => match error.raw_os_error() {
            Some(code) => format!("os error {code}").into(),
            None => "no such host, or no name server responded".into(),
        },
    };
    unavailable(format!("could not connect to Redis: {cause}"))
}

#[cfg(test)]
mod tests {
    use line_channel_token_cache::store::StoreErrorKind::{
        self, Denied, Full, InvalidSettings, Unavailable, Unreadable,
    };
    use redis::{ErrorKind, RedisError, Value};

    use super::{of_authentication, of_server};

    fn error(line: &str) -> RedisError {
        redis::parse_redis_value(format!("-{line}\r\n").as_bytes()).and_then(Value::extract_error).unwrap_err()
    }

    #[test]
    fn each_error_has_a_kind_and_words_of_ours() {
        let in_script = |text: &str| format!("{text} script: s3cret, on @user_script:1.");
        for (line, kind) in [
            ("WRONGPASS invalid username-password pair or user s3cret is disabled.", Denied),
            ("NOAUTH Authentication required. s3cret", Denied),
            ("NOPERM User s3cret has no permissions to run the 'evalsha' command", Denied),
            ("DENIED Redis is running in protected mode s3cret", Denied),
            ("READONLY You can't write against a read only replica. s3cret", Denied),
            ("OOM command not allowed when used memory > 'maxmemory'. s3cret", Full),
            ("MISCONF Redis is configured to save RDB snapshots s3cret", Full),
            ("NOREPLICAS Not enough good replicas to write. s3cret", Unavailable),
            ("WRONGTYPE Operation against a key holding the wrong kind of value s3cret", Unreadable),
            ("LOADING Redis is loading the dataset in memory s3cret", Unavailable),
            ("BUSY Redis is busy running a script. s3cret", Unavailable),
            ("MASTERDOWN Link with MASTER is down s3cret", Unavailable),
            ("CLUSTERDOWN The cluster is down s3cret", Unavailable),
            ("TRYAGAIN s3cret", Unavailable),
            ("MOVED 3999 s3cret:6381", InvalidSettings),
            ("ASK 3999 s3cret:6381", InvalidSettings),
            ("CROSSSLOT Keys in request don't hash to the same slot s3cret", InvalidSettings),
            ("ERR max number of clients reached s3cret", Unavailable),
            ("ERR unknown command 'EVALSHA', with args beginning with: 's3cret'", Denied),
            ("ERR DB index is out of range s3cret", InvalidSettings),
            ("ERR s3cret", Unavailable),
            ("S3CRET s3cret", Unavailable),
            (&in_script("ERR The user executing the script can't run this command or subcommand"), Denied),
            (&in_script("OOM command not allowed"), Full),
            (&in_script("READONLY You can't write"), Denied),
            // As Redis 6.2 writes them.
            ("@user_script: 1: The user executing the script can't run this command or subcommand", Denied),
            ("@user_script: 5: -OOM command not allowed when used memory > 'maxmemory'. s3cret", Full),
            ("@user_script: 5: -READONLY You can't write against a read only replica. s3cret", Denied),
            ("ERR Error running script (call to f_s3cret): @user_script:5: NOPERM s3cret", Denied),
        ] {
            let error = of_server(&error(line));
            assert_eq!(error.kind(), kind, "{line}: {error}");
            assert!(!format!("{error} {error:?}").to_lowercase().contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn a_refused_password_is_not_an_outage() {
        for (line, kind) in [
            ("WRONGPASS s3cret", Denied),
            ("ERR AUTH <password> called without any password configured for the default user. s3cret", Denied),
            ("ERR wrong number of arguments for 'auth' command", Denied),
            ("ERR max number of clients reached", Unavailable),
            ("LOADING s3cret", Unavailable),
        ] {
            let error = of_authentication(&error(line));
            assert_eq!(error.kind(), kind, "{line}: {error}");
            assert!(!error.to_string().contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn what_is_not_redis_is_named() {
        let error = of_server(&RedisError::from((ErrorKind::Parse, "s3cret")));
        assert_eq!(error.kind(), StoreErrorKind::Unavailable);
        assert!(error.to_string().contains("rediss://") && !error.to_string().contains("s3cret"), "{error}");
    }
}
