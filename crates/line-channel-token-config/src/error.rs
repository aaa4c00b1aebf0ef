//! Everything that is wrong with a configuration, at once.

use std::fmt;
use std::path::{Path, PathBuf};

use line_channel_token_core::Error;

use crate::path_text::is_shown;
use crate::setting::Setting;

/// Everything that is wrong with a configuration, at once: [`problems`](Self::problems) iterates over it.
///
/// `Debug` shows the same lines as `Display`, so that `?` in `main` prints something to act on. No form shows any of a secret,
/// of a key, or of a file's content.
///
/// ```
/// use line_channel_token_config::ChannelConfig;
///
/// let error = ChannelConfig::from_vars([("LINE_CHANEL_ID", "1234567890"), ("LINE_TOKEN_FAMILY", "v5")]).unwrap_err();
/// let subjects: Vec<&str> = error.problems().map(|problem| problem.subject()).collect();
/// assert_eq!(subjects, ["LINE_CHANNEL_ID", "LINE_CHANNEL_SECRET", "LINE_TOKEN_FAMILY"]);
/// assert!(error.to_string().contains("LINE_CHANEL_ID is set: is that a typing error?"));
/// assert_eq!(format!("{error:?}"), error.to_string());
/// ```
#[derive(Clone)]
pub struct ConfigError(Vec<ConfigProblem>);

impl ConfigError {
    /// `Err` if there is any problem.
    pub(crate) fn unless_none(problems: Vec<ConfigProblem>) -> Result<(), Self> {
        if problems.is_empty() { Ok(()) } else { Err(Self(problems)) }
    }

    /// The problems of one channel, in the order of the settings.
    pub(crate) fn in_order(mut problems: Vec<ConfigProblem>) -> Self {
        problems.sort_by_key(|problem| problem.setting.map_or(u8::MAX, |setting| setting as u8));
        Self(problems)
    }

    pub(crate) fn into_problems(self) -> Vec<ConfigProblem> {
        self.0
    }

    pub(crate) fn problems_mut(&mut self) -> &mut [ConfigProblem] {
        &mut self.0
    }

    /// What is wrong, in the order of the settings; at least one.
    pub fn problems(&self) -> impl ExactSizeIterator<Item = &ConfigProblem> {
        self.0.iter()
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            [problem] => write!(f, "the configuration of the LINE channel is not valid: {problem}"),
            problems => {
                write!(f, "the configuration of the LINE channel has {} problems:", problems.len())?;
                problems.iter().try_for_each(|problem| write!(f, "\n- {problem}"))
            }
        }
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for ConfigError {}

/// Kind [`InvalidInput`](line_channel_token_core::ErrorKind::InvalidInput), with the same text: for `?` in a function that returns
/// core's error.
impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::invalid_input(error.to_string())
    }
}

/// One thing that is wrong with a configuration: a variable, a member of a file, or a file that one of them names.
///
/// ```
/// use line_channel_token_config::ChannelConfig;
///
/// let vars = [("LINE_CHANNEL_ID", "1234567890"), ("LINE_CHANNEL_SECRET_FILE", "/no/such/file")];
/// let error = ChannelConfig::from_vars(vars).unwrap_err();
/// let problem = error.problems().next().unwrap();
/// assert_eq!(problem.subject(), "LINE_CHANNEL_SECRET_FILE");
/// assert_eq!(problem.file().unwrap().to_str(), Some("/no/such/file"));
/// assert_eq!(problem.to_string(), "LINE_CHANNEL_SECRET_FILE (/no/such/file): there is no such file");
/// ```
#[derive(Clone)]
pub struct ConfigProblem {
    subject: String,
    file: Option<PathBuf>,
    message: String,
    /// `None` for a member that is no setting.
    setting: Option<Setting>,
    is_missing: bool,
}

impl ConfigProblem {
    /// A problem with a setting, which the user calls `subject`.
    pub(crate) fn new(setting: Setting, subject: impl Into<String>, message: impl Into<String>) -> Self {
        let setting = Some(setting);
        Self { subject: subject.into(), file: None, message: message.into(), setting, is_missing: false }
    }

    /// A problem with something that is no setting.
    #[cfg(feature = "serde")]
    pub(crate) fn unknown(subject: impl Into<String>, message: impl Into<String>) -> Self {
        Self { subject: subject.into(), file: None, message: message.into(), setting: None, is_missing: false }
    }

    /// The same about the file at `path`, which is named unless its name may be a secret.
    pub(crate) fn in_file(self, path: &Path) -> Self {
        Self { file: is_shown(path).then(|| path.to_owned()), ..self }
    }

    /// The same, because the setting is not there.
    pub(crate) fn of_missing(self) -> Self {
        Self { is_missing: true, ..self }
    }

    /// The setting that it is about; `None` for a member that is no setting.
    #[cfg(feature = "clap")]
    pub(crate) fn setting(&self) -> Option<Setting> {
        self.setting
    }

    /// The setting that is not there, if that is the problem.
    pub(crate) fn missing(&self) -> Option<Setting> {
        self.setting.filter(|_| self.is_missing)
    }

    pub(crate) fn add(&mut self, more: &str) {
        self.message.push_str(more);
    }

    /// What is wrong: the name of a variable, the path of a member (`[1].channel_secret`), or a flag.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The file that the problem is in, if it is in one. `None` also if the path may be a secret that was given in its place.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// What is wrong with it, and what to do.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.subject)?;
        if let Some(file) = &self.file {
            write!(f, " ({})", file.display())?;
        }
        write!(f, ": {}", self.message)
    }
}

impl fmt::Debug for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
