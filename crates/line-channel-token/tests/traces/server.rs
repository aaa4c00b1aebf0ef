//! A server over real TCP, with or without TLS, that responds as a test scripts it.

use std::net::SocketAddr;
use std::sync::Arc;

use line_channel_token::{BaseUrl, HttpBackend, HyperBackend, ReqwestBackend};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// What happens to a request, of which the script gets the number and the text.
pub(crate) enum Step {
    Respond(String),
    Never,
    Close,
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// If it speaks TLS: its certificate, which is its own root.
    pub(crate) certificate: Option<String>,
}

pub(crate) fn response(status: u16, headers: &str, body: &str) -> Step {
    Step::Respond(format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len()))
}

impl Server {
    pub(crate) async fn plain(script: impl Fn(usize, &str) -> Step + Send + Sync + 'static) -> Self {
        Self::start(None, None, script).await
    }

    pub(crate) async fn tls(script: impl Fn(usize, &str) -> Step + Send + Sync + 'static) -> Self {
        let rcgen::CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        Self::start(Some(TlsAcceptor::from(Arc::new(config))), Some(cert.pem()), script).await
    }

    async fn start(
        tls: Option<TlsAcceptor>,
        certificate: Option<String>,
        script: impl Fn(usize, &str) -> Step + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new((script, std::sync::atomic::AtomicUsize::new(0)));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (tls, shared) = (tls.clone(), Arc::clone(&shared));
                tokio::spawn(async move {
                    let next = |text: &str| shared.0(shared.1.fetch_add(1, std::sync::atomic::Ordering::SeqCst), text);
                    match tls {
                        None => serve::<TcpStream>(stream, next).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => serve(stream, next).await,
                            Err(_) => Some(()),
                        },
                    }
                });
            }
        });
        Self { address, certificate }
    }

    pub(crate) fn base_url(&self) -> BaseUrl {
        let (scheme, host) = if self.certificate.is_some() { ("https", "localhost") } else { ("http", "127.0.0.1") };
        BaseUrl::new(format!("{scheme}://{host}:{}", self.address.port())).unwrap()
    }

    /// Both backends, trusting this server, through the proxy with this URL if there is one.
    pub(crate) fn backends(&self, proxy: Option<&str>) -> [(&'static str, Arc<dyn HttpBackend>); 2] {
        let (mut reqwest, mut hyper) = (ReqwestBackend::builder().no_proxy(), HyperBackend::builder().no_proxy());
        if let Some(pem) = &self.certificate {
            reqwest = reqwest.add_root_certificate_pem(pem.as_bytes()).unwrap();
            hyper = hyper.add_root_certificate_pem(pem.as_bytes()).unwrap();
        }
        if let Some(proxy) = proxy {
            reqwest = reqwest.proxy(proxy).unwrap();
            hyper = hyper.proxy(proxy).unwrap();
        }
        [("reqwest", Arc::new(reqwest.build().unwrap())), ("hyper", Arc::new(hyper.build().unwrap()))]
    }
}

/// Serves the requests of a connection, until the client or the script ends it.
async fn serve<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, next: impl Fn(&str) -> Step) -> Option<()> {
    loop {
        match next(&request(&mut stream).await?) {
            Step::Respond(response) => stream.write_all(response.as_bytes()).await.ok()?,
            Step::Never => std::future::pending().await,
            Step::Close => return None,
        }
        stream.flush().await.ok()?;
    }
}

/// A request as text, with its body.
async fn request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}
