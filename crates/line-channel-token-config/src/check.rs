//! Whether the settings of a channel go together, and whether their files hold what they should.

use line_channel_token_cache::IssueBudget;

use crate::credentials::{CredentialLoader, missing_kid};
use crate::error::ConfigProblem;
use crate::setting::Setting;
use crate::settings::{Given, Settings};
use crate::span;
use line_channel_token_cache::TokenFamily;

/// Everything that is wrong with the settings, beyond values that did not parse; with the files too if `reads_files`.
pub(crate) fn problems(settings: &Settings, loader: &CredentialLoader, reads_files: bool) -> Vec<ConfigProblem> {
    let mut problems = missing(settings);
    if reads_files || !loader.has_secret_file() {
        problems.extend(loader.secret().err().into_iter().flatten());
    }
    if reads_files || !loader.has_signer_files() {
        problems.extend(loader.signer().err().into_iter().flatten());
    }
    problems.extend(useless(settings));
    problems.extend(budget(settings));
    problems
}

/// What the family needs, and what goes with what.
fn missing(settings: &Settings) -> Vec<ConfigProblem> {
    let labels = &settings.labels;
    let absent = labels.absent();
    let possible = |setting| labels.possible(setting);
    let secret_file = possible(Setting::ChannelSecretFile);
    let key_file = possible(Setting::AssertionKeyFile);
    let needs_secret = |message: String| {
        ConfigProblem::new(Setting::ChannelSecret, possible(Setting::ChannelSecret), message).of_missing()
    };
    let needs_key = |message: String| {
        ConfigProblem::new(Setting::AssertionKey, possible(Setting::AssertionKey), message).of_missing()
    };
    let family = (!settings.invalid.contains(Setting::TokenFamily)).then(|| settings.family());
    let has_none = !settings.has_secret() && !settings.has_key() && !settings.has_kid();
    let mut problems = Vec::new();
    match family {
        // Whatever the family is.
        Some(TokenFamily::Stateless) | None if has_none => problems.push(needs_secret(format!(
            "{} {}: give the channel secret or the private key of an assertion, there or in a file ({secret_file}, {key_file})",
            labels.both_absent(),
            possible(Setting::AssertionKey),
        ))),
        Some(TokenFamily::ShortLived) if !settings.has_secret() => problems.push(needs_secret(format!(
            "{absent}, and short-lived tokens are issued for it: give it there or in a file ({secret_file})"
        ))),
        _ => {}
    }
    if family == Some(TokenFamily::Jwt) && !settings.has_key() {
        problems.push(needs_key(format!(
            "{absent}, and v2.1 tokens (jwt) are issued for it: give the private key there or in a file ({key_file})"
        )));
    } else if settings.has_kid() && !settings.has_key() {
        let kid = settings.kid.as_ref().map_or(Setting::AssertionKid, |kid| kid.setting(Setting::AssertionKid));
        problems.push(needs_key(format!(
            "{absent}, and goes with {}: give the private key there or in a file ({key_file}), or remove the kid",
            labels.given(kid)
        )));
    }
    // A key whose value is invalid: the loader does not have it. Whether it was a JWK with a kid is known where it was parsed.
    if settings.invalid.contains(Setting::AssertionKey) && settings.lacks_kid {
        problems.push(missing_kid(possible(Setting::AssertionKid), absent, &labels.given(Setting::AssertionKey)));
    }
    problems
}

/// Settings that the family does not have: whoever sets them expects something that will not happen.
fn useless(settings: &Settings) -> Vec<ConfigProblem> {
    if settings.invalid.contains(Setting::TokenFamily) {
        return Vec::new();
    }
    let labels = &settings.labels;
    let family = labels.possible(Setting::TokenFamily);
    let invalid = |setting| settings.invalid.contains(setting);
    let mut problems = Vec::new();
    let mut add = |setting, message: String| problems.push(ConfigProblem::new(setting, labels.given(setting), message));
    if settings.family() == TokenFamily::ShortLived && settings.has_key() {
        let is_file = matches!(settings.key, Some(Given::File(_))) || invalid(Setting::AssertionKeyFile);
        let key = if is_file { Setting::AssertionKeyFile } else { Setting::AssertionKey };
        add(
            key,
            format!(
                "short-lived tokens are issued for the channel secret alone: remove it, or set {family} to stateless or jwt"
            ),
        );
    }
    let has_lifetime = settings.lifetime.is_some() || invalid(Setting::TokenLifetime);
    if has_lifetime && settings.family() != TokenFamily::Jwt {
        let of = if settings.family() == TokenFamily::Stateless {
            "stateless tokens live 15 minutes"
        } else {
            "short-lived tokens live 30 days"
        };
        add(Setting::TokenLifetime, format!("{of}, which cannot be chosen: remove it, or set {family} to jwt"));
    }
    let revokes = settings.revoke_previous_after.is_some() || invalid(Setting::RevokePreviousAfter);
    if revokes && settings.family() == TokenFamily::Stateless {
        add(
            Setting::RevokePreviousAfter,
            format!("stateless tokens cannot be revoked: remove it, or set {family} to jwt or short-lived"),
        );
    }
    if revokes && settings.family() == TokenFamily::Jwt && !settings.has_secret() {
        let secret = labels.possible(Setting::ChannelSecret);
        let file = labels.possible(Setting::ChannelSecretFile);
        add(
            Setting::RevokePreviousAfter,
            format!("LINE asks for the channel secret to revoke a v2.1 token: give {secret} or {file}"),
        );
    }
    let lifetime = settings.lifetime().as_duration();
    if settings.family() != TokenFamily::Stateless
        && settings.revoke_previous_after.is_some_and(|grace| grace >= lifetime)
    {
        add(
            Setting::RevokePreviousAfter,
            format!(
                "the token has expired by then, and nothing is revoked: give less than {}",
                span::to_text(lifetime)
            ),
        );
    }
    if (settings.issue_budget.is_some() || invalid(Setting::IssueBudget)) && settings.family() == TokenFamily::Stateless
    {
        add(
            Setting::IssueBudget,
            format!(
                "stateless tokens use none of the channel's 30 slots: remove it, or set {family} to jwt or short-lived"
            ),
        );
    }
    problems
}

fn budget(settings: &Settings) -> Option<ConfigProblem> {
    let error = IssueBudget::new(settings.issue_budget?, settings.lifetime().as_duration()).err()?;
    let label = settings.labels.given(Setting::IssueBudget);
    Some(ConfigProblem::new(Setting::IssueBudget, label, error.to_string()))
}
