//! The parameters of a request: a form in the body, or the query of a GET.

use std::borrow::Cow;

/// Decoded parameters, in any order; `+` and `%20` are both spaces.
pub(crate) struct Form<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Form<'a> {
    pub(crate) fn parse(encoded: &'a [u8]) -> Self {
        Self(form_urlencoded::parse(encoded).collect())
    }

    /// Whether the parameter was sent at all, even if it is empty.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// Whether an assertion was sent, or a part of what belongs to one. An empty field counts as sent.
    pub(crate) fn names_assertion(&self) -> bool {
        self.has("client_assertion") || self.has("client_assertion_type")
    }

    /// Takes out the empty parameters of the other way to authenticate, beside a filled `client_secret` or a filled assertion, and returns
    /// whether there were any.
    pub(crate) fn drop_empty_credentials(&mut self) -> bool {
        let is_filled = |name: &str| self.0.iter().any(|(key, value)| key == name && !value.is_empty());
        let assertion = ["client_assertion", "client_assertion_type"];
        let unused = match (is_filled("client_secret"), assertion.into_iter().any(is_filled)) {
            (true, false) => assertion,
            (false, true) => ["client_id", "client_secret"],
            _ => return false,
        };
        let before = self.0.len();
        self.0.retain(|(key, value)| !(value.is_empty() && unused.contains(&&**key)));
        self.0.len() < before
    }

    /// The value of a parameter that was sent exactly once and is not empty, or the reason why there is none.
    pub(crate) fn one(&self, name: &str) -> Result<&str, String> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| &**value);
        match (values.next(), values.next()) {
            (Some(""), None) => Err(format!("the parameter {name} is empty")),
            (Some(value), None) => Ok(value),
            (Some(_), Some(_)) => Err(format!("the parameter {name} was sent twice")),
            (None, _) => Err(format!("the parameter {name} is missing")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Form;

    #[test]
    fn parameters_are_sent_once_and_filled() {
        let form = Form::parse(b"b=1&&a=x+y%20z%2B&c=&d=1&d=1&e");
        assert_eq!(form.one("a"), Ok("x y z+"));
        assert!(form.one("c").unwrap_err().contains("empty"));
        assert!(form.one("d").unwrap_err().contains("twice"));
        assert!(form.one("e").unwrap_err().contains("empty"));
        assert!(form.one("f").unwrap_err().contains("missing"));
        assert!(form.has("e") && !form.has("f"));
    }

    #[test]
    fn only_unused_credentials_are_dropped() {
        for (encoded, left) in [
            ("client_assertion_type=&client_assertion=&client_id=1&client_secret=s", Some("client_id client_secret")),
            (
                "client_assertion=a&client_assertion_type=t&client_id=&client_secret=",
                Some("client_assertion client_assertion_type"),
            ),
            ("client_assertion=a&client_id=1&client_secret=", Some("client_assertion client_id")),
            (
                "client_assertion=a&client_assertion_type=&client_secret=",
                Some("client_assertion client_assertion_type"),
            ),
            ("client_assertion=&client_id=&client_secret=s", Some("client_id client_secret")),
            ("client_assertion=a&client_secret=s&client_id=", None),
            ("client_assertion=&client_secret=", None),
            ("client_assertion=&client_id=1", None),
            ("client_id=1&client_secret=s&grant_type=", None),
        ] {
            let mut form = Form::parse(encoded.as_bytes());
            assert_eq!(form.drop_empty_credentials(), left.is_some(), "{encoded}");
            let names: Vec<&str> = form.0.iter().map(|(key, _)| &**key).collect();
            assert!(left.is_none_or(|left| names.join(" ") == left), "{encoded}: {names:?}");
        }
    }
}
