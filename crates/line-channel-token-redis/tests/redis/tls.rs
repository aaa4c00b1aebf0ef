//! TLS against a Redis that speaks it.

use line_channel_token_cache::store::StoreErrorKind;
use line_channel_token_redis::RedisStore;
use rcgen::ExtendedKeyUsagePurpose;
use tempfile::TempDir;

use crate::certificates::Ca;
use crate::store_calls::{assert_error, impatient, load, store};
use crate::support::{RedisServer, ServerOptions};

/// A server that speaks TLS alone, for these hosts.
fn server(test: &str, ca: &Ca, hosts: &[&str], clients: &str) -> Option<(RedisServer, String, TempDir)> {
    let directory = tempfile::tempdir().unwrap();
    let files = ca.server_files(directory.path(), hosts);
    let [certificate, key, root] = files.each_ref().map(|path| path.to_str().unwrap());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let arguments = [
        "--tls-port",
        &port.to_string(),
        "--tls-cert-file",
        certificate,
        "--tls-key-file",
        key,
        "--tls-ca-cert-file",
        root,
        "--tls-auth-clients",
        clients,
    ];
    let server = RedisServer::start_with(test, ServerOptions { arguments: &arguments })?;
    Some((server, format!("localhost:{port}"), directory))
}

#[tokio::test]
async fn a_private_ca_is_trusted_if_it_is_given() {
    let ca = Ca::new("the test CA");
    let Some((server, address, _files)) =
        server("a_private_ca_is_trusted_if_it_is_given", &ca, &["localhost", "127.0.0.1"], "no")
    else {
        return;
    };
    let url = format!("rediss://{address}");
    let redis = RedisStore::builder(&url).root_certificates_pem(ca.pem()).build().unwrap();
    let revision = store(&redis, None, b"1").await;
    let by_address = url.replace("localhost", "127.0.0.1");
    let redis = RedisStore::builder(by_address).root_certificates_pem(ca.pem()).build().unwrap();
    assert_eq!(load(&redis).await.unwrap().unwrap().revision, revision);
    assert!(rustls_provider_is_not_installed());
    for redis in [
        impatient(&url).build().unwrap(),
        impatient(&url).root_certificates_pem(Ca::new("another CA").pem()).build().unwrap(),
    ] {
        assert_error(&load(&redis).await.unwrap_err(), StoreErrorKind::Denied, "unknown issuer");
    }
    // TLS to a port without, and the other way round.
    let plain_port =
        impatient(&server.url().replace("redis://", "rediss://")).root_certificates_pem(ca.pem()).build().unwrap();
    let error = load(&plain_port).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
    assert!(error.to_string().contains("redis://"), "{error}");
    let error = load(&impatient(&url.replace("rediss", "redis")).build().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable, "{error}");
    assert!(error.to_string().contains("rediss://"), "{error}");
}

fn rustls_provider_is_not_installed() -> bool {
    line_channel_token_redis::rustls::crypto::CryptoProvider::get_default().is_none()
}

#[tokio::test]
async fn a_certificate_of_another_host_is_refused() {
    let ca = Ca::new("the test CA");
    let Some((_server, address, _files)) =
        server("a_certificate_of_another_host_is_refused", &ca, &["elsewhere.example"], "no")
    else {
        return;
    };
    let redis = impatient(&format!("rediss://{address}")).root_certificates_pem(ca.pem()).build().unwrap();
    assert_error(&load(&redis).await.unwrap_err(), StoreErrorKind::Denied, "another host");
}

#[tokio::test]
async fn a_client_certificate_is_shown() {
    let ca = Ca::new("the test CA");
    let Some((_server, address, _files)) = server("a_client_certificate_is_shown", &ca, &["localhost"], "yes") else {
        return;
    };
    let builder = || impatient(&format!("rediss://{address}")).root_certificates_pem(ca.pem());
    let (certificate, key) = ca.certificate(&["client"], ExtendedKeyUsagePurpose::ClientAuth);
    store(&builder().client_certificate_pem(&certificate, &key).build().unwrap(), None, b"1").await;
    // With TLS 1.3 the server refuses after the handshake, in place of the first response.
    let error = load(&builder().build().unwrap()).await.unwrap_err();
    assert!(matches!(error.kind(), StoreErrorKind::Denied | StoreErrorKind::Unavailable), "{error}");
    let (certificate, key) = Ca::new("another CA").certificate(&["client"], ExtendedKeyUsagePurpose::ClientAuth);
    load(&builder().client_certificate_pem(&certificate, &key).build().unwrap()).await.unwrap_err();
}

#[test]
fn certificates_that_cannot_be_used_are_named() {
    let ca = Ca::new("the test CA");
    let (certificate, key) = ca.certificate(&["client"], ExtendedKeyUsagePurpose::ClientAuth);
    let (_, other_key) = ca.certificate(&["client"], ExtendedKeyUsagePurpose::ClientAuth);
    let builder = || RedisStore::builder("rediss://localhost").root_certificates_pem(ca.pem());
    for (builder, says) in [
        (builder().client_certificate_pem("s3cret", &key), "client certificate"),
        (builder().client_certificate_pem(&certificate, "s3cret"), "client key"),
        (builder().client_certificate_pem(&key, &certificate), "client certificate"),
        (builder().client_certificate_pem(&certificate, &other_key), "do not belong together"),
        (builder().root_certificates_pem("s3cret"), "root certificates"),
        (builder().root_certificates_pem(&key), "root certificates"),
        (RedisStore::builder("redis://localhost").root_certificates_pem(ca.pem()), "without TLS"),
    ] {
        assert_error(&builder.build().unwrap_err(), StoreErrorKind::InvalidSettings, says);
    }
}
