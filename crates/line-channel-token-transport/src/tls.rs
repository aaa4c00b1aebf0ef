//! TLS by rustls, with everything that is process-wide elsewhere given explicitly.

use std::sync::Arc;

use line_channel_token_core::Error;
use rustls::ClientConfig;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls_platform_verifier::Verifier;

/// TLS 1.2 or 1.3 for HTTP/1.1, trusting the platform's roots and `extra_roots`.
///
/// # Errors
///
/// Kind [`Backend`](line_channel_token_core::ErrorKind::Backend) where the build has no TLS provider, and where the
/// platform has no trusted roots.
pub fn client_config(extra_roots: &[CertificateDer<'static>]) -> Result<ClientConfig, Error> {
    let provider = Arc::new(crypto_provider().ok_or_else(|| {
        Error::backend("this build has no TLS: enable the feature aws-lc-rs or ring of the backend, or use from_client")
    })?);
    let verifier = verifier(extra_roots, Arc::clone(&provider)).map_err(|error| {
        Error::backend(
            "the platform offers no trusted root certificates: install them (on Linux the package ca-certificates), \
             or name a file of them in SSL_CERT_FILE",
        )
        .with_source(error)
    })?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::backend("the TLS provider supports neither TLS 1.2 nor 1.3").with_source(error))?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
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
        super::client_config(&[]).unwrap();
        assert!(rustls::crypto::CryptoProvider::get_default().is_none());
    }
}
