//! What a path may show: a secret that was given in place of a path must not appear anywhere.

use std::path::Path;

/// The path for a message, or what stands for it if it may be a secret.
pub(crate) fn shown(path: &Path) -> String {
    if is_shown(path) {
        path.display().to_string()
    } else {
        "(not shown: it may be a secret and not a path)".to_owned()
    }
}

/// Whether the path can be shown. A relative one that names nothing, and has no ending as files have, may be a secret.
pub(crate) fn is_shown(path: &Path) -> bool {
    if path.is_absolute() || path.exists() {
        return true;
    }
    let Some(text) = path.to_str() else { return false };
    if text.len() > 1024 || text.starts_with("eyJ") || text.contains("-----BEGIN") || text.contains(['\n', '{', '=']) {
        return false;
    }
    // A token that holds a slash is longer.
    let has_folder = text.len() < 100 && text.contains(std::path::is_separator);
    let is_relative = ["./", "../", "~/", ".\\", "..\\"].iter().any(|start| text.starts_with(start));
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let has_ending = (1..=6).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_relative || has_folder || has_ending
}

#[cfg(all(test, unix))]
mod tests {
    use std::path::Path;

    use super::{is_shown, shown};

    #[test]
    fn a_secret_in_place_of_a_path_is_not_shown() {
        for value in [
            "s3cret",
            "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
            "-----BEGIN PRIVATE KEY-----",
            "{\"kty\":\"RSA\"}",
            "eyJhbGciOiJIUzI1NiJ9.e30.c2ln",
            "aB3/aB3/aB3/aB3==",
            &"aB3/+".repeat(30),
        ] {
            assert!(!is_shown(Path::new(value)), "{value}");
            assert!(!shown(Path::new(value)).contains(value), "{value}");
        }
        for path in ["/run/secrets/line", "./secret", "~/secret", "/", "src", "key.pem", "keys/line.jwk", "no/such"] {
            assert!(is_shown(Path::new(path)), "{path}");
            assert_eq!(shown(Path::new(path)), path);
        }
    }
}
