//! Whether LINE accepts the secret and the key, and how many slots are used.

use line_channel_token::configuration::TokenFamily;
use line_channel_token::{Error, ErrorKind};

use super::configuration::Configuration;
use super::probe;
use super::report::Report;
use crate::commands::key_ids::SLOTS;
use crate::failure::Exit;
use crate::line_service::LineService;

const SECRET: &str = "secret";
const ASSERTION: &str = "assertion";
const USED_SLOTS: &str = "slots";
/// As many used slots leave no room for a fleet to replace its tokens.
const MANY: usize = 24;

/// A stateless token proves the id and the secret, and uses no slot.
pub(super) async fn check_secret(service: &LineService, configuration: &Configuration, report: &mut Report) {
    let Some(config) = &configuration.with_secret else {
        return report.skipped(SECRET, "it takes a valid channel id and a valid channel secret");
    };
    let secret = match config.read_channel_secret() {
        Ok(secret) => secret,
        Err(error) => return report.problem(SECRET, Exit::Usage, error.to_string(), None),
    };
    match service.client().issue_stateless(config.channel_id(), &secret).await {
        Ok(_) => report.ok(SECRET, "LINE accepts the channel id and the channel secret"),
        Err(error) => refused(SECRET, &error, report),
    }
}

/// Listing the key ids proves the id, the key and its kid, and uses no slot.
pub(super) async fn check_assertion(service: &LineService, configuration: &Configuration, report: &mut Report) {
    let Some(config) = &configuration.with_key else {
        let why = "it takes a valid channel id, a valid key and its kid";
        report.skipped(ASSERTION, why);
        return report.skipped(USED_SLOTS, why);
    };
    let assertion = match config.read_assertion_signer() {
        Ok(signer) => signer.sign().map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let assertion = match assertion {
        Ok(assertion) => assertion,
        Err(message) => {
            report.problem(ASSERTION, Exit::Usage, message, None);
            return report.skipped(USED_SLOTS, "no assertion could be signed: see above");
        }
    };
    match service.client().key_ids(&assertion).await {
        Ok(listed) => {
            report.ok(ASSERTION, "LINE accepts the key under this kid for this channel");
            slots(listed.len(), configuration, report);
        }
        Err(error) => {
            refused(ASSERTION, &error, report);
            report.skipped(USED_SLOTS, "LINE did not list them: see above");
        }
    }
}

fn slots(used: usize, configuration: &Configuration, report: &mut Report) {
    let message = format!("{used} of {SLOTS} slots for v2.1 tokens are used");
    let advice = "`line-channel-token key-ids` lists them; revoke what nobody uses (`line-channel-token revoke`), or use stateless tokens, \
                  which need no slot";
    if used >= SLOTS && configuration.family == Some(TokenFamily::Jwt) {
        let message = format!("{message}: LINE refuses the next v2.1 token");
        report.problem(USED_SLOTS, Exit::Refused, message, advice.to_owned());
    } else if used >= MANY {
        report.warning(USED_SLOTS, message, advice);
    } else {
        report.ok(USED_SLOTS, message);
    }
}

fn refused(check: &'static str, error: &Error, report: &mut Report) {
    let is_elsewhere = error.status().is_some_and(|status| status.as_u16() == 404) && report.has_problem("service");
    let advice = match (check, error.kind()) {
        // The same status as that of a kid that nobody registered.
        _ if is_elsewhere => Some("find out first what it is that responds: see `service` above"),
        (SECRET, ErrorKind::InvalidClient) => Some(
            "compare LINE_CHANNEL_ID and LINE_CHANNEL_SECRET with \"Channel ID\" and \"Channel secret\" on the channel's \"Basic settings\" \
             tab in the LINE Developers Console",
        ),
        (ASSERTION, ErrorKind::InvalidAssertion) if report.has_problem("clock") => {
            Some("set the clock first: see above")
        }
        (ASSERTION, ErrorKind::InvalidAssertion | ErrorKind::InvalidClient) => Some(
            "is this the private key of the public key that has this kid? `line-channel-token jwk FILE` prints the public key of the \
             private one; \"Assertion Signing Key\" on the channel's \"Basic settings\" tab in the LINE Developers Console shows what is \
             registered, and registers it",
        ),
        _ => return report.failed(check, error, probe::hint(error)),
    };
    report.failed(check, error, advice.map(str::to_owned));
}
