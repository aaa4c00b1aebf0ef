//! The certificate and the key of the server.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::failure::Failure;
use crate::private_file::is_open_to_others;
use crate::sharing::warn;
use crate::{path_text, small_file};

/// TLS 1.2 and 1.3 with this certificate.
pub(super) fn server_config(certificates: &Path, key: &Path) -> Result<Arc<ServerConfig>, Failure> {
    let failed = |flag: &str, what: String| Failure::usage(format!("{flag}: {what}"));
    let name = path_text::shown(certificates);
    let text = small_file::read(certificates).map_err(|what| failed("--tls-cert", what))?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(|| {
        failed("--tls-cert", format!("{name} holds no certificate in PEM"))
            .with_hint("it begins with -----BEGIN CERTIFICATE-----")
    })?;
    let name = path_text::shown(key);
    if File::open(key).is_ok_and(|file| is_open_to_others(&file)) {
        warn(&format!("{name} may be read by other users of this machine: chmod 600 {name}"));
    }
    let text = zeroize::Zeroizing::new(small_file::read(key).map_err(|what| failed("--tls-key", what))?);
    let key = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| {
        failed("--tls-key", format!("{name} holds no private key in PEM"))
            .with_hint("an encrypted key must be decrypted first: openssl pkey")
    })?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| Failure::other("the TLS provider supports neither TLS 1.2 nor 1.3"))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|_| {
            failed(
                "--tls-cert",
                "the certificate and the key do not belong together, or are of a kind that TLS does not use".to_owned(),
            )
        })?;
    Ok(Arc::new(config))
}
