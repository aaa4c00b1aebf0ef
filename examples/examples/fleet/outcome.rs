//! What a worker reports on its standard output, a line each.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It has started, and waits to begin.
    Ready,
    /// A message was sent.
    Sent,
    /// A message was not sent, which is an error to whoever wanted to send it.
    Failed(String),
    /// Something happened between it and the store.
    Store(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("ready"),
            Self::Sent => f.write_str("sent"),
            Self::Failed(why) => write!(f, "failed {}", one_line(why)),
            Self::Store(event) => write!(f, "store {}", one_line(event)),
        }
    }
}

impl Outcome {
    /// `None` if no worker writes such a line.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        Some(match line.split_once(' ').unwrap_or((line, "")) {
            ("ready", "") => Self::Ready,
            ("sent", "") => Self::Sent,
            ("failed", why) => Self::Failed(why.to_owned()),
            ("store", event) => Self::Store(event.to_owned()),
            _ => return None,
        })
    }
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::Outcome;

    #[test]
    fn what_is_printed_is_parsed() {
        for outcome in
            [Outcome::Ready, Outcome::Sent, Outcome::Failed("a b".into()), Outcome::Store("available".into())]
        {
            assert_eq!(Outcome::parse(&outcome.to_string()), Some(outcome));
        }
        assert_eq!(Outcome::parse(&Outcome::Failed("a\nb".into()).to_string()), Some(Outcome::Failed("a b".into())));
        assert_eq!(Outcome::parse("thread panicked"), None);
    }
}
