//! A connection that is ready for calls: to the right server, with user, password and database.

use line_channel_token_cache::store::{StoreError, StoreErrorKind};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, RedisConnectionInfo, Value};
use tokio::task::AbortHandle;

use crate::call::send;
use crate::credentials::Credentials;
use crate::dial::dial;
use crate::errors::{of_authentication, of_server, unavailable};
use crate::sentinel;
use crate::settings::{Address, Settings, Target};
use crate::tls::Tls;

/// A connection and the task that drives it, which ends with this value.
pub(crate) struct Connected {
    pub(crate) connection: MultiplexedConnection,
    driver: AbortHandle,
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Connects as the settings say. The caller limits its time.
pub(crate) async fn connect(settings: &Settings) -> Result<Connected, StoreError> {
    let tls = settings.tls.as_ref();
    match &settings.target {
        Target::Server(address) => open(address, tls, &settings.credentials, settings.database).await,
        Target::Sentinel { master, sentinels, is_tls } => {
            let address = sentinel::find_master(master, sentinels, *is_tls, tls).await?;
            let mut connected = open(&address, tls, &settings.credentials, settings.database).await?;
            // A Sentinel that has not heard of a failover yet names the old master.
            match send(&mut connected.connection, &redis::cmd("ROLE")).await {
                Ok(Value::Array(role)) if !is_text(role.first(), "master") => {
                    Err(unavailable("Sentinel names a server of Redis that is no master: a failover is under way"))
                }
                // Without the permission to ask, a write will tell.
                Ok(_) => Ok(connected),
                Err(error) if of_server(&error).kind() == StoreErrorKind::Denied => Ok(connected),
                Err(error) => Err(of_server(&error)),
            }
        }
    }
}

/// Opens a connection to this address, and says there who we are.
pub(crate) async fn open(
    address: &Address,
    tls: Option<&Tls>,
    credentials: &Credentials,
    database: u32,
) -> Result<Connected, StoreError> {
    let password = credentials.current_password()?;
    if password.is_none() && credentials.username.is_some() {
        return Err(StoreError::new(
            StoreErrorKind::InvalidSettings,
            "the store has a user for Redis and no password: give it one (password, password_file), or leave the user out",
        ));
    }
    let stream = dial(address, tls).await?;
    // Nothing is sent by the library itself: neither the password, whose errors it would merge, nor a name that needs a permission.
    let information = RedisConnectionInfo::default().set_skip_set_lib_name();
    let config = AsyncConnectionConfig::new().set_response_timeout(None).set_connection_timeout(None);
    let (connection, driver) = MultiplexedConnection::new_with_config(&information, stream, config)
        .await
        .map_err(|error| of_server(&error))?;
    let mut connected = Connected { connection, driver: tokio::spawn(driver).abort_handle() };
    if let Some(password) = password {
        let mut command = redis::cmd("AUTH");
        command.arg(credentials.username.as_deref()).arg(password.as_str());
        send(&mut connected.connection, &command).await.map_err(|error| of_authentication(&error))?;
    }
    if database != 0 {
        let select = redis::cmd("SELECT").arg(database).to_owned();
        send(&mut connected.connection, &select).await.map_err(|error| of_server(&error))?;
    }
    Ok(connected)
}

/// Whether a part of a response is this text.
pub(crate) fn is_text(value: Option<&Value>, text: &str) -> bool {
    match value {
        Some(Value::BulkString(bytes)) => bytes == text.as_bytes(),
        Some(Value::SimpleString(found)) => found == text,
        _ => false,
    }
}
