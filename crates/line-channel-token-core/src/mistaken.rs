//! What a pasted text is if it is not the value: a placeholder, a variable that was not expanded, another value.
//!
//! Only what no id, secret, token or key id of LINE can look like is named. The texts continue "the channel secret …".

/// What stands for a value that was never filled in.
pub(crate) fn unfilled(text: &str) -> Option<&'static str> {
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is_unexpanded_variable(text) {
        return Some(
            "is a variable that was not expanded: check what should have filled it in (shell, compose file, template)",
        );
    }
    if is(&MISSING) || starts_with_ignoring_case(text, &["[object "]) {
        return Some(
            "is what a program writes for a missing value: the variable or member that it came from is not set",
        );
    }
    if (text.starts_with('<') && text.ends_with('>'))
        || is(&PLACEHOLDERS)
        || starts_with_ignoring_case(text, &PLACEHOLDERS_BEGIN)
    {
        return Some("is the placeholder of an example: put your own value in its place");
    }
    if is_own_name(text) {
        return Some("is the name of a variable and not its value");
    }
    let mask = |character| matches!(character, '*' | '.' | '•' | '●' | '…' | 'x' | 'X');
    if (4..=64).contains(&text.chars().count()) && text.chars().all(mask) {
        return Some("is masked: copy the value itself and not what is shown in its place");
    }
    if contains_ignoring_case(text, &["[redacted]"]) {
        return Some("is the redacted form that logs show: give the value itself");
    }
    None
}

const MISSING: [&str; 11] =
    ["undefined", "null", "none", "nil", "nan", "true", "false", "(null)", "<nil>", "<null>", "<none>"];

const PLACEHOLDERS: [&str; 11] = [
    "changeme",
    "change_me",
    "change-me",
    "replaceme",
    "replace_me",
    "replace-me",
    "todo",
    "fixme",
    "placeholder",
    "paste_here",
    "paste-here",
];

const PLACEHOLDERS_BEGIN: [&str; 13] = [
    "your_",
    "your-",
    "your ",
    "[your",
    "{your",
    "my_channel_",
    "insert_",
    "insert-",
    "enter_",
    "enter-",
    "enter ",
    "paste_your",
    "paste-your",
];

/// What no value begins with, and a variable, a template or a name in a vault does.
const VARIABLES_BEGIN: [&str; 20] = [
    "${",
    "#{",
    "$(",
    "$[",
    "{{",
    "<%",
    "%{",
    "{%",
    "%(",
    "((",
    "$ANSIBLE_VAULT",
    "ENC[",
    "@Microsoft.KeyVault",
    "$env:",
    "process.env",
    "env:",
    "op://",
    "!secret",
    "secretref:",
    "vault:",
];

/// What is surely another thing than the bare value.
pub(crate) fn something_else(text: &str) -> Option<&'static str> {
    if text.starts_with("-----BEGIN") {
        return Some("is PEM, a key or a certificate: was one pasted in place of the other?");
    }
    if text.eq_ignore_ascii_case("bearer")
        || starts_with_ignoring_case(text, &["bearer ", "bearer:", "bearer%20", "authorization:"])
    {
        return Some("begins with \"Bearer\" or the name of its header: give the token alone");
    }
    if text.starts_with(['{', '[']) {
        return Some("is JSON: give the value of its one member alone");
    }
    if text.contains("://") || text.starts_with("arn:aws") {
        return Some("is an address of it (a URL or a name in a vault): give the value itself");
    }
    if is_path(text) {
        return Some("is the path of a file: give what the file holds");
    }
    if contains_ignoring_case(text, &["%2b", "%2f", "%3d", "%0a", "%0d", "%20", "%22"]) {
        return Some("is percent-encoded, as in a URL or a form: decode it first");
    }
    if contains_ignoring_case(text, &["&quot;", "&amp;", "&#"]) {
        return Some("holds an HTML entity (\"&quot;\" or the like): copy it from the page and not from its source");
    }
    if text.starts_with(['"', '\'', '`', '“', '”', '‘', '’', '\\'])
        || text.ends_with(['"', '\'', '`', '“', '”', '‘', '’', '\\'])
    {
        return Some("begins or ends with a quotation mark or backslash that does not belong to it");
    }
    if [r"\n", r"\r", r"\t"].iter().any(|escape| text.ends_with(escape)) {
        return Some(r#"ends with a backslash and a letter, an escape such as "\n" that nobody decoded: remove it"#);
    }
    if text.ends_with([',', ';']) {
        return Some("ends with a comma or semicolon: give the value alone");
    }
    if is_assignment(text) {
        return Some("has its name before it (NAME=value): give the value alone");
    }
    None
}

/// The values of LINE's that people give in place of one another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value {
    ChannelId,
    ChannelSecret,
    Token,
    Kid,
}

/// What `text` looks like if it is surely another value of LINE's than `expected`.
pub(crate) fn other_value(text: &str, expected: Value) -> Option<&'static str> {
    let looks_like = [
        (Value::ChannelId, is_channel_id(text), "a channel id"),
        (Value::ChannelSecret, is_channel_secret(text), "a channel secret"),
        (Value::Token, is_token(text), "a token or an assertion"),
        (Value::Kid, is_uuid(text), "the kid of an assertion key"),
    ];
    let other = looks_like.into_iter().find(|(value, looks, _)| *looks && *value != expected);
    other.map(|(_, _, name)| name).or_else(|| id_of_another_kind(text))
}

/// An id that no call for a token takes.
fn id_of_another_kind(text: &str) -> Option<&'static str> {
    match text.as_bytes() {
        [b'@', ..] => Some("a basic id (\"Bot basic ID\", starts with @)"),
        [b'U', rest @ ..] if is_hex(rest) => Some("a user id (\"Your user ID\", U and 32 hex digits)"),
        [b'C' | b'R', rest @ ..] if is_hex(rest) => Some("a group or room id"),
        _ if text.split_once('@').is_some_and(|(_, host)| host.contains('.')) => Some("an e-mail address"),
        _ => None,
    }
}

/// Whether `text` is as long as a channel id and made of digits alone.
pub(crate) fn is_channel_id(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `text` has the form of a channel secret: 32 hex digits.
fn is_channel_secret(text: &str) -> bool {
    is_hex(text.as_bytes())
}

/// Whether 32 hex digits in a row stand anywhere in `text`.
pub(crate) fn holds_channel_secret(text: &str) -> bool {
    text.as_bytes().windows(32).any(is_hex)
}

/// Whether `text` is a UUID with its dashes, as the kid of an assertion key is.
fn is_uuid(text: &str) -> bool {
    let parts = text.split('-').map(|part| (part.len(), part.bytes().all(|byte| byte.is_ascii_hexdigit())));
    parts.eq([(8, true), (4, true), (4, true), (4, true), (12, true)])
}

/// Whether `text` is a JWT, as assertions and the tokens of two families are, or as long as a short-lived token.
fn is_token(text: &str) -> bool {
    (text.starts_with("eyJ") && text.contains('.')) || text.len() >= 120
}

fn is_hex(text: &[u8]) -> bool {
    text.len() == 32 && text.iter().all(u8::is_ascii_hexdigit)
}

fn is_unexpanded_variable(text: &str) -> bool {
    let is_name = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '-'))
    };
    let within = |open: &str, close: &str| text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
    starts_with_ignoring_case(text, &VARIABLES_BEGIN)
        || text.strip_prefix('$').is_some_and(is_name)
        || [("%", "%"), ("@", "@"), ("__", "__"), ("{", "}")]
            .iter()
            .any(|(open, close)| within(open, close).is_some_and(is_name))
}

fn is_path(text: &str) -> bool {
    let drive = matches!(text.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic());
    drive || ["./", "../", "~/", "/run/", "/var/", "/etc/", "/home/", "file:"].iter().any(|root| text.starts_with(root))
}

/// `LINE_CHANNEL_SECRET`: a name in capitals that says what it is.
fn is_own_name(text: &str) -> bool {
    let capitals = text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    capitals && text.contains('_') && contains_ignoring_case(text, &["line", "channel", "secret", "token", "kid"])
}

/// `LINE_CHANNEL_SECRET=…` or `channel_secret:…`: a name with an underscore, or one that says what it is. Base64 ends with `=`, and nothing follows.
fn is_assignment(text: &str) -> bool {
    let Some((name, value)) = text.split_once(['=', ':']) else { return false };
    let name = name.strip_prefix("export ").unwrap_or(name).trim();
    let plain = !name.is_empty()
        && name.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.'));
    let telling = contains_ignoring_case(name, &["secret", "token", "channel", "client", "kid"]);
    plain && telling && !value.trim_start_matches('=').is_empty()
}

fn starts_with_ignoring_case(text: &str, starts: &[&str]) -> bool {
    starts.iter().any(|start| text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)))
}

/// Whether `text` contains one of `words`, whatever the case of either.
pub(crate) fn contains_ignoring_case(text: &str, words: &[&str]) -> bool {
    words
        .iter()
        .any(|word| text.as_bytes().windows(word.len()).any(|window| window.eq_ignore_ascii_case(word.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::{something_else, unfilled};

    #[test]
    fn a_value_that_was_never_filled_in_is_named() {
        for (text, says) in [
            ("${LINE_CHANNEL_SECRET}", "not expanded"),
            ("${LINE_CHANNEL_SECRET:-}", "not expanded"),
            ("$LINE_CHANNEL_SECRET", "not expanded"),
            ("$(LINE_CHANNEL_SECRET)", "not expanded"),
            ("%LINE_CHANNEL_SECRET%", "not expanded"),
            ("$env:LINE_CHANNEL_SECRET", "not expanded"),
            ("process.env.LINE_CHANNEL_SECRET", "not expanded"),
            ("{{ line_secret }}", "not expanded"),
            ("{{line_secret}}", "not expanded"),
            ("{line_secret}", "not expanded"),
            ("#{line_secret}#", "not expanded"),
            ("__LINE_SECRET__", "not expanded"),
            ("<YOUR_CHANNEL_SECRET>", "placeholder"),
            ("<channel secret>", "placeholder"),
            ("YOUR_CHANNEL_SECRET", "placeholder"),
            ("your-channel-secret", "placeholder"),
            ("[YOUR CHANNEL SECRET]", "placeholder"),
            ("changeme", "placeholder"),
            ("undefined", "missing value"),
            ("null", "missing value"),
            ("None", "missing value"),
            ("[object Object]", "missing value"),
            ("********", "masked"),
            ("••••••••", "masked"),
            ("xxxxxxxxxxxx", "masked"),
            ("ChannelSecret(\"[redacted]\")", "redacted"),
            ("LINE_CHANNEL_SECRET", "name of a variable"),
            ("CHANNEL_SECRET", "name of a variable"),
            ("placeholder", "placeholder"),
            ("enter-your-secret", "placeholder"),
            ("PASTE_HERE", "placeholder"),
            ("((line_secret))", "not expanded"),
            ("%(LINE_SECRET)s", "not expanded"),
            ("$ANSIBLE_VAULT;1.1;AES256", "not expanded"),
            ("ENC[AES256_GCM,data:abc]", "not expanded"),
            ("@Microsoft.KeyVault(VaultName=a)", "not expanded"),
            ("vault:secret/line#x", "not expanded"),
            ("<nil>", "missing value"),
            ("[object Promise]", "missing value"),
            ("true", "missing value"),
        ] {
            let named = unfilled(text).unwrap_or_default();
            assert!(named.contains(says), "{text}: {named}");
        }
    }

    #[test]
    fn another_thing_than_the_bare_value_is_named() {
        for (text, says) in [
            ("-----BEGIN PRIVATE KEY-----", "PEM"),
            ("Bearer abc", "Bearer"),
            ("Authorization: Bearer abc", "Bearer"),
            ("{\"access_token\":\"abc\"}", "JSON"),
            ("https://api.line.me", "address"),
            ("arn:aws:secretsmanager:ap-northeast-1:1:secret:line", "address"),
            ("/run/secrets/line", "path"),
            ("C:\\secrets\\line.txt", "path"),
            ("abc%2Bdef%2Fghi%3D", "percent-encoded"),
            ("&quot;abc&quot;", "HTML"),
            ("\"abc", "quotation mark"),
            ("abc'", "quotation mark"),
            ("\\\"abc\\\"", "quotation mark"),
            ("abc\\n", "escape"),
            ("abc,", "comma"),
            ("abc\";", "comma"),
            ("LINE_CHANNEL_SECRET=abc", "NAME=value"),
            ("client_secret=abc", "NAME=value"),
            ("channel_secret:abc", "NAME=value"),
            ("Bearer", "Bearer"),
        ] {
            let named = something_else(text).unwrap_or_default();
            assert!(named.contains(says), "{text}: {named}");
        }
    }

    #[test]
    fn what_line_may_issue_is_never_named() {
        let v2 = "/run+abc/def==";
        for text in [
            v2,
            "s3cret",
            "s3c&ret=",
            "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
            "eyJhbGciOiJIUzI1NiJ9.e30.c2ln-_",
            "token=",
            "secret==",
            "6b2f34a4-9a0b-4d0e-8f0e-5b5f6f0c2d11",
            "kid-1",
            "sDTOzw5wIfxxxxPEzcmeQA",
            "-_-",
            "a",
            "x.y",
            "none-at-all",
            "nullable",
        ] {
            assert_eq!(unfilled(text).or_else(|| something_else(text)), None, "{text}");
        }
    }
}
