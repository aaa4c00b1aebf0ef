//! How errors name a setting: as the user wrote it.

use crate::setting::{Setting, SettingSet};

/// Where the settings of a channel come from.
#[derive(Clone, Debug)]
pub(crate) enum Labels {
    /// Variables with this prefix.
    Variables(Box<str>),
    /// Members of a file below this path (`[1].`), or the methods of a builder.
    Members(Box<str>),
    /// A command line, which gave these, and the environment.
    #[cfg_attr(not(feature = "clap"), expect(dead_code, reason = "only the feature clap makes it"))]
    Arguments(SettingSet),
}

/// The prefix of the variables, unless another one is asked for.
pub(crate) const PREFIX: &str = "LINE_";

impl Labels {
    /// A setting that was given.
    pub(crate) fn given(&self, setting: Setting) -> String {
        match self {
            Self::Variables(prefix) => setting.variable(prefix),
            Self::Members(path) => format!("{path}{}", setting.name()),
            Self::Arguments(given) if given.contains(setting) => flag(setting),
            Self::Arguments(_) => setting.variable(PREFIX),
        }
    }

    /// A setting that may be given.
    pub(crate) fn possible(&self, setting: Setting) -> String {
        match self {
            Self::Arguments(_) if has_flag(setting) => format!("{} (or {})", flag(setting), setting.variable(PREFIX)),
            _ => self.given(setting),
        }
    }

    /// What a setting that is not there is said to be.
    pub(crate) fn absent(&self) -> &'static str {
        match self {
            Self::Variables(_) => "not set",
            Self::Members(_) | Self::Arguments(_) => "missing",
        }
    }

    /// The same of two settings; the name of the second follows.
    pub(crate) fn both_absent(&self) -> &'static str {
        match self {
            Self::Variables(_) => "not set, and neither is",
            Self::Members(_) | Self::Arguments(_) => "missing, and so is",
        }
    }
}

/// Whether it may stand on a command line, which every process of the machine can read.
pub(crate) fn has_flag(setting: Setting) -> bool {
    !matches!(setting, Setting::ChannelSecret | Setting::AssertionKey)
}

fn flag(setting: Setting) -> String {
    format!("--{}", setting.name().replace('_', "-"))
}
