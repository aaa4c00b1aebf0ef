//! Recognises values that are often given in place of a key or a certificate.

use line_channel_token_core::Error;

/// The error that says what `text` is instead of the `expected` key or certificate, if that is known.
///
/// ```
/// use line_channel_token_pem::mistaken_value;
///
/// let error = mistaken_value("${LINE_PRIVATE_KEY}", "private key").unwrap();
/// assert!(error.to_string().contains("a variable that was not expanded"));
/// assert!(mistaken_value("-----BEGIN PRIVATE KEY-----", "private key").is_none());
/// ```
#[must_use]
pub fn mistaken_value(text: &str, expected: &str) -> Option<Error> {
    let text = text.trim().trim_matches(['"', '\'', '`']).trim();
    let (found, advice) =
        other_format(text).or_else(|| placeholder(text)).or_else(|| reference(text)).or_else(|| other_value(text))?;
    Some(Error::invalid_input(format!("this is {found} and no {expected}: {advice}")))
}

/// What a value is, and what to do.
type Finding = (&'static str, &'static str);

/// Placeholders and variables that were not replaced by their values.
fn placeholder(text: &str) -> Option<Finding> {
    const REPLACE: &str = "give the value itself";
    let lower = text.get(..text.len().min(200))?.to_ascii_lowercase();
    let name = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let one_line = !text.contains('\n') && text.len() < 200;
    match lower.as_str() {
        "undefined" | "null" | "none" | "nil" | "nan" | "true" | "false" | "[object object]" | "(null)" => {
            return Some(("the text of a value that was never set", "check where the variable is set"));
        }
        "todo" | "changeme" | "change_me" | "change-me" | "secret" | "redacted" | "[redacted]"
        | "(sensitive value)" | "<sensitive>" | "..." | "placeholder" => return Some(("a placeholder", REPLACE)),
        _ => {}
    }
    if !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'*' | b'x' | b'X' | b'.')) {
        return Some(("a value that was masked", REPLACE));
    }
    if !one_line {
        return None;
    }
    let between = |open: &str, close: &str| text.starts_with(open) && text.ends_with(close);
    if between("${", "}") || between("$(", ")") || between("{{", "}}") || between("%{", "}") || between("#{", "}") {
        return Some(("a variable that was not expanded", REPLACE));
    }
    if text.strip_prefix('$').is_some_and(name) || (between("%", "%") && name(text.trim_matches('%'))) {
        return Some(("a variable that was not expanded", REPLACE));
    }
    if between("<", ">") && !text.contains("</") && !text.contains("/>") {
        return Some(("a placeholder", REPLACE));
    }
    if lower.starts_with("your_") || lower.starts_with("your-") || lower.starts_with("your ") {
        return Some(("a placeholder", REPLACE));
    }
    None
}

/// Paths, URLs and the names of secrets in a secret store.
fn reference(text: &str) -> Option<Finding> {
    if text.contains('\n') || text.len() > 400 {
        return None;
    }
    if text.starts_with("arn:aws:") || text.starts_with("@Microsoft.KeyVault(") || text.starts_with("op://") {
        return Some(("a reference to a secret store", "fetch the secret and give its value"));
    }
    if text.starts_with("projects/") && text.contains("/secrets/") {
        return Some(("a reference to a secret store", "fetch the secret and give its value"));
    }
    if text.starts_with("http://") || text.starts_with("https://") {
        return Some(("a URL", "fetch it and give its content"));
    }
    let file = text.starts_with("file:") || text.starts_with("./") || text.starts_with("../") || text.starts_with("~/");
    let bytes = text.as_bytes();
    let drive = bytes.get(1) == Some(&b':') && matches!(bytes.get(2), Some(b'\\' | b'/'));
    const ENDINGS: [&str; 12] =
        [".pem", ".key", ".der", ".json", ".jwk", ".p12", ".pfx", ".crt", ".cer", ".ppk", ".p8", ".txt"];
    let ending = |text: &str| ENDINGS.iter().any(|ending| text.to_ascii_lowercase().ends_with(ending));
    let absolute = text.starts_with('/') && (ending(text) || text.len() < 60);
    if file || drive || absolute || (ending(text) && !text.contains(['{', ' '])) {
        return Some(("the path of a file", "read the file and give its content"));
    }
    None
}

/// Keys and certificates in formats that are not supported.
fn other_format(text: &str) -> Option<Finding> {
    if text.starts_with("PuTTY-User-Key-File") {
        return Some((
            "a PuTTY key",
            "export it in PuTTYgen with \"Conversions\", \"Export OpenSSH key\", and then run \
             `ssh-keygen -p -m PKCS8 -N '' -f COPY` on a copy",
        ));
    }
    let ssh = ["ssh-rsa ", "ssh-ed25519 ", "ssh-dss ", "ecdsa-sha2-"];
    if ssh.iter().any(|start| text.starts_with(start)) || text.contains(" ssh-rsa AAAA") {
        return Some(("an SSH public key", "give the PEM file"));
    }
    if text.starts_with("AGE-SECRET-KEY-") {
        return Some(("an age key", "give the PEM file"));
    }
    let encrypted = ["$ANSIBLE_VAULT;", "ENC[", "vault:v", "age-encryption.org/"];
    if encrypted.iter().any(|start| text.starts_with(start)) || text.contains("ENC[AES256_GCM") {
        return Some(("a value that a secret store encrypted", "decrypt it first"));
    }
    let lower = text.get(..text.len().min(4000)).unwrap_or_default().to_ascii_lowercase();
    if lower.starts_with("<!doctype html") || lower.starts_with("<html") || lower.contains("<head>") {
        return Some(("an HTML page", "check what the URL that it came from serves"));
    }
    if lower.contains("privateexponent:")
        || lower.contains("private-key: (")
        || lower.contains("certificate:\n    data:")
    {
        return Some(("the output of openssl with -text", "give the file itself, or print it without -text"));
    }
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let dump = |line: &str| {
        let offset = line.split([' ', ':', '\t']).next().unwrap_or_default();
        (6..=8).contains(&offset.len()) && offset.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    if lines().count() > 4 && lines().all(dump) {
        return Some(("a hex dump", "give the file itself"));
    }
    None
}

/// Other values of a LINE channel.
fn other_value(text: &str) -> Option<Finding> {
    const KEY: &str = "give the PEM or JWK file";
    let parts = |count: usize| {
        let url_safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        text.starts_with("ey") && text.bytes().all(url_safe) && text.split('.').count() == count
    };
    if parts(3) || parts(5) {
        return Some(("a JWT", KEY));
    }
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let uuid = text.len() == 36 && text.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && text.split('-').all(hex);
    if uuid {
        return Some(("a kid", "it only names the key: give the PEM or JWK that was generated for it"));
    }
    if text.len() == 32 && hex(text) {
        return Some(("a channel secret", KEY));
    }
    if text.len() == 64 && hex(text) {
        return Some(("a number in hex", KEY));
    }
    if (8..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(("a channel ID", KEY));
    }
    if text.strip_prefix('U').is_some_and(|rest| rest.len() == 32 && hex(rest)) {
        return Some(("a user ID", KEY));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::mistaken_value;

    #[test]
    fn mistaken_values_are_recognised() {
        for (texts, says) in [
            (
                &["${KEY}", "$KEY", "'$LINE_KEY'", "{{ key }}", "%LINE_KEY%", "$(cat key.pem)", "#{KEY}"][..],
                "a variable that was not expanded",
            ),
            (&["undefined", "null", "None", "nil", "[object Object]", "\"\"undefined\"\""], "never set"),
            (&["<YOUR_KEY>", "<your private key here>", "changeme", "YOUR_PRIVATE_KEY", "TODO"], "a placeholder"),
            (&["***", "xxxxxxxx", "********"], "masked"),
            (
                &[
                    "/run/secrets/key",
                    "./key.pem",
                    "~/key",
                    "C:\\keys\\line.pem",
                    "key.pem",
                    "file:///etc/key",
                    "keys/line.jwk",
                ],
                "the path of a file",
            ),
            (&["https://example.com/key.pem"], "a URL"),
            (
                &[
                    "arn:aws:secretsmanager:us-east-1:1:secret:x",
                    "projects/1/secrets/key/versions/latest",
                    "op://v/i/f",
                ],
                "a reference to a secret store",
            ),
            (&["PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none"], "a PuTTY key"),
            (&["ssh-rsa AAAAB3NzaC1yc2E me@host", "ecdsa-sha2-nistp256 AAAA"], "an SSH public key"),
            (&["$ANSIBLE_VAULT;1.1;AES256\n6162", "ENC[AES256_GCM,data:x]", "vault:v1:abcd"], "encrypted"),
            (&["<!DOCTYPE html><html></html>", "<html>\n<head></head>"], "HTML"),
            (&["RSA Private-Key: (2048 bit, 2 primes)\nmodulus:\n    00:aa\n", "privateExponent:\n"], "-text"),
            (&["eyJhbGciOiJSUzI1NiJ9.e30.c2ln"], "a JWT"),
            (&["6b2f34a4-9a0b-4d0e-8f0e-5b5f6f0c2d11"], "a kid"),
            (&["0123456789abcdef0123456789abcdef"], "a channel secret"),
            (&["1234567890"], "a channel ID"),
            (&["U0123456789abcdef0123456789abcdef"], "a user ID"),
        ] {
            for text in texts {
                let error = mistaken_value(text, "private key").map(|error| error.to_string()).unwrap_or_default();
                assert!(error.contains(says) && error.contains("and no private key: "), "{text}: {error}");
            }
        }
    }

    #[test]
    fn keys_and_prose_are_not_mistaken() {
        for text in [
            "",
            "hello",
            "{\"kty\":\"RSA\"}",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
            "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC",
        ] {
            assert!(mistaken_value(text, "private key").is_none(), "{text}");
        }
    }
}
