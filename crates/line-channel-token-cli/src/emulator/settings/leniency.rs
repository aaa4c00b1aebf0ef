//! What is not known of LINE: strict by default, see the emulator library's README.

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};
use line_channel_token::emulator::{EmulatorBuilder, Evidence, NumericStrings};
use serde::Deserialize;

/// `numeric_strings`, as a flag and a member.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(crate) enum NumericStringsSetting {
    Refused,
    SampleForm,
    Accepted,
}

/// Which of two sources is followed, as a flag and a member.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, ValueEnum)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(crate) enum EvidenceSetting {
    Documented,
    Observed,
}

/// As flags and variables.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct LeniencyArgs {
    /// `exp` and `token_exp` as strings of digits [default: sample_form]
    #[arg(
        long,
        value_enum,
        value_name = "HOW",
        env = "LINE_EMULATOR_NUMERIC_STRINGS",
        hide_env_values = true,
        help_heading = "What is not known of LINE"
    )]
    numeric_strings: Option<NumericStringsSetting>,
    /// Accepts a v3 issue with empty parameters of the other way to authenticate
    #[arg(
        long, env = "LINE_EMULATOR_ACCEPT_EMPTY_CREDENTIALS", hide_env_values = true, value_name = "BOOL",
        num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new(),
        help_heading = "What is not known of LINE"
    )]
    accept_empty_credentials: Option<bool>,
    /// Accepts `exp` and `token_exp` with a fraction or an exponent
    #[arg(
        long, env = "LINE_EMULATOR_ACCEPT_FRACTIONAL_TIMES", hide_env_values = true, value_name = "BOOL",
        num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new(),
        help_heading = "What is not known of LINE"
    )]
    accept_fractional_times: Option<bool>,
    /// Accepts `aud` as an array of one string
    #[arg(
        long, env = "LINE_EMULATOR_ACCEPT_AUDIENCE_ARRAY", hide_env_values = true, value_name = "BOOL",
        num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new(),
        help_heading = "What is not known of LINE"
    )]
    accept_audience_array: Option<bool>,
    /// Accepts a `client_id` beside an assertion that is not its subject
    #[arg(
        long, env = "LINE_EMULATOR_ACCEPT_MISMATCHED_CLIENT_ID", hide_env_values = true, value_name = "BOOL",
        num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new(),
        help_heading = "What is not known of LINE"
    )]
    accept_mismatched_client_id: Option<bool>,
    /// Accepts forms labelled application/json on the two revocations
    #[arg(
        long, env = "LINE_EMULATOR_ACCEPT_JSON_LABELLED_REVOCATIONS", hide_env_values = true, value_name = "BOOL",
        num_args = 0..=1, require_equals = true, default_missing_value = "true", value_parser = BoolishValueParser::new(),
        help_heading = "What is not known of LINE"
    )]
    accept_json_labelled_revocations: Option<bool>,
    /// How an unknown channel id is refused [default: documented]
    #[arg(
        long,
        value_enum,
        value_name = "HOW",
        env = "LINE_EMULATOR_UNKNOWN_CHANNEL_ID",
        hide_env_values = true,
        help_heading = "What is not known of LINE"
    )]
    unknown_channel_id: Option<EvidenceSetting>,
    /// How the verification of what is no token is refused [default: documented]
    #[arg(
        long,
        value_enum,
        value_name = "HOW",
        env = "LINE_EMULATOR_UNPARSABLE_JWT",
        hide_env_values = true,
        help_heading = "What is not known of LINE"
    )]
    unparsable_jwt: Option<EvidenceSetting>,
}

/// As the table `leniency` of a file, and merged.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Leniency {
    numeric_strings: Option<NumericStringsSetting>,
    accept_empty_credentials: Option<bool>,
    accept_fractional_times: Option<bool>,
    accept_audience_array: Option<bool>,
    accept_mismatched_client_id: Option<bool>,
    accept_json_labelled_revocations: Option<bool>,
    unknown_channel_id: Option<EvidenceSetting>,
    unparsable_jwt: Option<EvidenceSetting>,
}

impl Leniency {
    /// The flags, and for the rest the file.
    pub(super) fn merge(flags: LeniencyArgs, file: Self) -> Self {
        Self {
            numeric_strings: flags.numeric_strings.or(file.numeric_strings),
            accept_empty_credentials: flags.accept_empty_credentials.or(file.accept_empty_credentials),
            accept_fractional_times: flags.accept_fractional_times.or(file.accept_fractional_times),
            accept_audience_array: flags.accept_audience_array.or(file.accept_audience_array),
            accept_mismatched_client_id: flags.accept_mismatched_client_id.or(file.accept_mismatched_client_id),
            accept_json_labelled_revocations: flags
                .accept_json_labelled_revocations
                .or(file.accept_json_labelled_revocations),
            unknown_channel_id: flags.unknown_channel_id.or(file.unknown_channel_id),
            unparsable_jwt: flags.unparsable_jwt.or(file.unparsable_jwt),
        }
    }

    pub(crate) fn apply(self, builder: EmulatorBuilder) -> EmulatorBuilder {
        let strings = match self.numeric_strings {
            Some(NumericStringsSetting::Refused) => NumericStrings::Refused,
            Some(NumericStringsSetting::Accepted) => NumericStrings::Accepted,
            Some(NumericStringsSetting::SampleForm) | None => NumericStrings::SampleForm,
        };
        let evidence = |setting| match setting {
            Some(EvidenceSetting::Observed) => Evidence::Observed,
            Some(EvidenceSetting::Documented) | None => Evidence::Documented,
        };
        builder
            .numeric_strings(strings)
            .accept_empty_credentials(self.accept_empty_credentials.unwrap_or(false))
            .accept_fractional_times(self.accept_fractional_times.unwrap_or(false))
            .accept_audience_array(self.accept_audience_array.unwrap_or(false))
            .accept_mismatched_client_id(self.accept_mismatched_client_id.unwrap_or(false))
            .accept_json_labelled_revocations(self.accept_json_labelled_revocations.unwrap_or(false))
            .unknown_channel_id(evidence(self.unknown_channel_id))
            .unparsable_jwt(evidence(self.unparsable_jwt))
    }
}
