//! Root certificates for rustls.

use line_channel_token_core::Error;
use line_channel_token_pem::root_certificates;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

/// Each certificate of a text, all of them fit to be a root: see [`root_certificates`].
///
/// ```
/// let error = line_channel_token_transport::roots_from_pem(b"/etc/ssl/ca.pem").unwrap_err();
/// assert!(error.to_string().contains("the path of a file"), "{error}");
/// ```
///
/// # Errors
///
/// Those of [`root_certificates`].
pub fn roots_from_pem(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let mut store = RootCertStore::empty();
    // What the parser says is left out: it may quote what it did not expect.
    let roots = root_certificates(pem, |der| store.add(CertificateDer::from(der)).is_ok())?;
    Ok(roots.into_iter().map(CertificateDer::from).collect())
}
