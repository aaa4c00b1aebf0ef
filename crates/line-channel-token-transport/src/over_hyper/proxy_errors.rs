//! Why a proxy refused, in our own words.
//!
//! hyper-util's errors of its proxy clients, which reqwest uses too, have types without a public path. Each is the `Error`
//! of a service that has one.

use std::borrow::Cow;
use std::error::Error as StdError;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use tower_service::Service;

use crate::attempt::Attempt;
use crate::over_hyper::causes::SOCKS_LOOKUP;
use crate::over_hyper::error_chain::{SocksError, chain};

type TunnelError = <Tunnel<HttpConnector> as Service<Uri>>::Error;

/// Why the proxy refused, with its name, if it was reached and refused.
pub(crate) fn refusal(error: &(dyn StdError + 'static), attempt: &Attempt) -> Option<Cow<'static, str>> {
    let refusal = chain(error).find_map(|cause| {
        cause.downcast_ref().and_then(tunnel_refusal).or_else(|| cause.downcast_ref().and_then(socks_refusal))
    })?;
    let proxy = attempt.proxy.as_ref().map_or_else(|| "the proxy".to_owned(), |proxy| format!("proxy {proxy}"));
    Some(format!("{proxy} {refusal}").into())
}

/// Whether the error occurred before the proxy responded: TLS inside a tunnel is that of the server.
pub(crate) fn failed_at_proxy(error: &(dyn StdError + 'static), attempt: &Attempt) -> bool {
    let in_client = chain(error).any(|cause| cause.is::<TunnelError>() || cause.is::<SocksError>());
    let in_tls = chain(error).any(|cause| cause.is::<rustls::Error>());
    let in_lookup = chain(error).any(|cause| cause.to_string() == SOCKS_LOOKUP);
    (in_client || !in_tls || !attempt.encrypted) && !in_lookup
}

fn tunnel_refusal(error: &TunnelError) -> Option<&'static str> {
    Some(match error {
        TunnelError::ProxyAuthRequired => "refused: 407 proxy authentication required (user and password in its URL?)",
        TunnelError::TunnelUnsuccessful => "refused: it opens no tunnel to the host",
        TunnelError::TunnelUnexpectedEof => "refused: it closed the connection",
        TunnelError::ProxyHeadersTooLong => "refused: the headers of its response are too large",
        TunnelError::MissingHost => "cannot be used: the URL has no host",
        TunnelError::ConnectFailed(_) | TunnelError::Io(_) => return None,
    })
}

fn socks_refusal(error: &SocksError) -> Option<&'static str> {
    // `Debug` names the variant, and nothing else of these types is public.
    let refusal = match error {
        SocksError::V5(error) => format!("{error:?}"),
        SocksError::V4(error) => format!("{error:?}"),
        SocksError::Parsing(_) => return Some("does not speak SOCKS of this version"),
        SocksError::DnsFailure => return Some("cannot be used: dns: the host has no address"),
        SocksError::MissingHost | SocksError::MissingPort => {
            return Some("cannot be used: the URL has no host or port");
        }
        SocksError::Serialize(_) => return Some("cannot be used: user, password or host is too long for SOCKS"),
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
        "HostTooLong" => "cannot be used: the host is too long for SOCKS",
        _ => "refused: it could not connect",
    })
}
