//! What a path may show: a secret that was given in place of a path must not appear anywhere.

use std::path::Path;

/// Whether the path can be shown. A relative one that names nothing may be a secret or a key.
pub(crate) fn is_shown(path: &Path) -> bool {
    let Some(text) = path.to_str() else { return path.is_absolute() };
    if is_value(text) {
        return false;
    }
    path.is_absolute()
        || ["./", "../", "~/", "${", ".\\", "..\\"].iter().any(|start| text.starts_with(start))
        || path.exists()
}

/// Whether this is surely a secret or a key, and not the path of one.
pub(crate) fn is_value(text: &str) -> bool {
    let is_absolute = Path::new(text).is_absolute();
    let hex = |window: &[u8]| window.iter().all(u8::is_ascii_hexdigit);
    text.contains("-----BEGIN")
        || text.contains(['\n', '{', '"']) && !text.contains("${") && !is_absolute
        || text.len() > 4096
        || !is_absolute && ["MII", "eyJ"].iter().any(|start| text.starts_with(start))
        || !is_absolute && text.as_bytes().windows(32).any(hex)
}

/// What may be wrong with a path that names no file.
pub(crate) fn mistake(text: &str) -> Option<&'static str> {
    let quoted = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '`');
    if text.starts_with('~') {
        return Some("only a shell expands ~: give the whole path");
    }
    if text.contains("${") || text.starts_with(['$', '%']) || text.contains("{{") {
        return Some("it holds a variable that was not expanded");
    }
    if text.starts_with(quoted) || text.ends_with(quoted) {
        return Some("it begins or ends with a quotation mark or white space that does not belong to it");
    }
    if text.starts_with("file:") {
        return Some("give the path alone, without file:");
    }
    (!Path::new(text).is_absolute()).then_some("the path is relative to the directory in which the program was started")
}

#[cfg(all(test, unix))]
mod tests {
    use std::path::Path;

    use super::{is_shown, is_value, mistake};

    #[test]
    fn a_secret_in_place_of_a_path_is_not_shown() {
        for value in [
            "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
            "\"0f1e2d3c4b5a69788796a5b4c3d2e1f0\"",
            "-----BEGIN PRIVATE KEY-----",
            "{\"kty\":\"RSA\"}",
            "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
            "eyJrdHkiOiJSU0EifQ",
        ] {
            assert!(is_value(value) && !is_shown(Path::new(value)), "{value}");
        }
        assert!(!is_shown(Path::new("s3cret")), "it may be one");
        for path in ["/run/secrets/line", "./secret", "~/secret", "${HOME}/secret", "/", "src"] {
            assert!(is_shown(Path::new(path)), "{path}");
        }
        assert!(is_shown(Path::new("/var/lib/0f1e2d3c4b5a69788796a5b4c3d2e1f0/secret")));
    }

    #[test]
    fn the_likely_mistake_in_a_path_is_named() {
        for (path, says) in [
            ("~/secret", "shell"),
            ("${HOME}/secret", "not expanded"),
            ("/run/secret\r", "white space"),
            ("\"/run/secret\"", "quotation mark"),
            ("file:///run/secret", "without file:"),
            ("secret", "relative"),
        ] {
            assert!(mistake(path).is_some_and(|mistake| mistake.contains(says)), "{path}");
        }
        assert_eq!(mistake("/run/secret"), None);
    }
}
