//! The settings of the builder for what is not known of LINE.

use crate::builder::EmulatorBuilder;
use crate::leniency::{Evidence, NumericStrings};

/// What is not known of LINE. Each setting is strict by default, and what a lenient one accepts is in
/// [`RequestRecord::warnings`](crate::RequestRecord::warnings).
impl EmulatorBuilder {
    /// Whether a v3 issue by the channel secret may carry an empty `client_assertion` and `client_assertion_type`, and one by an assertion
    /// an empty `client_id` and `client_secret`, as early versions 8 of LINE's SDK for Go send them. Off by default: such a request gets 400.
    ///
    /// ```
    /// let emulator = line_channel_token_emulator::Emulator::builder().accept_empty_credentials(true).build()?;
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn accept_empty_credentials(mut self, accept: bool) -> Self {
        self.leniency().empty_credentials = accept;
        self
    }

    /// Whether an assertion's `exp` and `token_exp` may be strings; only in the form of LINE's own sample by default.
    ///
    /// ```
    /// use line_channel_token_emulator::{Emulator, NumericStrings};
    ///
    /// let emulator = Emulator::builder().numeric_strings(NumericStrings::Accepted).build()?;
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn numeric_strings(mut self, strings: NumericStrings) -> Self {
        self.leniency().numeric_strings = strings;
        self
    }

    /// Whether `exp` and `token_exp` may be written with a fraction or an exponent, such as `1790000300.25` or `86400.0`. Off
    /// by default. `token_exp` must be whole seconds in any case.
    ///
    /// ```
    /// let emulator = line_channel_token_emulator::Emulator::builder().accept_fractional_times(true).build()?;
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn accept_fractional_times(mut self, accept: bool) -> Self {
        self.leniency().fractional_times = accept;
        self
    }

    /// Whether `aud` may be an array of one accepted string. Off by default: LINE's table says that it is a string, and some
    /// JWT libraries write an array.
    ///
    /// ```
    /// let emulator = line_channel_token_emulator::Emulator::builder().accept_audience_array(true).build()?;
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn accept_audience_array(mut self, accept: bool) -> Self {
        self.leniency().audience_array = accept;
        self
    }

    /// Whether a `client_id` beside an assertion may be another than the assertion's subject. Off by default: RFC 7521,
    /// section 4.2, requires that both are the same client.
    ///
    /// ```
    /// let emulator = line_channel_token_emulator::Emulator::builder().accept_mismatched_client_id(true).build()?;
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn accept_mismatched_client_id(mut self, accept: bool) -> Self {
        self.leniency().mismatched_client_id = accept;
        self
    }

    /// Whether `POST /v2/oauth/revoke` and `POST /oauth2/v2.1/revoke` take a form whose `Content-Type` says
    /// `application/json`, which some older clients send. Off by default: such a request gets 415.
    ///
    /// ```
    /// let emulator = line_channel_token_emulator::Emulator::builder().accept_json_labelled_revocations(true).build()?;
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn accept_json_labelled_revocations(mut self, accept: bool) -> Self {
        self.leniency().json_labelled_revocations = accept;
        self
    }

    /// How a v2 issue, a v3 issue and a v2.1 revoke respond if the channel id is unknown or is no decimal number. LINE's
    /// reference has the row `invalid client_id` for the v2 issue, which is the default here (`Invalid
    /// 'client_credentials'.` for the v3 issue); in September 2026 somebody saw `some parameters in the wrong format`.
    ///
    /// ```
    /// use line_channel_token_emulator::{Emulator, Evidence};
    ///
    /// let emulator = Emulator::builder().unknown_channel_id(Evidence::Observed).build()?;
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn unknown_channel_id(mut self, evidence: Evidence) -> Self {
        self.leniency().unknown_channel_id = evidence;
        self
    }

    /// How a v2.1 verify responds if the value cannot be parsed as a token. LINE's reference has `The access token not JWS`,
    /// which is the default here (`The access token malformed` for three parts that are no JWS); in 2020 somebody saw
    /// `{"message":"failed to parse"}`.
    ///
    /// ```
    /// use line_channel_token_emulator::{Emulator, Evidence};
    ///
    /// let emulator = Emulator::builder().unparsable_jwt(Evidence::Observed).build()?;
    /// # Ok::<(), line_channel_token_core::Error>(())
    /// ```
    pub fn unparsable_jwt(mut self, evidence: Evidence) -> Self {
        self.leniency().unparsable_jwt = evidence;
        self
    }
}
