//! TLS by rustls, without anything that is process-wide.

use std::fmt;
use std::sync::Arc;

use line_channel_token_cache::store::{StoreError, StoreErrorKind};
use line_channel_token_transport::{roots_from_pem, tls, tls_errors};
use rustls::ClientConfig;
use rustls::client::ResolvesClientCert;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::dial::Stream;
use crate::errors::{invalid_settings, of_dialing, unavailable};

/// The TLS of a store.
#[derive(Clone)]
pub(crate) struct Tls(TlsConnector);

impl Tls {
    /// TLS over a connection to this host.
    pub(crate) async fn connect(&self, host: &str, stream: TcpStream) -> Result<Box<dyn Stream>, StoreError> {
        let name = ServerName::try_from(host.to_owned()).map_err(|_| {
            invalid_settings("the host of the store is no name or address that a certificate could be for")
        })?;
        match self.0.connect(name, stream).await {
            Ok(stream) => Ok(Box::new(stream)),
            Err(error) => Err(match tls_errors::in_error(&error) {
                Some(error) => of_tls(error),
                None if error.kind() == std::io::ErrorKind::UnexpectedEof => unavailable(
                    "Redis: the connection was closed before TLS began: does the port speak TLS? write redis:// if it does not",
                ),
                None => of_dialing(&error),
            }),
        }
    }
}

fn of_tls(error: &rustls::Error) -> StoreError {
    let cause = tls_errors::describe(error);
    match error {
        rustls::Error::InvalidCertificate(_) => StoreError::new(
            StoreErrorKind::Denied,
            format!(
                "the certificate of Redis is not trusted: {cause}; give its CA to root_certificates_pem, and the URL the host that it is for"
            ),
        ),
        rustls::Error::AlertReceived(_) => StoreError::new(
            StoreErrorKind::Denied,
            format!("Redis refuses the connection: {cause}; a client certificate is given by client_certificate_pem"),
        ),
        _ => unavailable(format!("could not connect to Redis: {cause}; write redis:// if the port does not speak TLS")),
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

/// The settings of TLS.
#[derive(Clone, Default)]
pub(crate) struct TlsSettings {
    pub(crate) roots: Vec<CertificateDer<'static>>,
    pub(crate) client: Option<(Vec<CertificateDer<'static>>, Arc<PrivateKeyDer<'static>>)>,
    pub(crate) config: Option<ClientConfig>,
}

impl TlsSettings {
    pub(crate) fn is_empty(&self) -> bool {
        self.roots.is_empty() && self.client.is_none() && self.config.is_none()
    }

    pub(crate) fn add_roots(&mut self, pem: &[u8]) -> Result<(), StoreError> {
        let roots = roots_from_pem(pem)
            .map_err(|error| invalid_settings(format!("the root certificates of the store: {error}")))?;
        self.roots.extend(roots);
        Ok(())
    }

    pub(crate) fn set_client(&mut self, certificates: &[u8], key: &[u8]) -> Result<(), StoreError> {
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificates).collect();
        let certificates = certificates.ok().filter(|list| !list.is_empty()).ok_or_else(|| {
            invalid_settings(
                "the client certificate of the store is no certificate in PEM: expected -----BEGIN CERTIFICATE-----",
            )
        })?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| {
            invalid_settings(
                "the client key of the store is no private key in PEM without a passphrase (PKCS#8, PKCS#1 or SEC1)",
            )
        })?;
        self.client = Some((certificates, Arc::new(key)));
        Ok(())
    }

    pub(crate) fn resolve(self) -> Result<Tls, StoreError> {
        let config = match self.config {
            Some(_) if !self.roots.is_empty() || self.client.is_some() => {
                return Err(invalid_settings(
                    "both tls_config and certificates were given: put the certificates into the configuration",
                ));
            }
            Some(config) => config,
            None => own_config(&self.roots, self.client)?,
        };
        Ok(Tls(TlsConnector::from(Arc::new(config))))
    }
}

fn own_config(
    roots: &[CertificateDer<'static>],
    client: Option<(Vec<CertificateDer<'static>>, Arc<PrivateKeyDer<'static>>)>,
) -> Result<ClientConfig, StoreError> {
    let mut config =
        tls::default_config(roots).map_err(|error| invalid_settings(format!("TLS of the store: {error}")))?;
    // Redis knows no ALPN.
    config.alpn_protocols.clear();
    if let Some((certificates, key)) = client {
        let key = CertifiedKey::from_der(certificates, key.clone_key(), config.crypto_provider())
            .map_err(|_| invalid_settings("the client certificate of the store and its key do not belong together"))?;
        let resolver: Arc<dyn ResolvesClientCert> = Arc::new(SingleCertAndKey::from(key));
        config.client_auth_cert_resolver = resolver;
    }
    Ok(config)
}
