//! Hosts that are reached without a proxy, as `NO_PROXY` lists them.

use std::net::IpAddr;

/// Names and addresses.
#[derive(Debug, Default)]
pub(crate) struct NoProxy {
    everything: bool,
    /// Without a dot before or behind, in lower case. Names below them count too.
    domains: Vec<String>,
    networks: Vec<Network>,
}

#[derive(Debug)]
struct Network {
    address: IpAddr,
    prefix: u8,
}

impl NoProxy {
    /// Parses a list with commas or white space between the hosts: `*` is every host, a name counts with those below it, an address
    /// may be one of a network (`10.0.0.0/8`).
    pub(crate) fn parse(list: &str) -> Self {
        let mut hosts = Self::default();
        for host in list.split([',', ' ', '\t', '\n']).filter(|host| !host.is_empty()) {
            if host == "*" {
                hosts.everything = true;
            } else if let Some(network) = Network::parse(host) {
                hosts.networks.push(network);
            } else {
                hosts.domains.push(host.trim_start_matches("*.").trim_matches('.').to_ascii_lowercase());
            }
        }
        hosts
    }

    /// Whether this host of a URL is reached without a proxy. Loopback addresses always are.
    pub(crate) fn contains(&self, host: &str) -> bool {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(address) => {
                let address = address.to_canonical();
                address.is_loopback() || self.everything || self.networks.iter().any(|network| network.holds(address))
            }
            Err(_) => {
                let name = bare.trim_end_matches('.').to_ascii_lowercase();
                let below =
                    |domain: &str| name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
                self.everything || below("localhost") || self.domains.iter().any(|domain| below(domain))
            }
        }
    }
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.trim_start_matches('[').trim_end_matches(']').parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(prefix) => prefix.parse().ok().filter(|&prefix| prefix <= bits)?,
            None => bits,
        };
        Some(Self { address, prefix })
    }

    fn holds(&self, address: IpAddr) -> bool {
        let same = |a: u128, b: u128, bits: u32| {
            let ignored = bits - u32::from(self.prefix);
            a.checked_shr(ignored).unwrap_or(0) == b.checked_shr(ignored).unwrap_or(0)
        };
        match (self.address, address) {
            (IpAddr::V4(a), IpAddr::V4(b)) => same(u32::from(a).into(), u32::from(b).into(), 32),
            (IpAddr::V6(a), IpAddr::V6(b)) => same(a.into(), b.into(), 128),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::NoProxy;

    #[test]
    fn a_loopback_address_is_always_contained() {
        let none = NoProxy::parse("");
        for host in [
            "localhost",
            "LOCALHOST",
            "localhost.",
            "app.localhost",
            "127.0.0.1",
            "127.255.0.9",
            "[::1]",
            "[::ffff:127.0.0.1]",
        ] {
            assert!(none.contains(host), "{host}");
        }
        for host in ["api.line.me", "notlocalhost", "128.0.0.1", "[::2]", "[::ffff:10.0.0.1]"] {
            assert!(!none.contains(host), "{host}");
        }
    }

    #[test]
    fn names_count_with_those_below_them() {
        for (list, host, contained) in [
            ("line.me", "api.line.me", true),
            ("LINE.me", "api.line.me.", true),
            (".line.me", "api.line.me", true),
            ("*.line.me", "api.line.me", true),
            ("a.example, line.me", "line.me", true),
            ("a.example line.me", "api.line.me", true),
            ("line.me", "online.me", false),
            ("api.line.me", "line.me", false),
            ("*", "api.line.me", true),
            ("*", "192.0.2.1", true),
        ] {
            assert_eq!(NoProxy::parse(list).contains(host), contained, "{list}: {host}");
        }
    }

    #[test]
    fn networks_contain_their_addresses() {
        for (list, host, contained) in [
            ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.0/8", "11.1.2.3", false),
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("0.0.0.0/0", "192.0.2.2", true),
            ("2001:db8::/32", "[2001:db8::1]", true),
            ("[2001:db8::1]", "[2001:db8::1]", true),
            ("2001:db8::/32", "[2001:db9::1]", false),
            ("10.0.0.0/8", "[::ffff:10.0.0.1]", true),
            ("10.0.0.0/33", "10.0.0.1", false),
        ] {
            assert_eq!(NoProxy::parse(list).contains(host), contained, "{list}: {host}");
        }
    }
}
