//! Which of LINE's families of tokens a channel uses.

use std::fmt;
use std::str::FromStr;

use line_channel_token_core::Error;

/// Which of LINE's families of tokens a channel uses; stateless ones by default.
///
/// | | `token_family` | needs | |
/// |---|---|---|---|
/// | [`Stateless`](Self::Stateless) | `stateless` | the secret or the key | 15 minutes, as many as you like |
/// | [`Jwt`](Self::Jwt) | `jwt` | the key | up to 30 days, 30 at a time; with the secret too they can be revoked |
/// | [`ShortLived`](Self::ShortLived) | `short-lived` | the secret | 30 days, 30 at a time |
///
/// ```
/// use line_channel_token_cache::TokenFamily;
///
/// let family: TokenFamily = "short-lived".parse()?;
/// assert_eq!(family, TokenFamily::ShortLived);
/// assert_eq!(family.as_str(), "short_lived");
/// assert_eq!("short_lived".parse::<TokenFamily>()?, family);
/// # Ok::<(), line_channel_token_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TokenFamily {
    /// Stateless tokens (v3).
    #[default]
    Stateless,
    /// v2.1 tokens, issued for an assertion.
    Jwt,
    /// Short-lived tokens (v2).
    ShortLived,
}

impl TokenFamily {
    /// All of them, in the order of their declaration.
    pub const ALL: &[Self] = &[Self::Stateless, Self::Jwt, Self::ShortLived];

    /// The name in `snake_case`, as it stands in logs and labels of metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stateless => "stateless",
            Self::Jwt => "jwt",
            Self::ShortLived => "short_lived",
        }
    }
}

impl fmt::Display for TokenFamily {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// From `stateless`, `jwt`, `short-lived` or `short_lived`, in letters of either case.
impl FromStr for TokenFamily {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let name = text.trim().trim_matches(['"', '\'']).to_ascii_lowercase().replace('-', "_");
        if let Some(family) = Self::ALL.iter().find(|family| family.as_str() == name) {
            return Ok(*family);
        }
        let hint = match name.as_str() {
            "v3" => "; v3 is stateless",
            "v2.1" | "v2_1" | "v21" => "; v2.1 is jwt",
            "v2" => "; v2 is short-lived",
            "long_lived" | "longlived" => {
                "; a long-lived token of the Console is not issued: give it to a StaticSource of line-channel-token-cache"
            }
            _ => "",
        };
        Err(Error::invalid_input(format!("this is no family of tokens: give stateless, jwt or short-lived{hint}")))
    }
}

#[cfg(test)]
mod tests {
    use super::TokenFamily;

    #[test]
    fn each_family_parses_from_its_name_and_other_names_are_explained() {
        for family in TokenFamily::ALL {
            assert_eq!(family.as_str().parse::<TokenFamily>().unwrap(), *family);
            assert_eq!(family.to_string(), family.as_str());
        }
        assert_eq!(" \"Short-Lived\"\n".parse::<TokenFamily>().unwrap(), TokenFamily::ShortLived);
        for (name, says) in
            [("v2.1", "v2.1 is jwt"), ("V3", "v3 is stateless"), ("long-lived", "StaticSource"), ("", "give")]
        {
            let error = name.parse::<TokenFamily>().unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        assert!(!"s3cret".parse::<TokenFamily>().unwrap_err().to_string().contains("s3cret"));
    }
}
