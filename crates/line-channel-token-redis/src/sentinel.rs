//! Which server is the master, by the account of Sentinels.

use line_channel_token_cache::store::{StoreError, StoreErrorKind};
use redis::Value;
use tokio::task::JoinSet;

use crate::call::send;
use crate::connect::open;
use crate::errors::{invalid_settings, of_server, unavailable};
use crate::settings::{Address, Node};
use crate::tls::Tls;

/// Asks all Sentinels at once, and takes the first response: one that is down costs no time.
pub(crate) async fn find_master(
    master: &str,
    sentinels: &[Node],
    is_tls: bool,
    tls: Option<&Tls>,
) -> Result<Address, StoreError> {
    let mut questions = JoinSet::new();
    for node in sentinels {
        let (node, master, tls) = (node.clone(), master.to_owned(), tls.cloned());
        questions.spawn(async move { ask(&node, &master, is_tls, tls.as_ref()).await });
    }
    let mut failure = unavailable("no Sentinel responds: check that they run, and their hosts and ports");
    while let Some(response) = questions.join_next().await {
        match response {
            Ok(Ok(address)) => return Ok(address),
            // What a person must mend says more than a Sentinel that is down.
            Ok(Err(error)) if error.kind() != StoreErrorKind::Unavailable => failure = error,
            Ok(Err(_)) | Err(_) => {}
        }
    }
    Err(failure)
}

async fn ask(node: &Node, master: &str, is_tls: bool, tls: Option<&Tls>) -> Result<Address, StoreError> {
    let mut connected = open(&node.address, tls, &node.credentials, 0).await?;
    let question = redis::cmd("SENTINEL").arg("GET-MASTER-ADDR-BY-NAME").arg(master).to_owned();
    let response = send(&mut connected.connection, &question).await.map_err(|error| match error.code() {
        Some("ERR") => {
            invalid_settings("what is given as Sentinel is none: check its host and port (26379 by default)")
        }
        _ => of_server(&error),
    })?;
    match response {
        Value::Nil => {
            Err(invalid_settings("Sentinel knows no master of this name: it is that of `sentinel monitor NAME`"))
        }
        Value::Array(parts) => address(&parts, is_tls).ok_or_else(|| unavailable(NO_ADDRESS)),
        _ => Err(unavailable(NO_ADDRESS)),
    }
}

const NO_ADDRESS: &str = "a Sentinel responds with no address: see its log";

fn address(parts: &[Value], is_tls: bool) -> Option<Address> {
    let [Value::BulkString(host), Value::BulkString(port)] = parts else { return None };
    let host = std::str::from_utf8(host).ok()?.to_owned();
    let port = std::str::from_utf8(port).ok()?.parse().ok()?;
    Some(Address::Tcp { host, port, is_tls })
}
