//! The TLS configuration, without anything that is process-wide.

use std::sync::Arc;

use line_channel_token_core::Error;
use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls_platform_verifier::Verifier;

/// The configuration that the caller gives, or the default one.
///
/// ```
/// # if cfg!(any(feature = "aws-lc-rs", feature = "ring")) {
/// let config = line_channel_token_transport::tls::given_or_default(None, &[])?;
/// assert_eq!(config.alpn_protocols, [b"http/1.1"]);
/// # }
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
///
/// # Errors
///
/// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput) if it offers another protocol than HTTP/1.1, or if
/// there are `extra_roots` beside it; and those of [`default_config`].
pub fn given_or_default(
    given: Option<ClientConfig>,
    extra_roots: &[CertificateDer<'static>],
) -> Result<ClientConfig, Error> {
    let Some(mut given) = given else { return default_config(extra_roots) };
    if !extra_roots.is_empty() {
        return Err(Error::invalid_input(
            "both tls_config and root certificates were given, and the configuration has roots of its own: add the \
             certificates to those",
        ));
    }
    if given.alpn_protocols.is_empty() {
        given.alpn_protocols = vec![HTTP_1_1.to_vec()];
    }
    if given.alpn_protocols.iter().any(|protocol| protocol != HTTP_1_1) {
        return Err(Error::invalid_input(
            "tls_config offers another protocol than http/1.1 (alpn_protocols), and this backend speaks that alone: leave \
             the list empty",
        ));
    }
    Ok(given)
}

const HTTP_1_1: &[u8] = b"http/1.1";

/// TLS 1.2 or 1.3 for HTTP/1.1, trusting the platform's roots and `extra_roots`.
///
/// # Errors
///
/// Kind [`Backend`](line_channel_token_core::ErrorKind::Backend) if the build has no TLS provider, and if the
/// platform has no trusted roots.
pub fn default_config(extra_roots: &[CertificateDer<'static>]) -> Result<ClientConfig, Error> {
    let provider = Arc::new(crypto_provider().ok_or_else(|| {
        Error::backend("this build has no TLS: enable the feature aws-lc-rs or ring of the backend, or use tls_config")
    })?);
    // The verifier's own error shows paths and parts of the files.
    let verifier = verifier(extra_roots, Arc::clone(&provider)).map_err(|_| {
        Error::backend(
            "the platform offers no trusted root certificates: install them (on Linux the package ca-certificates), \
             or name a file of them in SSL_CERT_FILE",
        )
    })?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| Error::backend("the TLS provider supports neither TLS 1.2 nor 1.3"))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![HTTP_1_1.to_vec()];
    Ok(config)
}

#[cfg(not(target_os = "android"))]
fn verifier(extra_roots: &[CertificateDer<'static>], provider: Arc<CryptoProvider>) -> Result<Verifier, rustls::Error> {
    Verifier::new_with_extra_roots(extra_roots.iter().cloned(), provider)
}

#[cfg(target_os = "android")]
fn verifier(extra_roots: &[CertificateDer<'static>], provider: Arc<CryptoProvider>) -> Result<Verifier, rustls::Error> {
    if extra_roots.is_empty() {
        return Verifier::new(provider);
    }
    Err(rustls::Error::General("Android takes extra roots from the app's network security configuration".to_owned()))
}

#[cfg(feature = "aws-lc-rs")]
fn crypto_provider() -> Option<CryptoProvider> {
    Some(rustls::crypto::aws_lc_rs::default_provider())
}

#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
fn crypto_provider() -> Option<CryptoProvider> {
    Some(rustls::crypto::ring::default_provider())
}

#[cfg(not(any(feature = "aws-lc-rs", feature = "ring")))]
fn crypto_provider() -> Option<CryptoProvider> {
    None
}

#[cfg(test)]
mod tests {
    #[cfg(any(feature = "aws-lc-rs", feature = "ring"))]
    #[test]
    fn no_process_wide_provider_is_installed_or_asked_for() {
        super::default_config(&[]).unwrap();
        assert!(rustls::crypto::CryptoProvider::get_default().is_none());
    }
}
