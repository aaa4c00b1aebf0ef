//! A TLS configuration that the caller gives.

use std::sync::Arc;

use line_channel_token_core::{Error, ErrorKind, HttpBackend, Sent, TransportErrorKind};
use rustls::client::WebPkiServerVerifier;
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, ProtocolVersion, RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio_rustls::TlsAcceptor;

use crate::calls::{fails, generous_limits, post, succeeds_with};
use crate::run::Rule;
use crate::server::{Server, ok};
use crate::test_ca::{
    ServerCertificate, acceptor, ca_pem, client_certificate, crypto_provider, leaf, roots, server_config,
};

pub const RULE: Rule = Rule {
    says: "a TLS configuration that the caller gives decides alone: its roots, its client certificate, its provider of cryptography",
    hint: "add nothing to it but the protocol http/1.1 if it names none, and refuse what contradicts it when the backend is built",
};

/// Makes the backend under test with this configuration, and with added roots if there are some.
pub type MakeWithTls = fn(ClientConfig, added_roots: Option<&str>) -> Result<Arc<dyn HttpBackend>, Error>;

/// Trusts the suite's CA alone, and has no certificate of its own.
fn pinned() -> ClientConfig {
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots()), Arc::new(crypto_provider())).build().unwrap();
    let builder =
        ClientConfig::builder_with_provider(Arc::new(crypto_provider())).with_safe_default_protocol_versions().unwrap();
    builder.with_webpki_verifier(verifier).with_no_client_auth()
}

fn offering(protocols: Vec<Vec<u8>>) -> ClientConfig {
    let mut config = pinned();
    config.alpn_protocols = protocols;
    config
}

/// Responds with the protocol that was agreed on.
async fn server(acceptor: TlsAcceptor) -> Server {
    Server::start(Some(acceptor), |mut connection| async move {
        let protocol = connection.protocol();
        while connection.respond(ok(&protocol)).await.is_some() {}
    })
    .await
}

/// HTTP/1.1 is offered, also if the configuration names no protocol.
pub async fn its_roots_are_used_and_http_1_is_offered(make: MakeWithTls) {
    let mut config = server_config(ServerCertificate::Valid, rustls::ALL_VERSIONS);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let server = server(TlsAcceptor::from(Arc::new(config))).await;
    for protocols in [vec![], vec![b"http/1.1".to_vec()]] {
        let backend = make(offering(protocols), None).unwrap();
        assert_eq!(succeeds_with(&*backend, post(&server), generous_limits()).await.body(), "http/1.1");
    }
}

fn acceptor_with_client_auth(version: &'static SupportedProtocolVersion) -> TlsAcceptor {
    let clients =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots()), Arc::new(crypto_provider())).build().unwrap();
    let (chain, key) = leaf(ServerCertificate::Valid);
    let builder =
        ServerConfig::builder_with_provider(Arc::new(crypto_provider())).with_protocol_versions(&[version]).unwrap();
    let config = builder.with_client_cert_verifier(clients).with_single_cert(chain, key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// A server that requires a client certificate gets it, and without it the call fails.
pub async fn a_client_certificate_is_sent(make: MakeWithTls) {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let server = server(acceptor_with_client_auth(version)).await;
        let (chain, key) = client_certificate();
        let builder = ClientConfig::builder_with_provider(Arc::new(crypto_provider()))
            .with_safe_default_protocol_versions()
            .unwrap();
        let config = builder.with_root_certificates(roots()).with_client_auth_cert(chain, key).unwrap();
        let backend = make(config, None).unwrap();
        succeeds_with(&*backend, post(&server), generous_limits()).await;

        let error = make(pinned(), None).unwrap().send(post(&server), generous_limits()).await.unwrap_err();
        // With TLS 1.3 the client has finished before the server checks, so the alert can be lost with the connection.
        if version.version == ProtocolVersion::TLSv1_2 {
            assert_eq!((error.kind(), error.sent()), (TransportErrorKind::Connect, Sent::NotSent), "{error:?}");
            assert!(error.to_string().contains("client certificate"), "{error}");
        }
    }
}

/// A contradiction fails the build.
pub async fn a_contradiction_is_an_error(make: MakeWithTls) {
    let h2 = offering(vec![b"h2".to_vec(), b"http/1.1".to_vec()]);
    for (config, added, says) in [(h2, None, "alpn_protocols"), (pinned(), Some(ca_pem()), "both tls_config and root")]
    {
        let error = make(config, added.as_deref()).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(says), "{error}");
    }
}

/// Neither the platform's roots nor others are trusted.
pub async fn nothing_else_is_trusted(make: MakeWithTls) {
    let builder =
        ClientConfig::builder_with_provider(Arc::new(crypto_provider())).with_safe_default_protocol_versions().unwrap();
    let config = builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth();
    let server = server(acceptor(ServerCertificate::Valid, rustls::ALL_VERSIONS)).await;
    let backend = make(config, None).unwrap();
    fails(&*backend, post(&server), generous_limits(), TransportErrorKind::Certificate, Sent::NotSent, "no root").await;
}
