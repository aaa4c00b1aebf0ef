//! A certificate authority, made anew in each process, and the certificates of the suite's servers.

use std::sync::{Arc, LazyLock};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio_rustls::TlsAcceptor;

/// A host that only the proxies of the suite know: a loopback address is never proxied.
pub(crate) const BEHIND_PROXY: &str = "line.example";
/// The same as an address, one of those for documentation (RFC 5737).
pub(crate) const ADDRESS_BEHIND_PROXY: &str = "192.0.2.1";

/// Which certificate a server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServerCertificate {
    /// A certificate for `localhost`, signed by the CA that the backend trusts.
    Valid,
    /// The same, long expired.
    Expired,
    /// A certificate for `elsewhere.example`.
    OtherHost,
    /// A certificate for `localhost`, signed by a CA that nobody trusts.
    UnknownIssuer,
    /// A CA certificate for `localhost`, signed by the CA that the backend trusts.
    CaCertificate,
    /// A certificate for `localhost` whose extended key usage is that of a client.
    ClientOnly,
}

/// A chain of certificates and the key of the first.
type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

struct Ca(CertifiedIssuer<'static, KeyPair>);

static TRUSTED: LazyLock<Ca> = LazyLock::new(|| Ca::new("the trusted test CA"));
static UNTRUSTED: LazyLock<Ca> = LazyLock::new(|| Ca::new("a CA that is not trusted"));

/// The PEM of the CA that the backend under test trusts.
pub(crate) fn ca_pem() -> String {
    TRUSTED.0.pem()
}

/// The same as a store of roots.
pub(crate) fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(TRUSTED.0.der().clone()).unwrap();
    roots
}

/// A certificate for a client of a server that trusts the same CA.
pub(crate) fn client_certificate() -> Identity {
    TRUSTED.leaf(ServerCertificate::ClientOnly)
}

/// The certificate of a server, and its key.
pub(crate) fn leaf(certificate: ServerCertificate) -> Identity {
    let ca = if certificate == ServerCertificate::UnknownIssuer { &*UNTRUSTED } else { &*TRUSTED };
    ca.leaf(certificate)
}

/// The provider of the build; if both are compiled in, aws-lc-rs.
#[cfg(feature = "aws-lc-rs")]
pub(crate) fn crypto_provider() -> CryptoProvider {
    rustls::crypto::aws_lc_rs::default_provider()
}

/// The provider of the build.
#[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
pub(crate) fn crypto_provider() -> CryptoProvider {
    rustls::crypto::ring::default_provider()
}

/// The TLS side of a server that speaks these versions.
pub(crate) fn acceptor(certificate: ServerCertificate, versions: &[&'static SupportedProtocolVersion]) -> TlsAcceptor {
    TlsAcceptor::from(Arc::new(server_config(certificate, versions)))
}

/// The configuration of such a server.
pub(crate) fn server_config(
    certificate: ServerCertificate,
    versions: &[&'static SupportedProtocolVersion],
) -> ServerConfig {
    let (chain, key) = leaf(certificate);
    ServerConfig::builder_with_provider(Arc::new(crypto_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap()
}

impl Ca {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn leaf(&self, certificate: ServerCertificate) -> Identity {
        let names = match certificate {
            ServerCertificate::OtherHost => vec!["elsewhere.example".to_owned()],
            _ => ["localhost", "127.0.0.1", BEHIND_PROXY, ADDRESS_BEHIND_PROXY].map(str::to_owned).to_vec(),
        };
        let mut params = CertificateParams::new(names).unwrap();
        params.extended_key_usages = vec![match certificate {
            ServerCertificate::ClientOnly => ExtendedKeyUsagePurpose::ClientAuth,
            _ => ExtendedKeyUsagePurpose::ServerAuth,
        }];
        if certificate == ServerCertificate::CaCertificate {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        if certificate == ServerCertificate::Expired {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.0).unwrap();
        (vec![leaf.der().clone()], PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())))
    }
}
