//! Whether a text holds a private key, in one of the forms that programs take.

/// What a text holds that looks like a private key, or `None`.
pub(crate) fn find(text: &str) -> Option<&'static str> {
    let found = [
        (pem(text), "a private key in PEM"),
        (jwk(text), "a private key as a JWK"),
        (der(text, "MI", is_base64), "a private key in base64"),
        (der(text, "308", |c| c.is_ascii_hexdigit()), "a private key in hex"),
    ];
    found.into_iter().find_map(|(is_there, what)| is_there.then_some(what))
}

/// The shortest key in PEM, one of a 256-bit curve, has 160 characters in base64. What is shorter is an example that is cut off.
const LEAST: usize = 100;

fn pem(text: &str) -> bool {
    const END_OF_LABEL: &str = "PRIVATE KEY-----";
    let bodies = text.match_indices(END_OF_LABEL).filter_map(|(at, label)| text.get(at + label.len()..));
    // In a literal lines may end with `\n` and begin with quotes: those and white space are no end of the body.
    let body = |after: &str| {
        after.replace("\\n", "\n").chars().filter(|c| !c.is_whitespace() && *c != '"').take(LEAST).collect()
    };
    bodies.map(body).any(|body: String| body.len() == LEAST && body.chars().all(is_base64))
}

/// The member `d`, which both RSA and EC keys have, with the 43 characters of a 256-bit number or more.
fn jwk(text: &str) -> bool {
    text.match_indices("\"d\"").filter_map(|(at, name)| text.get(at + name.len()..)).any(|after| {
        let Some(value) = after.trim_start().strip_prefix(':') else { return false };
        value.trim_start().trim_start_matches(['\\', '"']).chars().take_while(|c| is_base64(*c)).count() >= 43
    })
}

/// A long run of characters that begins as the DER of every key does. Public keys and certificates begin so too: they are as unwelcome.
fn der(text: &str, begin: &str, belongs: fn(char) -> bool) -> bool {
    text.split(|c| !belongs(c)).any(|run| run.len() >= LEAST && run.starts_with(begin))
}

fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_' | '=')
}

#[cfg(test)]
mod tests {
    use super::find;

    fn body(length: usize) -> String {
        "Qx3/".chars().cycle().take(length).collect()
    }

    #[test]
    fn keys_are_found_in_every_form() {
        for label in
            ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY"]
        {
            let lines = format!("-----BEGIN {label}-----\n{}\n{}\n-----END {label}-----", body(64), body(64));
            assert_eq!(find(&lines), Some("a private key in PEM"), "{label}");
            assert_eq!(find(&lines.replace('\n', "\\n")), Some("a private key in PEM"), "{label}");
        }
        let number = body(43).replace('/', "_");
        for jwk in [format!(r#"{{"kty":"EC","d":"{number}"}}"#), format!(r#"{{ "d" : \"{number}\" }}"#)] {
            assert_eq!(find(&jwk), Some("a private key as a JWK"), "{jwk}");
        }
        assert_eq!(find(&format!("let key = \"MIGH{}\";", body(160))), Some("a private key in base64"));
        assert_eq!(find(&format!("let key = \"308187{}\";", "0a".repeat(80))), Some("a private key in hex"));
    }

    #[test]
    fn what_is_cut_off_and_what_is_public_is_left_alone() {
        let cut = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----";
        let prose = format!("the PEM begins with `-----BEGIN PRIVATE KEY-----`: {}", "so say its docs, ".repeat(10));
        let public = format!(r#"{{"kty":"EC","x":"{}","d":1}}"#, body(43));
        for text in [cut, &prose, &public, &format!("\"{}\"", body(342))] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
