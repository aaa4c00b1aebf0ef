//! The backend of the example `custom_backend` keeps the contract of `HttpBackend`.

#[path = "../examples/custom_backend/plain_tcp.rs"]
mod plain_tcp;

line_channel_token_conformance::suite! {
    backend: |_| plain_tcp::PlainTcp,
    without: [tls, connection_reuse],
}
