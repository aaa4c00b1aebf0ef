//! The BEGIN and END lines of PEM (the encapsulation boundaries of RFC 7468), however damaged.

/// A BEGIN or an END line.
pub(crate) struct Boundary {
    pub(crate) is_begin: bool,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// In capitals, without spaces.
    pub(crate) label: String,
}

/// Whether `text` has a BEGIN or an END line.
pub(crate) fn has_boundary(text: &str) -> bool {
    !find_boundaries(text).is_empty()
}

/// All BEGIN and END lines of `text`, in order.
pub(crate) fn find_boundaries(text: &str) -> Vec<Boundary> {
    let mut boundaries: Vec<Boundary> = Vec::new();
    let mut from = 0;
    while let Some((at, is_begin)) = next_keyword(text, from) {
        let after = at + if is_begin { 5 } else { 3 };
        from = after;
        let (Some(before), Some(behind)) = (text.get(..at), text.get(after..)) else {
            continue;
        };
        // Only the last group of dashes belongs to the boundary: a dash at the end of the line before is base64url.
        let unspaced = before.trim_end();
        let dashed = unspaced.ends_with('-');
        let start = if dashed { unspaced.trim_end_matches('-').len() } else { at };
        let Some((label, length)) = parse_label(behind, dashed) else {
            continue;
        };
        let end = after + length;
        from = end;
        boundaries.push(Boundary { is_begin, start, end, label });
    }
    boundaries
}

/// The position of the next `BEGIN` or `END`, and whether it is a `BEGIN`.
fn next_keyword(text: &str, from: usize) -> Option<(usize, bool)> {
    let bytes = text.as_bytes();
    let starts = |at: usize, word: &str| {
        bytes.get(at..at + word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
    };
    (from..bytes.len()).find_map(|at| match bytes.get(at)? {
        b'B' | b'b' if starts(at, "BEGIN") => Some((at, true)),
        b'E' | b'e' if starts(at, "END") => Some((at, false)),
        _ => None,
    })
}

/// The longest label is `SSH2 ENCRYPTED PRIVATE KEY`; this leaves room for some white space.
const MAX_LABEL_LEN: usize = 48;
/// The last words of labels, to find the end of a label without dashes. The longer of two with the same beginning comes first.
const LAST_WORDS: [&str; 6] = ["KEY BLOCK", "KEY", "CERTIFICATE REQUEST", "CERTIFICATE", "PARAMETERS", "PKCS7"];

/// The label at the beginning of `text`, and the length of it and its dashes.
fn parse_label(text: &str, dashed: bool) -> Option<(String, usize)> {
    let in_label = |char: char| {
        char.is_ascii_alphanumeric() || char.is_whitespace() || matches!(char, '_' | '.' | '/' | '#' | '+' | '\\')
    };
    let mut length = text.chars().take(MAX_LABEL_LEN).take_while(|char| in_label(*char)).map(char::len_utf8).sum();
    let whole_text = length == text.len();
    if !text.get(length..)?.starts_with('-') {
        // No dash follows, so the label ends with the first word that labels end with.
        let words = text.get(..length)?;
        match LAST_WORDS.iter().filter_map(|word| Some((words.find(word)?, word.len()))).min_by_key(|(at, _)| *at) {
            Some((at, word)) if dashed || words.starts_with(char::is_whitespace) => length = at + word,
            _ if dashed && whole_text => {}
            _ => return None,
        }
    } else if !dashed && !LAST_WORDS.iter().any(|word| text.get(..length).is_some_and(|words| words.contains(word))) {
        return None;
    }
    let words = text.get(..length)?;
    let label: String = words
        .replace("\\n", "")
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|char| char.to_ascii_uppercase())
        .collect();
    if label.is_empty() {
        return None;
    }
    let dashes = text.get(length..)?;
    let trimmed = dashes.trim_start_matches('-').trim_start_matches([' ', '\t']).trim_start_matches('-');
    Some((label, length + dashes.len() - trimmed.len()))
}

#[cfg(test)]
mod tests {
    use super::find_boundaries;

    #[test]
    fn damaged_boundaries_are_found() {
        for (line, label) in [
            ("-----BEGIN PRIVATE KEY-----", "PRIVATEKEY"),
            ("---- BEGIN RSA PRIVATE KEY ----", "RSAPRIVATEKEY"),
            ("BEGIN PRIVATE KEY", "PRIVATEKEY"),
            ("-begin certificate-", "CERTIFICATE"),
            ("-----BEGIN\\nPRIVATE KEY-----", "PRIVATEKEY"),
        ] {
            let [boundary] = &find_boundaries(line)[..] else { panic!("{line}") };
            assert_eq!((boundary.label.as_str(), boundary.is_begin), (label, true), "{line}");
            assert_eq!((boundary.start, boundary.end), (0, line.len()), "{line}");
        }
    }

    #[test]
    fn words_are_no_boundaries() {
        for text in ["begin", "the end of the key", "BEGINNING", "BEGIN a sentence", "-----BEGIN-----"] {
            assert!(find_boundaries(text).is_empty(), "{text}");
        }
    }
}
