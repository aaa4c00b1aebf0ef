//! A loopback server that responds to every request with one canned token, on a thread of its own.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::thread;

use bytes::Bytes;
use http::Response;
use http_body_util::{BodyExt, Full};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// The body of each response: the size and shape of a stateless token of LINE's.
const BODY: &str = concat!(
    r#"{"token_type":"Bearer","access_token":"eyJhbGciOiJIUzI1NiJ9.UnQ_o-GP0VtnwDjbK0C8E_NvK_xBtVqKi3KxnVeWHwVTsr0Jq7zkZTr"#,
    r#"X1pQkzVUGmp2eZIjo8XlqW3rBCJfVmzP9vT2oG4jXc2Ih8Q.3TiP5bEUAwhtKWOl5qFqr0oOs6wrqXdUDLJNLx6bdLg","expires_in":900}"#
);

/// Starts the server; it runs as long as the process.
///
/// # Errors
///
/// If no loopback port can be opened.
pub fn start() -> io::Result<SocketAddr> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", 0)))?;
    let address = listener.local_addr()?;
    thread::spawn(move || runtime.block_on(serve(listener)));
    Ok(address)
}

async fn serve(listener: TcpListener) {
    while let Ok((socket, _)) = listener.accept().await {
        let _ = socket.set_nodelay(true);
        let connection = http1::Builder::new().serve_connection(TokioIo::new(socket), service_fn(respond));
        tokio::spawn(connection);
    }
}

async fn respond(request: http::Request<hyper::body::Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let _ = request.into_body().collect().await;
    let mut response = Response::new(Full::new(Bytes::from_static(BODY.as_bytes())));
    let headers = response.headers_mut();
    headers.insert("content-type", http::HeaderValue::from_static("application/json"));
    headers.insert("x-line-request-id", http::HeaderValue::from_static("ae5ddf5c-0fc9-4a5d-8a0e-0123456789ab"));
    Ok(response)
}
