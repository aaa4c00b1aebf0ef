//! What is not known of LINE: each is strict by default, and `leniency_settings` changes it.

use std::fmt;

/// Which of an assertion's `exp` and `token_exp` may be strings of decimal digits.
///
/// LINE's table says that both are numbers, while one of its two published sample tokens carries both as strings. So a string
/// is refused, unless the assertion has the form of that sample.
///
/// ```
/// use line_channel_token_emulator::{Emulator, NumericStrings};
///
/// let emulator = Emulator::builder().numeric_strings(NumericStrings::Refused).build()?;
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum NumericStrings {
    /// Neither, whatever the sample does.
    Refused,
    /// Both at once, as in LINE's sample, with a warning in the record. If only one of them is a
    /// string, it is refused. This is the default.
    #[default]
    SampleForm,
    /// Each by itself, with a warning in the record.
    Accepted,
}

/// Which of two sources a response follows, if they disagree about it.
///
/// ```
/// use line_channel_token_emulator::{Emulator, Evidence};
///
/// let emulator = Emulator::builder().unknown_channel_id(Evidence::Observed).build()?;
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Evidence {
    /// LINE's reference, or this emulator's own choice if the reference says nothing. This is the default.
    #[default]
    Documented,
    /// What somebody saw LINE respond.
    Observed,
}

impl NumericStrings {
    /// The name in snake case; `Display` shows the same.
    ///
    /// ```
    /// use line_channel_token_emulator::NumericStrings;
    ///
    /// assert_eq!(NumericStrings::SampleForm.as_str(), "sample_form");
    /// assert_eq!(NumericStrings::Refused.to_string(), "refused");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::SampleForm => "sample_form",
            Self::Accepted => "accepted",
        }
    }
}

impl fmt::Display for NumericStrings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Evidence {
    /// The name in snake case; `Display` shows the same.
    ///
    /// ```
    /// use line_channel_token_emulator::Evidence;
    ///
    /// assert_eq!(Evidence::Documented.as_str(), "documented");
    /// assert_eq!(Evidence::Observed.to_string(), "observed");
    /// ```
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Documented => "documented",
            Self::Observed => "observed",
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Leniency {
    pub(crate) empty_credentials: bool,
    pub(crate) numeric_strings: NumericStrings,
    pub(crate) fractional_times: bool,
    pub(crate) audience_array: bool,
    pub(crate) mismatched_client_id: bool,
    pub(crate) json_labelled_revocations: bool,
    pub(crate) unknown_channel_id: Evidence,
    pub(crate) unparsable_jwt: Evidence,
}
