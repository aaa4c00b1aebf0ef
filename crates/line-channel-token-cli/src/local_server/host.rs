//! Which `Host` names this machine for certain. A name that an attacker's name server resolves to 127.0.0.1 (DNS rebinding) does not.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::http::uri::Authority;

/// Whether a `Host` (with or without a port) is loopback's, or one of these names.
pub(super) fn is_allowed(authority: &Authority, names: &[String]) -> bool {
    if authority.as_str().contains('@') {
        return false;
    }
    let host = authority.host();
    // A fully qualified name ends with a dot.
    let host = host.strip_suffix('.').unwrap_or(host);
    if let Some(v6) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return v6.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback());
    }
    // An address is what it says, whatever a name server says.
    if host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback()) {
        return true;
    }
    host.eq_ignore_ascii_case("localhost") || names.iter().any(|name| host.eq_ignore_ascii_case(name))
}

/// Whether an `Origin` is that of the page which this host serves.
pub(super) fn is_own_origin(origin: &[u8], authority: &Authority) -> bool {
    // A proxy in front of the server may speak TLS.
    let rest = [&b"http://"[..], b"https://"].into_iter().find_map(|scheme| origin.strip_prefix(scheme));
    rest.is_some_and(|rest| rest.eq_ignore_ascii_case(authority.as_str().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::{is_allowed, is_own_origin};

    #[test]
    fn hosts_of_loopback_and_listed_names_are_allowed() {
        let names = ["emulator".to_owned()];
        for host in [
            "localhost",
            "localhost.:8787",
            "LOCALHOST:8787",
            "127.0.0.1",
            "127.0.0.1:1",
            "127.9.9.9",
            "[::1]",
            "[::1]:80",
            "emulator:8787",
        ] {
            assert!(is_allowed(&host.parse().unwrap(), &names), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "localhost..",
            ".",
            "127.0.0.1.evil.example",
            "127.0.0.1.nip.io:8787",
            "evil@localhost",
            "emulator.evil.example",
            "0.0.0.0",
            "[::]",
            "[::ffff:1.2.3.4]",
            "10.0.0.1",
            "2130706433",
            "0x7f.1",
            "localhos",
        ] {
            assert!(!host.parse().is_ok_and(|authority| is_allowed(&authority, &names)), "{host}");
        }
    }

    #[test]
    fn an_origin_is_compared_with_its_port() {
        let host = "localhost:8787".parse().unwrap();
        assert!(is_own_origin(b"http://localhost:8787", &host) && is_own_origin(b"http://LOCALHOST:8787", &host));
        for origin in [
            "http://localhost:3000",
            "http://localhost",
            "http://127.0.0.1:8787",
            "null",
            "",
            "file://localhost:8787",
            "http://localhost:8787.evil.example",
            "http://localhost:8787/",
        ] {
            assert!(!is_own_origin(origin.as_bytes(), &host), "{origin}");
        }
    }
}
