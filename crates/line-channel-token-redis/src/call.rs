//! One call of a script, and how its failure is to be taken.

use line_channel_token_cache::store::StoreError;
use redis::aio::{ConnectionLike as _, MultiplexedConnection};
use redis::{Cmd, ErrorKind, RedisError, ServerErrorKind, Value};
use zeroize::Zeroizing;

use crate::errors;
use crate::scripts::{LOAD, LuaScript};

/// A script with its arguments.
pub(crate) struct ScriptCall {
    pub(crate) script: &'static LuaScript,
    pub(crate) keys: Vec<String>,
    pub(crate) arguments: Vec<Zeroizing<Vec<u8>>>,
}

/// Why a call failed.
pub(crate) enum CallFailure {
    /// The connection ended: the call was carried out, or not.
    ConnectionLost(StoreError),
    /// The server is a replica now; nothing was changed.
    ReadOnly(StoreError),
    /// Another error, which the next attempt would meet too.
    Other(StoreError),
}

impl ScriptCall {
    /// Whether it may change what is stored.
    pub(crate) fn may_change(&self) -> bool {
        !std::ptr::eq(self.script, &*LOAD)
    }

    /// Runs it on this connection: by its hash, and with its text if the server does not know that.
    pub(crate) async fn run(&self, connection: &mut MultiplexedConnection) -> Result<Value, CallFailure> {
        let by_hash = self.command("EVALSHA", &self.script.hash);
        match send(connection, &by_hash).await {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                let by_text = self.command("EVAL", self.script.code);
                send(connection, &by_text).await.map_err(|error| failure(&error))
            }
            result => result.map_err(|error| failure(&error)),
        }
    }

    fn command(&self, name: &str, script: &str) -> Cmd {
        let mut command = redis::cmd(name);
        command.arg(script).arg(self.keys.len());
        for key in &self.keys {
            command.arg(key);
        }
        for argument in &self.arguments {
            command.arg(argument.as_slice());
        }
        command
    }
}

/// Sends a command. What the server calls an error is an `Err`.
pub(crate) async fn send(connection: &mut MultiplexedConnection, command: &Cmd) -> Result<Value, RedisError> {
    connection.req_packed_command(command).await?.extract_error()
}

fn failure(error: &RedisError) -> CallFailure {
    let meaning = errors::of_server(error);
    if error.is_io_error() {
        return CallFailure::ConnectionLost(meaning);
    }
    match error.kind() {
        ErrorKind::Server(ServerErrorKind::ReadOnly) => CallFailure::ReadOnly(meaning),
        // What came is no response of Redis, so nothing else on this connection can be trusted.
        ErrorKind::Parse => CallFailure::ConnectionLost(meaning),
        _ => CallFailure::Other(meaning),
    }
}
