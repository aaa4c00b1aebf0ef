//! `--listen`: an address of this machine, or the path of a socket.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Where the server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Listen {
    Tcp(SocketAddr),
    #[cfg(unix)]
    Unix(PathBuf),
}

impl Listen {
    /// Parses `ADDRESS:PORT` or `unix:PATH`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if let Some(path) = text.strip_prefix("unix:") {
            return unix(path);
        }
        let tcp = match text.strip_prefix("localhost:") {
            Some(port) => format!("127.0.0.1:{port}"),
            None => text.to_owned(),
        };
        tcp.parse().map(Self::Tcp).map_err(|_| {
            "give an address and a port, such as 127.0.0.1:8788 or [::1]:0 for a free one, or unix: and the path of a socket".to_owned()
        })
    }

    /// Whether other machines can reach it.
    pub(crate) fn is_beyond_loopback(&self) -> bool {
        matches!(self, Self::Tcp(address) if !address.ip().to_canonical().is_loopback())
    }

    /// Whether it is a socket in the file system, which no web page reaches.
    pub(crate) fn is_unix(&self) -> bool {
        !matches!(self, Self::Tcp(_))
    }
}

#[cfg(unix)]
fn unix(path: &str) -> Result<Listen, String> {
    // `unix://` is what many programs take.
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() || path.ends_with('/') {
        return Err("give the path of a socket after unix:, such as unix:/run/user/1000/line.sock".to_owned());
    }
    Ok(Listen::Unix(PathBuf::from(path)))
}

#[cfg(not(unix))]
fn unix(_: &str) -> Result<Listen, String> {
    let _: Option<PathBuf> = None;
    Err("this system has no sockets in the file system: give an address and a port, such as 127.0.0.1:8788".to_owned())
}

#[cfg(test)]
mod tests {
    use super::Listen;

    #[test]
    fn addresses_and_paths_are_told_apart() {
        for (text, beyond) in [
            ("127.0.0.1:8788", false),
            ("localhost:0", false),
            ("[::1]:1", false),
            ("[::ffff:127.0.0.1]:1", false),
            ("0.0.0.0:1", true),
            ("[::]:1", true),
            ("10.0.0.1:8788", true),
        ] {
            assert_eq!(Listen::parse(text).map(|listen| listen.is_beyond_loopback()), Ok(beyond), "{text}");
        }
        for text in ["", "8788", "localhost", "127.0.0.1", "example.com:1", "http://127.0.0.1:1", "unix:", "unix:/a/"] {
            assert!(Listen::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_socket_may_be_written_as_a_url() {
        for text in ["unix:/run/line.sock", "unix:///run/line.sock"] {
            assert_eq!(Listen::parse(text), Ok(Listen::Unix("/run/line.sock".into())), "{text}");
        }
        assert!(Listen::parse("unix:line.sock").is_ok_and(|listen| listen.is_unix() && !listen.is_beyond_loopback()));
    }
}
