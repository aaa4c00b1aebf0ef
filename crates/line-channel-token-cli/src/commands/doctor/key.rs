//! The assertion key, before LINE is asked about it.

use line_channel_token::configuration::ChannelConfig;
use line_channel_token::{SigningAlgorithm, SigningKey};

use super::configuration::Configuration;
use super::report::Report;

/// The check of this file.
const CHECK: &str = "key";

/// Says which key it is. What is wrong with one is a problem of the configuration.
pub(super) fn check(configuration: &Configuration, report: &mut Report) {
    let Some(config) = &configuration.with_key else {
        return report.skipped(CHECK, "no valid key is configured");
    };
    let (Some(key), Ok(signer)) = (key(config), config.read_assertion_signer()) else {
        return report.skipped(CHECK, "the key changed while it was read");
    };
    let size = match key.algorithm() {
        SigningAlgorithm::Rs256 => "RSA with 2048 bits",
        _ => "EC on P-256",
    };
    report.ok(
        CHECK,
        format!(
            "{size}, signs {}, kid {}, thumbprint of the public key {}",
            key.algorithm(),
            signer.kid(),
            key.public_jwk().thumbprint()
        ),
    );
}

fn key(config: &ChannelConfig) -> Option<SigningKey> {
    match (config.assertion_key(), config.assertion_key_file()) {
        (Some(key), _) => Some(key.clone()),
        (None, Some(path)) => SigningKey::parse(zeroize::Zeroizing::new(std::fs::read(path).ok()?)).ok(),
        (None, None) => None,
    }
}
