//! In the place of TLS in a build without it.

use line_channel_token_cache::store::StoreError;
use tokio::net::TcpStream;

use crate::dial::Stream;
use crate::errors::invalid_settings;

/// There is none.
#[derive(Clone, Debug)]
pub(crate) enum Tls {}

impl Tls {
    pub(crate) async fn connect(&self, _: &str, _: TcpStream) -> Result<Box<dyn Stream>, StoreError> {
        match *self {}
    }
}

/// The settings of TLS, of which there are none.
#[derive(Clone, Default)]
pub(crate) struct TlsSettings {}

impl TlsSettings {
    pub(crate) fn is_empty(&self) -> bool {
        true
    }

    pub(crate) fn resolve(self) -> Result<Tls, StoreError> {
        Err(invalid_settings(
            "the URL of the store is one of TLS, and this build has none: enable the feature aws-lc-rs or ring",
        ))
    }
}
