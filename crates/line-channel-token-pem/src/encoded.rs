//! Decodes base64 and hex around PEM, DER and JSON.

use zeroize::Zeroizing;

use crate::{Tlv, block_body, charset};

/// The shortest text that may be a key or a certificate in another encoding: shorter ones are ids and secrets.
const MIN_LEN: usize = 60;

/// Decodes all of `text`. `None` if the result is neither DER nor text.
pub(crate) fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let text = text.trim().trim_matches(['"', '\'', '`']).trim();
    // A URL begins with `data:…;base64,`, a value of Laravel with `base64:`, a line of a .env file with a name.
    let value = text.split_once("base64,").or_else(|| text.split_once("base64:")).map(|(_, value)| value);
    let named = text.split_once(['=', ':']).filter(|(name, _)| name.len() < 64).map(|(_, value)| value);
    let unchanged = Some(text);
    unchanged.into_iter().chain(value).chain(named).find_map(|text| {
        let text = text.trim().trim_matches(['"', '\'', '`', ',', ';', '|', '>']);
        decode_hex(text).or_else(|| decode_base64_run(text))
    })
}

/// Decodes each long run of base64 in `text`, as in the YAML of a Kubernetes secret.
pub(crate) fn embedded(text: &str) -> Vec<Zeroizing<Vec<u8>>> {
    let in_base64 = |char: char| char.is_ascii_alphanumeric() || matches!(char, '+' | '/' | '-' | '_' | '=');
    let mut found = Vec::new();
    for segment in text.split(|char: char| !in_base64(char) && !char.is_whitespace()) {
        // The `KEY=` of a .env file is not part of the run: padding ends a run, so what follows an equals sign is the value.
        let mut runs = segment.split_whitespace().map(|run| {
            let value = run.trim_end_matches('=').rfind('=').and_then(|at| run.get(at + 1..));
            value.unwrap_or(run)
        });
        let mut lines: Vec<&str> = Vec::new();
        loop {
            let run = runs.next();
            // Lines of the same width are one run. The last may be shorter.
            let width = lines.first().map(|first| first.len());
            let full = lines.last().is_some_and(|last| Some(last.len()) == width && !last.ends_with('='));
            match run {
                Some(run) if full && Some(run.len()) <= width => lines.push(run),
                run => {
                    found.extend(decode_lines(&lines));
                    lines = run.into_iter().filter(|run| run.len() >= MIN_LEN).collect();
                    if run.is_none() {
                        break;
                    }
                }
            }
        }
    }
    found
}

/// Decodes the lines together, or else each by itself.
fn decode_lines(lines: &[&str]) -> Vec<Zeroizing<Vec<u8>>> {
    let together = |lines: &[&str]| {
        let mut joined = Zeroizing::new(String::with_capacity(lines.iter().map(|line| line.len()).sum()));
        lines.iter().for_each(|line| joined.push_str(line));
        decode_base64_run(&joined)
    };
    // The last line may be a word that follows the base64.
    let without_last = lines.split_last().map_or(lines, |(_, rest)| rest);
    match together(lines).or_else(|| together(without_last)) {
        Some(decoded) => vec![decoded],
        None => lines.iter().filter_map(|line| decode_base64_run(line)).collect(),
    }
}

fn decode_base64_run(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    // A colon separates two values, and `block_body` would take the line for a header of PEM.
    if text.len() < MIN_LEN || text.contains(':') {
        return None;
    }
    block_body::decode(text, is_der_or_text).filter(|decoded| is_der_or_text(decoded))
}

/// Decodes pairs of digits with separators of any kind: `30:82`, `0x30, 0x82`, `\x30\x82`.
fn decode_hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut decoded = Zeroizing::new(Vec::with_capacity(text.len() / 2));
    let mut high = None;
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        if char == '0' && high.is_none() && chars.next_if(|next| matches!(next, 'x' | 'X')).is_some() {
            continue;
        }
        match (char.to_digit(16), high) {
            (Some(digit), None) => high = Some(digit),
            (Some(digit), Some(first)) => {
                decoded.push(u8::try_from(first * 16 + digit).ok()?);
                high = None;
            }
            (None, _) if char.is_whitespace() || matches!(char, ':' | ',' | '\\' | 'x' | '[' | ']' | '{' | '}') => {}
            (None, _) => return None,
        }
    }
    (high.is_none() && decoded.len() * 2 >= MIN_LEN && is_der_or_text(&decoded)).then_some(decoded)
}

fn is_der_or_text(bytes: &[u8]) -> bool {
    let sequence = match bytes {
        [0x30, 0x82, ..] => true,
        [0x30, ..] => Tlv::split_first(bytes).is_some_and(|(_, rest)| rest.len() < 8),
        _ => false,
    };
    sequence || (bytes.len() >= 16 && charset::is_text(bytes))
}

#[cfg(test)]
mod tests {
    use super::{decode, embedded};

    /// "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    const PEM: &str = "LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCkFBQUEKLS0tLS1FTkQgUFJJVkFURSBLRVktLS0tLQo=";

    #[test]
    fn wrapped_base64_is_decoded() {
        for text in [
            PEM.to_owned(),
            format!("'{PEM}'\n"),
            format!("LINE_KEY={PEM}"),
            format!("export LINE_KEY=\"{PEM}\""),
            format!("base64:{PEM}"),
            format!("data:application/x-pem-file;base64,{PEM}"),
            format!("{}\n{}", &PEM[..60], &PEM[60..]),
            PEM.trim_end_matches('=').to_owned(),
        ] {
            assert!(decode(&text).is_some_and(|decoded| decoded.starts_with(b"-----BEGIN")), "{text}");
        }
        let yaml = format!("apiVersion: v1\ndata:\n  tls.key: {PEM}\nkind: Secret\n");
        let count = |text: &str| {
            let found = embedded(text);
            assert!(found.iter().all(|decoded| decoded.starts_with(b"-----BEGIN")));
            found.len()
        };
        assert_eq!(count(&yaml), 1);
        assert_eq!(count(&format!("{yaml}{}", PEM.replace("FBQUE", "FCQUE"))), 2);
        assert_eq!(count(&format!("A=1\nLINE_KEY={PEM}\nB=2")), 1);
        let wrapped = |text: &str, width: usize| {
            let lines = text.as_bytes().chunks(width).map(|line| format!("    {}\n", String::from_utf8_lossy(line)));
            lines.collect::<String>()
        };
        assert_eq!(count(&format!("key: >-\n{}  token: x\n", wrapped(PEM, 64))), 1);
        assert_eq!(count(&format!("key: |\n{0}other: |\n{0}", wrapped(PEM, 64))), 2);
    }

    #[test]
    fn hex_with_separators_is_decoded() {
        let bytes: Vec<u8> = [0x30, 0x82, 1, 0].into_iter().chain(0..=255).collect();
        for separator in ["", " ", ":", "\n", ", 0x", "\\x"] {
            let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let prefix = if separator.ends_with('x') { separator.trim_start_matches([',', ' ']) } else { "" };
            let text = format!("{prefix}{}", digits.join(separator));
            assert_eq!(decode(&text).as_deref(), Some(&bytes), "{separator:?}");
        }
    }

    #[test]
    fn other_texts_are_not_decoded() {
        for text in [
            "",
            "0123456789abcdef0123456789abcdef",
            &"ab".repeat(40),
            &"Zm9v_Y".repeat(20),
            "no base64 at all, by far, but long enough",
        ] {
            assert!(decode(text).is_none(), "{text}");
            assert!(embedded(text).is_empty(), "{text}");
        }
    }
}
