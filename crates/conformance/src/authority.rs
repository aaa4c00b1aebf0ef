//! A certificate authority for the tests, and the certificates that its servers show.

use std::sync::{Arc, LazyLock};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio_rustls::TlsAcceptor;

/// A host that only the test's proxies know: a loopback address is never proxied.
pub(crate) const BEHIND_PROXY: &str = "line.example";
/// The same by an address, one of those for documentation.
pub(crate) const ADDRESS_BEHIND_PROXY: &str = "192.0.2.1";

/// What a server shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shows {
    /// A certificate for `localhost`, signed by the CA that the backend trusts.
    Valid,
    /// The same, but long expired.
    Expired,
    /// A certificate for `elsewhere.example`.
    AnotherHost,
    /// A certificate for `localhost`, signed by a CA that nobody trusts.
    UnknownAuthority,
    /// A CA certificate for `localhost`, signed by the CA that the backend trusts, as the server's own.
    OfAnAuthority,
    /// A certificate for `localhost` that is good for clients alone.
    OfAClient,
}

/// A chain of certificates and the key of the first.
type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

struct Authority(CertifiedIssuer<'static, KeyPair>);

static TRUSTED: LazyLock<Authority> = LazyLock::new(|| Authority::new("the trusted test CA"));
static UNKNOWN: LazyLock<Authority> = LazyLock::new(|| Authority::new("a CA that nobody knows"));

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

/// A certificate with which a client shows itself to a server that trusts the same CA.
pub(crate) fn client_certificate() -> Identity {
    TRUSTED.leaf(Shows::OfAClient)
}

/// What a server shows, and its key.
pub(crate) fn leaf(shows: Shows) -> Identity {
    let authority = if shows == Shows::UnknownAuthority { &*UNKNOWN } else { &*TRUSTED };
    authority.leaf(shows)
}

/// The TLS end of a server. `versions` are those that it speaks.
pub(crate) fn acceptor(shows: Shows, versions: &[&'static SupportedProtocolVersion]) -> TlsAcceptor {
    TlsAcceptor::from(Arc::new(server_config(shows, versions)))
}

/// The same to change something of it.
pub(crate) fn server_config(shows: Shows, versions: &[&'static SupportedProtocolVersion]) -> ServerConfig {
    let (chain, key) = leaf(shows);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap()
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn leaf(&self, shows: Shows) -> Identity {
        let names = match shows {
            Shows::AnotherHost => vec!["elsewhere.example".to_owned()],
            _ => ["localhost", "127.0.0.1", BEHIND_PROXY, ADDRESS_BEHIND_PROXY].map(str::to_owned).to_vec(),
        };
        let mut params = CertificateParams::new(names).unwrap();
        params.extended_key_usages = vec![match shows {
            Shows::OfAClient => ExtendedKeyUsagePurpose::ClientAuth,
            _ => ExtendedKeyUsagePurpose::ServerAuth,
        }];
        if shows == Shows::OfAnAuthority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        if shows == Shows::Expired {
            params.not_before = date_time_ymd(2020, 1, 1);
            params.not_after = date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let leaf = params.signed_by(&key, &self.0).unwrap();
        (vec![leaf.der().clone()], PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())))
    }
}
