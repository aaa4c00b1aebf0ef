//! What is said of a store on standard error: once for each state that changes.

use line_channel_token::cache::StoreEvent;
use line_channel_token::configuration::TokenFamily;
use line_channel_token::store::StoreErrorKind;

use crate::failure::Failure;
use crate::store::{store_error, store_failure};
use crate::{output, style};

/// Says what happened between a source and its store, about this channel if there is more than one.
pub(crate) fn tell(event: &StoreEvent, family: TokenFamily, channel: Option<&str>) {
    let of = channel.map(|id| format!("channel {id}: ")).unwrap_or_default();
    match event {
        StoreEvent::Unavailable { error } => {
            warn(&format!("{of}the token store cannot be used: {}", store_error(error)))
        }
        StoreEvent::Available => output::note(&format!("note: {of}the token store can be used again")),
        StoreEvent::IssuedWithoutStore => warn(&format!("{of}{}", issued_without_store(family))),
        StoreEvent::SetAside { error, place } => {
            let place = place.as_ref().map(|place| format!("; it is now at {place}")).unwrap_or_default();
            warn(&format!("{of}what the token store held was moved out of the way: {}{place}", store_error(error)));
        }
        StoreEvent::LeaseTakenOver { unknown } => {
            let lost: Vec<String> = unknown.iter().map(ToString::to_string).collect();
            let lost = if lost.is_empty() { String::new() } else { format!(" (key ids: {})", lost.join(", ")) };
            warn(&format!(
                "{of}a process that was issuing a token has ended or hangs, and this one goes on for it: LINE may have issued a token that \
                 nobody has{lost}, which expires by itself"
            ));
        }
        _ => {}
    }
}

/// What keeps the store from being used until somebody does something about it: a token at each run would be no help, but a slot less.
pub(crate) fn misconfigured(event: &StoreEvent, family: TokenFamily) -> Option<Failure> {
    let StoreEvent::Unavailable { error } = event else { return None };
    let is_permanent = match error.kind() {
        StoreErrorKind::Denied | StoreErrorKind::Incompatible => true,
        // A job that runs each minute would use all slots in half an hour. Stateless tokens use none.
        StoreErrorKind::Full => family != TokenFamily::Stateless,
        _ => false,
    };
    is_permanent.then(|| {
        store_failure(error)
            .with_hint("`--store-outage degrade` issues a token without the store, and `--store none` uses none")
    })
}

/// What a token that is issued each time costs, if it costs anything.
pub(crate) fn has_no_store(family: TokenFamily) -> Option<&'static str> {
    match family {
        TokenFamily::Jwt => Some(
            "--store none issues a v2.1 token at each start, which uses one of the channel's 30 slots until it expires: LINE refuses \
             the 31st. Stateless tokens need no slot",
        ),
        TokenFamily::ShortLived => Some(
            "--store none issues a short-lived token at each start, and LINE revokes the oldest of 30 for the next one, which somebody may \
             be using. Stateless tokens have no such limit",
        ),
        _ => None,
    }
}

fn issued_without_store(family: TokenFamily) -> &'static str {
    match family {
        TokenFamily::Jwt => {
            "a token was issued without the store, so each process issues one for itself while this lasts, and each uses one of the \
             channel's 30 slots"
        }
        TokenFamily::ShortLived => {
            "a token was issued without the store, so each process issues one for itself while this lasts, and LINE revokes the oldest of 30"
        }
        _ => "a token was issued without the store, so each process issues one for itself while this lasts",
    }
}

/// A warning on standard error.
pub(crate) fn warn(text: &str) {
    let warning = style::WARNING;
    output::note(&format!("{warning}warning:{warning:#} {}", output::printable(text)));
}
