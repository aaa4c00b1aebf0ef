//! Finds the token that a selector names.

use cryptoki::context::Pkcs11;
use cryptoki::error::Error as CallError;
use cryptoki::slot::Slot;
use line_channel_token_core::Error;

use crate::selector::TokenSelector;
use crate::token_error::Failure;
use crate::token_info::TokenInfo;

/// All tokens that are present and initialised.
pub(crate) fn all(pkcs11: &Pkcs11) -> Result<Vec<(Slot, TokenInfo)>, CallError> {
    let mut found = Vec::new();
    for slot in pkcs11.get_slots_with_token()? {
        // One that is pulled out meanwhile, or is broken, hides no other.
        let Ok(info) = pkcs11.get_token_info(slot) else { continue };
        if info.token_initialized() {
            let info = TokenInfo {
                label: info.label().to_owned(),
                serial: info.serial_number().to_owned(),
                slot: slot.id(),
                manufacturer: info.manufacturer_id().to_owned(),
                model: info.model().to_owned(),
            };
            found.push((slot, info));
        }
    }
    Ok(found)
}

/// The one token that matches. That there is none is a mistake of the caller's, unless it `was_there` before.
pub(crate) fn find(pkcs11: &Pkcs11, selector: &TokenSelector, was_there: bool) -> Result<(Slot, TokenInfo), Failure> {
    let mut tokens = all(pkcs11)?;
    let mut matching: Vec<usize> =
        (0..).zip(&tokens).filter(|(_, (_, info))| matches(selector, info)).map(|(at, _)| at).collect();
    match (matching.pop(), matching.is_empty()) {
        (Some(at), true) => Ok(tokens.swap_remove(at)),
        (None, _) => Err(Failure::Final(none(selector, &tokens, was_there))),
        (Some(last), false) => {
            matching.push(last);
            let serials: Vec<String> = matching
                .iter()
                .filter_map(|at| tokens.get(*at))
                .map(|(_, info)| format!("serial {:?} in slot {}", info.serial, info.slot))
                .collect();
            Err(Failure::Final(Error::invalid_input(format!(
                "{} tokens have the {selector}: give the serial number of one, too ({})",
                serials.len(),
                serials.join(", ")
            ))))
        }
    }
}

fn matches(selector: &TokenSelector, info: &TokenInfo) -> bool {
    let TokenSelector { label, serial, slot } = selector;
    // Both are filled up with spaces, which a tool may have shown.
    label.as_ref().is_none_or(|label| label.trim_end() == info.label.trim_end())
        && serial.as_ref().is_none_or(|serial| serial.trim() == info.serial.trim())
        && slot.is_none_or(|slot| slot == info.slot)
}

fn none(selector: &TokenSelector, tokens: &[(Slot, TokenInfo)], was_there: bool) -> Error {
    let shown: Vec<String> = tokens
        .iter()
        .take(10)
        .map(|(_, info)| format!("label {:?}, serial {:?}, slot {}", info.label, info.serial, info.slot))
        .collect();
    let shows = match shown.is_empty() {
        true => "no initialised token at all".to_owned(),
        false => shown.join("; "),
    };
    if was_there {
        // One that was pulled out may be inserted again, and an HSM that restarts shows no token for a while.
        return Error::transient(format!(
            "the token with the {selector} is gone: insert it, or check that the HSM is reachable (the module shows {shows})"
        ));
    }
    Error::invalid_input(format!(
        "there is no token with the {selector}: the module shows {shows}; name one of these, or initialise or insert the token, or \
         check the configuration of the module"
    ))
}
