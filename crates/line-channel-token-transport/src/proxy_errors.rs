//! What a proxy refused, in our own words.
//!
//! hyper-util's errors of its proxy clients, which reqwest uses too, have types without a public path. Each is the `Error`
//! of a service that has one.

use std::borrow::Cow;
use std::error::Error as StdError;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use tower_service::Service;

use crate::causes::chain;
use crate::io_errors::SOCKS_LOOKUP;
use crate::transport_errors::Attempt;

type TunnelError = <Tunnel<HttpConnector> as Service<Uri>>::Error;
/// The same for SOCKS 4.
type SocksError = <SocksV5<HttpConnector> as Service<Uri>>::Error;

/// The refusal of a proxy, with its name, if the proxy was reached and refused.
pub(crate) fn of_refusal(error: &(dyn StdError + 'static), attempt: &Attempt) -> Option<Cow<'static, str>> {
    let words = chain(error).find_map(|cause| {
        cause.downcast_ref().and_then(of_tunnel).or_else(|| cause.downcast_ref().and_then(of_socks))
    })?;
    let proxy = attempt.proxy.as_ref().map_or_else(|| "the proxy".to_owned(), |proxy| format!("proxy {proxy}"));
    Some(format!("{proxy} {words}").into())
}

/// Whether the error came up on the way to the proxy: TLS inside a tunnel is the server's.
pub(crate) fn is_of_proxy(error: &(dyn StdError + 'static), attempt: &Attempt) -> bool {
    let of_client = chain(error).any(|cause| cause.is::<TunnelError>() || cause.is::<SocksError>());
    let of_tls = chain(error).any(|cause| cause.is::<rustls::Error>());
    let of_lookup = chain(error).any(|cause| cause.to_string() == SOCKS_LOOKUP);
    (of_client || !of_tls || !attempt.encrypted) && !of_lookup
}

/// The error below one of SOCKS, which names none as its source.
pub(crate) fn below_socks(error: &SocksError) -> Option<&(dyn StdError + 'static)> {
    match error {
        SocksError::Inner(error) => Some(error),
        SocksError::Io(error) => Some(error),
        _ => None,
    }
}

fn of_tunnel(error: &TunnelError) -> Option<&'static str> {
    Some(match error {
        TunnelError::ProxyAuthRequired => "refused: 407 proxy authentication required (user and password in its URL?)",
        TunnelError::TunnelUnsuccessful => "refused: it opens no tunnel to the host",
        TunnelError::TunnelUnexpectedEof => "refused: it closed the connection",
        TunnelError::ProxyHeadersTooLong => "refused: the headers of its response are too large",
        TunnelError::MissingHost => "is of no use: the URL has no host",
        TunnelError::ConnectFailed(_) | TunnelError::Io(_) => return None,
    })
}

fn of_socks(error: &SocksError) -> Option<&'static str> {
    // The names of the variants, which are the only thing of these types that is public.
    let refusal = match error {
        SocksError::V5(error) => format!("{error:?}"),
        SocksError::V4(error) => format!("{error:?}"),
        SocksError::Parsing(_) => return Some("does not speak SOCKS of this version"),
        SocksError::DnsFailure => return Some("is of no use: dns: the host has no address"),
        SocksError::MissingHost | SocksError::MissingPort => return Some("is of no use: the URL has no host or port"),
        SocksError::Serialize(_) => return Some("is of no use: user, password or host is too long for SOCKS"),
        SocksError::Inner(_) | SocksError::Io(_) => return None,
    };
    Some(match refusal.as_str() {
        "Auth(Failed)" => "refused: wrong user or password",
        "Auth(Unsupported)" | "Auth(MethodMismatch)" => {
            "refused: authentication required (user and password in its URL?)"
        }
        "Command(ConnectionNotAllowed)" => "refused: its rules do not allow the connection",
        "Command(NetworkUnreachable)" => "refused: network unreachable from there",
        "Command(HostUnreachable)" => "refused: host unreachable from there, or no such host",
        "Command(ConnectionRefused)" => "refused: the host refused its connection",
        "Command(TtlExpired)" => "refused: it could not connect in time",
        "Command(AddressTypeNotSupported)" | "IpV6" => "refused: it does not support the host's kind of address",
        "Command(IdentFailure)" | "Command(IdentMismatch)" => "refused: it asks for an identd",
        "HostTooLong" => "is of no use: the host is too long for SOCKS",
        _ => "refused: it could not connect",
    })
}
