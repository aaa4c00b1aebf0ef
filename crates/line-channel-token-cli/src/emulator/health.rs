//! `--health`: whether an emulator responds, for a container that has no shell.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use line_channel_token::BaseUrl;
use serde::Serialize;

use super::settings::Settings;
use crate::failure::Failure;
use crate::output::{self, OutputFormat};

const TIMEOUT: Duration = Duration::from_secs(3);

/// The shape of the result with `--output json`.
#[derive(Serialize)]
struct Health<'a> {
    healthy: bool,
    url: &'a str,
}

/// Where the emulator is: at a URL, whose name may have several addresses, at the port in a file, or where these settings would start it.
pub(crate) fn addresses(settings: &Settings, url: Option<&str>) -> Result<Vec<SocketAddr>, Failure> {
    if let Some(url) = url {
        return of_url(url);
    }
    let port = match settings.port_file.as_deref() {
        Some(path) => port_in(path)?,
        None => settings.port,
    };
    if port == 0 {
        return Err(Failure::usage(
            "--health needs to know the port, which 0 is not: add --port-file FILE or --url URL",
        ));
    }
    Ok(vec![reachable(settings.host, port)])
}

/// Where an emulator is asked that listens on this address.
pub(super) fn reachable(host: IpAddr, port: u16) -> SocketAddr {
    let host = match host {
        IpAddr::V4(v4) if v4.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(v6) if v6.is_unspecified() => std::net::Ipv6Addr::LOCALHOST.into(),
        host => host,
    };
    SocketAddr::new(host, port)
}

/// Whether an emulator responds there.
pub(super) fn is_healthy(address: SocketAddr) -> bool {
    responds(address).unwrap_or(false)
}

/// Asks it, and says what it found; the exit code is 0 if it is healthy, and 1 if not.
pub(crate) fn check(addresses: &[SocketAddr], format: OutputFormat) -> Result<ExitCode, Failure> {
    let found = addresses.iter().find(|address| is_healthy(**address));
    let healthy = found.is_some();
    let url = |address: &SocketAddr| format!("http://{address}");
    let url = found.map_or_else(|| addresses.iter().map(url).collect::<Vec<_>>().join(" or "), url);
    match (format, healthy) {
        (OutputFormat::Json, _) => output::json(&Health { healthy, url: &url })?,
        (OutputFormat::Text, true) => output::line(&format!("the emulator at {url} is healthy"))?,
        (OutputFormat::Text, false) => return Err(Failure::other(format!("no emulator responds at {url}"))),
    }
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn of_url(url: &str) -> Result<Vec<SocketAddr>, Failure> {
    use std::net::ToSocketAddrs;
    let url = BaseUrl::insecure(url)?.to_string();
    let Some(authority) = url.strip_prefix("http://").and_then(|rest| rest.split('/').next()) else {
        return Err(Failure::usage("--url: the emulator speaks plain HTTP: give http://HOST:PORT"));
    };
    let with_port = if authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok()) {
        authority.to_owned()
    } else {
        format!("{authority}:80")
    };
    let unknown = || Failure::other(format!("--url: {authority} is not known to the name service"));
    with_port.to_socket_addrs().map(Iterator::collect).map_err(|_| unknown())
}

fn port_in(path: &Path) -> Result<u16, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::other(format!("--port-file {}: {}", path.display(), error.kind())))?;
    text.trim().parse().map_err(|_| Failure::other(format!("--port-file {}: there is no port in it", path.display())))
}

/// One request by hand: the whole HTTP client would be more than is needed, and start a runtime.
fn responds(address: SocketAddr) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let request = format!("GET /_emulator/health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut response = Vec::new();
    stream.take(64 * 1024).read_to_end(&mut response)?;
    let response = String::from_utf8_lossy(&response);
    Ok(response.starts_with("HTTP/1.1 200 ") && response.contains("\"status\":\"ok\""))
}
