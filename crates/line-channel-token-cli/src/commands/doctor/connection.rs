//! Whether the host has an address, and whether a connection to it can be established.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http::Uri;
use line_channel_token::BaseUrl;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::report::Report;
use crate::failure::Exit;
use crate::os_error::describe;

const DNS: &str = "dns";
const CONNECTION: &str = "connection";

/// How far a connection came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A connection was established, or only a proxy can do so.
    Connection,
    Nothing,
}

/// Looks the host up and connects to it, unless a proxy does both.
pub(super) async fn check(base_url: &BaseUrl, proxy: Option<&str>, limit: Duration, report: &mut Report) -> Found {
    if let Some(proxy) = proxy {
        let by_proxy = format!("{proxy} looks the host up and connects to it");
        report.skipped(DNS, by_proxy.clone());
        report.skipped(CONNECTION, by_proxy);
        return Found::Connection;
    }
    let url: Uri = base_url.to_string().parse().unwrap_or_default();
    let host = url.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
    let port = url.port_u16().unwrap_or(if url.scheme_str() == Some("http") { 80 } else { 443 });
    let Some(addresses) = look_up(&host, port, limit, report).await else {
        report.skipped(CONNECTION, "the host has no address: see above");
        return Found::Nothing;
    };
    connect(&addresses, limit, report).await
}

async fn look_up(host: &str, port: u16, limit: Duration, report: &mut Report) -> Option<Vec<SocketAddr>> {
    if let Ok(address) = host.parse::<IpAddr>() {
        report.ok(DNS, "the base URL has an address, and no name to look up");
        return Some(vec![(address, port).into()]);
    }
    let advice =
        "check the name in LINE_API_BASE_URL (or --api-base-url), the network and its name servers (/etc/resolv.conf)";
    let message = match timeout(limit, lookup_host((host, port))).await {
        Ok(Ok(addresses)) => {
            let addresses: Vec<SocketAddr> = addresses.collect();
            if !addresses.is_empty() {
                let listed: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
                report.ok(DNS, format!("{host} has {}", listed.join(", ")));
                return Some(addresses);
            }
            format!("{host} has no address")
        }
        Ok(Err(_)) => format!("{host} has no address: there is no such host, or no name server responded"),
        Err(_) => format!("no name server said within {} ms which address {host} has", limit.as_millis()),
    };
    report.problem(DNS, Exit::TryLater, message, advice.to_owned());
    None
}

/// Tries the addresses one after the other.
async fn connect(addresses: &[SocketAddr], limit: Duration, report: &mut Report) -> Found {
    /// More are not waited for.
    const MAX: usize = 4;
    let mut failures = Vec::new();
    let each = limit / u32::try_from(addresses.len().clamp(1, MAX)).unwrap_or(1);
    for address in addresses.iter().take(MAX) {
        match timeout(each, TcpStream::connect(address)).await {
            Ok(Ok(_)) => {
                report.ok(CONNECTION, format!("{address} accepts connections"));
                return Found::Connection;
            }
            Ok(Err(error)) => failures.push(format!("{address}: {}", describe(&error))),
            Err(_) => failures.push(format!("{address}: no connection within {} ms", each.as_millis())),
        }
    }
    let advice = "check that the server is running and its port is right (LINE_API_BASE_URL), and that no firewall is in between; a network \
                  that needs a proxy needs HTTPS_PROXY";
    report.problem(CONNECTION, Exit::TryLater, failures.join("; "), advice.to_owned());
    Found::Nothing
}
