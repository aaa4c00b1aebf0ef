//! The page at `/`: one file, which may load nothing but itself and call nothing but this server.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::HeaderValue;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::response::IntoResponse;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const PAGE: &str = include_str!("page.html");

static POLICY: LazyLock<HeaderValue> =
    LazyLock::new(|| HeaderValue::from_str(&policy(PAGE)).unwrap_or(HeaderValue::from_static("default-src 'none'")));

/// The page, under a policy that allows its own script and style alone.
pub(super) async fn serve() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CONTENT_SECURITY_POLICY, POLICY.clone()),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ];
    (headers, PAGE)
}

fn policy(page: &str) -> String {
    format!(
        "default-src 'none'; script-src {}; style-src {}; img-src data:; connect-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
        sources(page, "script"),
        sources(page, "style")
    )
}

/// The hashes of what stands inside of the elements of this name.
fn sources(page: &str, element: &str) -> String {
    let (open, close) = (format!("<{element}"), format!("</{element}>"));
    let mut hashes = Vec::new();
    for part in page.split(&open).skip(1) {
        let is_element = part.starts_with(['>', ' ', '\n']);
        let content = part.split_once('>').and_then(|(_, rest)| rest.split_once(&close));
        if let (true, Some((content, _))) = (is_element, content) {
            hashes.push(format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, content.as_bytes()))));
        }
    }
    if hashes.is_empty() { "'none'".to_owned() } else { hashes.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::{PAGE, policy};

    #[test]
    fn only_the_page_s_own_script_and_style_are_allowed() {
        let policy =
            policy("<style>a{}</style><script type=\"module\">1</script><script>\n2</script><scripty>3</scripty>");
        // printf %s 'a{}' | openssl dgst -sha256 -binary | base64
        assert!(policy.contains("style-src 'sha256-X1RutGBrXCt9KkSaXMK7tHftWiRscFHOhxsS8tv8hBk='"), "{policy}");
        assert_eq!(policy.matches("sha256-").count(), 3, "{policy}");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe"));
    }

    #[test]
    fn the_page_loads_nothing_from_elsewhere() {
        for loads in ["src=\"http", "href=\"http", "src=\"//", "@import", "url(http"] {
            let found = PAGE.match_indices(loads).map(|(at, _)| &PAGE[at..(at + 60).min(PAGE.len())]);
            // Links that a person follows load nothing.
            let loading: Vec<&str> = found.filter(|text| !text.starts_with("href")).collect();
            assert!(loading.is_empty(), "{loading:?}");
        }
    }
}
