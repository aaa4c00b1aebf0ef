//! What the server is started with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use rustls::ServerConfig;

use super::address::Listen;
use super::tls;
use crate::failure::Failure;
use crate::local_server::AccessKey;
use crate::small_file;

/// Who may ask, and where. Secrets come from files or variables, never from here.
#[derive(Args, Debug)]
pub(crate) struct ServerArgs {
    /// Where to listen: an address and a port (0 takes a free one), or unix: and the path of a socket
    #[arg(long, value_name = "ADDRESS", env = "LINE_SERVE_LISTEN", hide_env_values = true, default_value = "127.0.0.1:8788", value_parser = Listen::parse)]
    listen: Listen,
    /// A file with the token that clients must send (or LINE_SERVE_TOKEN, with the token itself)
    #[arg(long, value_name = "FILE", env = "LINE_SERVE_TOKEN_FILE", hide_env_values = true)]
    token_file: Option<PathBuf>,
    /// The certificate chain of the server, in PEM, for TLS
    #[arg(long, value_name = "FILE", env = "LINE_SERVE_TLS_CERT", hide_env_values = true)]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate, in PEM
    #[arg(long, value_name = "FILE", env = "LINE_SERVE_TLS_KEY", hide_env_values = true)]
    tls_key: Option<PathBuf>,
    /// Writes the port to this file as soon as connections are accepted; it is removed at the end
    #[arg(long, value_name = "FILE", env = "LINE_SERVE_PORT_FILE", hide_env_values = true)]
    port_file: Option<PathBuf>,
}

/// The same, read and checked.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(super) listen: Listen,
    pub(super) access_key: Option<AccessKey>,
    pub(super) tls: Option<Arc<ServerConfig>>,
    pub(super) port_file: Option<PathBuf>,
}

/// The variable with the token itself.
const TOKEN: &str = "LINE_SERVE_TOKEN";

impl ServerArgs {
    /// Reads the files, and refuses what would give tokens to others.
    pub(crate) fn read(self) -> Result<Settings, Failure> {
        let Self { listen, token_file, tls_cert, tls_key, port_file } = self;
        let access_key = access_key(token_file.as_deref())?;
        let tls = match (tls_cert, tls_key) {
            (Some(certificates), Some(key)) => Some(tls::server_config(&certificates, &key)?),
            (None, None) => None,
            (Some(_), None) => return Err(Failure::usage("--tls-cert needs the private key: add --tls-key FILE")),
            (None, Some(_)) => return Err(Failure::usage("--tls-key needs the certificate: add --tls-cert FILE")),
        };
        if listen.is_unix() && tls.is_some() {
            return Err(Failure::usage("a socket in the file system has no TLS: leave --tls-cert and --tls-key out"));
        }
        if listen.is_unix() && port_file.is_some() {
            return Err(Failure::usage("a socket in the file system has no port: leave --port-file out"));
        }
        if listen.is_beyond_loopback() && (access_key.is_none() || tls.is_none()) {
            return Err(Failure::usage(
                "other machines reach this address, so it takes a token of its own and TLS, or everybody there could get the channel's tokens",
            )
            .with_hint(
                "add --token-file FILE, --tls-cert FILE and --tls-key FILE; or listen on 127.0.0.1 or on unix:PATH. Processes of other machines \
                 share tokens by Redis: `line-channel-token token --store-url URL`",
            ));
        }
        Ok(Settings { listen, access_key, tls, port_file })
    }
}

fn access_key(file: Option<&Path>) -> Result<Option<AccessKey>, Failure> {
    let variable = std::env::var_os(TOKEN).filter(|_| file.is_none());
    let (name, text) = match (file, variable) {
        (Some(path), _) => {
            ("--token-file", small_file::read(path).map_err(|what| Failure::usage(format!("--token-file: {what}")))?)
        }
        (None, Some(value)) => {
            let text = value.into_string().map_err(|_| Failure::usage(format!("{TOKEN} is no text")))?;
            (TOKEN, text)
        }
        (None, None) => return Ok(None),
    };
    AccessKey::parse(&text, &format!("{name}: the token")).map(Some).map_err(Failure::usage)
}
