//! PEM, DER and JSON inside of base64 or hex.

use zeroize::Zeroizing;

use crate::{Tlv, body, charset};

/// The shortest text that may be a key or a certificate in another encoding: shorter ones are ids and secrets.
const SHORTEST: usize = 60;

/// What `text` as a whole encodes, if that makes sense: DER or text.
pub(crate) fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let text = text.trim().trim_matches(['"', '\'', '`']).trim();
    // `data:…;base64,` of a URL, `base64:` of a framework, and the name of a variable.
    let value = text.split_once("base64,").or_else(|| text.split_once("base64:")).map(|(_, value)| value);
    let named = text.split_once(['=', ':']).filter(|(name, _)| name.len() < 64).map(|(_, value)| value);
    let raw = Some(text);
    raw.into_iter().chain(value).chain(named).find_map(|text| {
        let text = text.trim().trim_matches(['"', '\'', '`', ',', ';', '|', '>']);
        hex(text).or_else(|| base64(text))
    })
}

/// What each long run of base64 in `text` encodes, as in the YAML of a Kubernetes secret.
pub(crate) fn embedded(text: &str) -> Vec<Zeroizing<Vec<u8>>> {
    let part = |char: char| char.is_ascii_alphanumeric() || matches!(char, '+' | '/' | '-' | '_' | '=');
    let mut found = Vec::new();
    for segment in text.split(|char: char| !part(char) && !char.is_whitespace()) {
        // `KEY=` of a .env file belongs to no run: a name ends at the first sign of padding that more follows.
        let mut runs = segment.split_whitespace().map(|run| {
            let value = run.trim_end_matches('=').rfind('=').and_then(|at| run.get(at + 1..));
            value.unwrap_or(run)
        });
        let mut lines: Vec<&str> = Vec::new();
        loop {
            let run = runs.next();
            // Lines of one width, of which the last may be shorter, are one run.
            let width = lines.first().map(|first| first.len());
            let full = lines.last().is_some_and(|last| Some(last.len()) == width && !last.ends_with('='));
            match run {
                Some(run) if full && Some(run.len()) <= width => lines.push(run),
                run => {
                    found.extend(lines_of_base64(&lines));
                    lines = run.into_iter().filter(|run| run.len() >= SHORTEST).collect();
                    if run.is_none() {
                        break;
                    }
                }
            }
        }
    }
    found
}

/// What the lines encode together; if that makes no sense, what each of them does.
fn lines_of_base64(lines: &[&str]) -> Vec<Zeroizing<Vec<u8>>> {
    let together = |lines: &[&str]| {
        let mut joined = Zeroizing::new(String::with_capacity(lines.iter().map(|line| line.len()).sum()));
        lines.iter().for_each(|line| joined.push_str(line));
        base64(&joined)
    };
    // A word that follows the last line is not part of it.
    let without_last = lines.split_last().map_or(lines, |(_, rest)| rest);
    match together(lines).or_else(|| together(without_last)) {
        Some(decoded) => vec![decoded],
        None => lines.iter().filter_map(|line| base64(line)).collect(),
    }
}

fn base64(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    // What follows a colon is another value, and would be left out as a header of PEM.
    if text.len() < SHORTEST || text.contains(':') {
        return None;
    }
    body::decode(text, makes_sense).filter(|decoded| makes_sense(decoded))
}

/// Digits in pairs, with whatever stands between them: `30:82`, `0x30, 0x82`, `\x30\x82`.
fn hex(text: &str) -> Option<Zeroizing<Vec<u8>>> {
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
    (high.is_none() && decoded.len() * 2 >= SHORTEST && makes_sense(&decoded)).then_some(decoded)
}

fn makes_sense(bytes: &[u8]) -> bool {
    let sequence = match bytes {
        [0x30, 0x82, ..] => true,
        [0x30, ..] => Tlv::first(bytes).is_some_and(|(_, rest)| rest.len() < 8),
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
    fn base64_is_decoded_whatever_it_is_wrapped_in() {
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
    fn hex_is_decoded_whatever_stands_between_the_digits() {
        let bytes: Vec<u8> = [0x30, 0x82, 1, 0].into_iter().chain(0..=255).collect();
        for separator in ["", " ", ":", "\n", ", 0x", "\\x"] {
            let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            let prefix = if separator.ends_with('x') { separator.trim_start_matches([',', ' ']) } else { "" };
            let text = format!("{prefix}{}", digits.join(separator));
            assert_eq!(decode(&text).as_deref(), Some(&bytes), "{separator:?}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_left_alone() {
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
