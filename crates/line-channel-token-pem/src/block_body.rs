//! Decodes the base64 of a PEM block, and undoes what shells, editors and secret stores did to it.

use zeroize::Zeroizing;

use crate::{Tlv, decode_base64};

/// Decodes `body` by the first repair that gives exactly one element of DER, or else by the first whose result is
/// `acceptable`, or else by the first that gives any bytes.
///
/// Some damage can be repaired in more ways than one: a space may have been a line end or a plus. No wrong repair gives
/// DER of exactly the right length.
pub(crate) fn decode(body: &str, acceptable: impl Fn(&[u8]) -> bool) -> Option<Zeroizing<Vec<u8>>> {
    const REPAIRS: [fn(&str) -> Zeroizing<String>; 4] =
        [unchanged, with_pluses, with_pluses_on_one_line, without_lost_escapes];
    let untrimmed = without_marks(body);
    let trimmed = without_edges(&untrimmed);
    let mut first = None;
    let mut first_acceptable = None;
    // A dash or an underscore at the edge may be data, so it is kept first.
    let both = [&untrimmed, &trimmed];
    for der in both.into_iter().flat_map(|text| REPAIRS.iter().filter_map(move |repair| decode_base64(&repair(text)))) {
        if Tlv::split_first(&der).is_some_and(|(first, rest)| first.tag == 0x30 && rest.is_empty()) {
            return Some(der);
        }
        let result = if acceptable(&der) { &mut first_acceptable } else { &mut first };
        result.get_or_insert(der);
    }
    first_acceptable.or(first)
}

/// Without headers, escapes, quotes and the marks at the beginning of lines.
fn without_marks(body: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(body.len() + 1));
    for line in unescaped(body).lines() {
        // A colon marks a header of the old format, `Comment: …`.
        if line.contains(':') {
            continue;
        }
        // Spaces are kept: they may have been pluses.
        let mark = |char: char| char.is_whitespace() || matches!(char, '>' | '#' | '|' | '*');
        let marked = line.trim_start().starts_with(['>', '#', '|', '*']);
        let mut rest = if marked { line.trim_start_matches(mark) } else { line };
        while let Some(at) = rest.find(['"', '\'', '`', ',', ';', '<', '|', '\\']) {
            let (before, found) = rest.split_at(at);
            out.push_str(before);
            // A plus or a dot between two quotes joins strings in source code.
            let quote = found.starts_with(['"', '\'', '`']);
            let tag = found.bytes().take(20).position(|byte| byte == b'>').filter(|_| found.starts_with('<'));
            rest = found.get(tag.map_or(1, |end| end + 1)..).unwrap_or_default();
            if quote && matches!(rest.trim(), "+" | "." | "&" | "+ \\" | ".." | "\\") {
                rest = "";
            }
        }
        out.push_str(rest);
        out.push('\n');
    }
    without(&out, |char| matches!(char, '\n' | '\r'))
}

/// Without the remains of BEGIN and END lines that have other characters in place of dashes.
fn without_edges(text: &str) -> Zeroizing<String> {
    without(text, |char| matches!(char, '\n' | '\r' | '-' | '=' | '*' | '_' | '~'))
}

fn without(text: &str, edge: fn(char) -> bool) -> Zeroizing<String> {
    Zeroizing::new(text.trim_matches(edge).to_owned())
}

/// `\n`, `\r` and `\t` become line ends, `\/` a slash; `\u002B`, `\x2b` and `\053` become the character that they name.
fn unescaped(body: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(body.len()));
    let mut rest = body;
    while let Some(at) = rest.find('\\') {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        // The text may have been escaped several times.
        let escape = found.trim_start_matches('\\');
        let named = |digits: std::ops::Range<usize>, radix| {
            let code = u32::from_str_radix(escape.get(digits)?, radix).ok()?;
            char::from_u32(code).filter(char::is_ascii)
        };
        let (char, length) = match escape.chars().next() {
            Some('n' | 'r' | 't' | 'f') => (Some('\n'), 1),
            Some('/') => (Some('/'), 1),
            Some('u') => (named(1..5, 16), 5),
            Some('x') => (named(1..3, 16), 3),
            Some('0'..='3') => (named(0..3, 8), 3),
            _ => (None, 0),
        };
        let length = if char.is_some() { length } else { 0 };
        out.push(char.unwrap_or('\\'));
        rest = escape.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

fn unchanged(body: &str) -> Zeroizing<String> {
    Zeroizing::new(body.to_owned())
}

/// A form or a URL turned every plus into a space, also at both ends of a line, and kept the line ends. The first line
/// shows how far all lines are indented: base64 of DER does not begin with a plus.
fn with_pluses(body: &str) -> Zeroizing<String> {
    let indent = body.lines().next().map_or(0, |first| first.len() - first.trim_start().len());
    let mut out = Zeroizing::new(String::with_capacity(body.len()));
    for line in body.lines() {
        let line = line.get(indent..).unwrap_or_default();
        out.extend(line.chars().map(|char| if char == ' ' { '+' } else { char }));
    }
    out
}

/// As [`with_pluses`], and the line ends became spaces too: PEM has 64 characters on a line.
fn with_pluses_on_one_line(body: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(body.len()));
    let mut column = 0;
    for char in body.trim().chars() {
        if column == 64 && char == ' ' {
            column = 0;
            continue;
        }
        column += 1;
        out.push(if char == ' ' { '+' } else { char });
    }
    out
}

/// A shell removed the backslashes of `\n` or `\r\n` and kept the letters after each line.
fn without_lost_escapes(body: &str) -> Zeroizing<String> {
    let mark = if body.starts_with("rn") { "rn" } else { "n" };
    let mut out = Zeroizing::new(String::with_capacity(body.len()));
    let mut rest = body.trim();
    while let Some(line) = rest.strip_prefix(mark) {
        let end = line.char_indices().nth(64).map_or(line.len(), |(end, _)| end);
        let (line, after) = line.split_at(end);
        out.push_str(line);
        rest = after;
    }
    // The last line is shorter, and has its mark at its end.
    if out.ends_with(mark) {
        let end = out.len() - mark.len();
        out.truncate(end);
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::decode;

    fn whole(der: &[u8]) -> bool {
        der.len() == 60 && der[54..57] == [0xfb, 0xef, 0xbe]
    }

    /// 80 characters of base64, with a plus in each line.
    const FIRST: &str = "AA++++AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA+";
    const SECOND: &str = "+AAAAAAA++++AAAA";

    #[test]
    fn each_damage_is_repaired() {
        for body in [
            format!("\n{FIRST}\n{SECOND}\n"),
            format!("\r\n{FIRST}\r\n{SECOND}\r\n"),
            format!(" {FIRST} {SECOND} "),
            format!("{FIRST}{SECOND}"),
            format!("\\n{FIRST}\\n{SECOND}\\n"),
            format!("\\\\r\\\\n{FIRST}\\\\r\\\\n{SECOND}\\\\r\\\\n"),
            format!("n{FIRST}n{SECOND}n"),
            format!("rn{FIRST}rn{SECOND}rn"),
            format!("\n{FIRST}\n{SECOND}\n").replace('+', " "),
            format!("\n  {}\n  {}\n", FIRST.replace("A+++", "A  +"), SECOND.replace("A++", "A  ")),
            format!(" {FIRST} {SECOND} ").replace('+', " "),
            format!("\n{FIRST}\n{SECOND}\n").replace('+', "\\u002B"),
            format!("\n{FIRST}\n{SECOND}\n").replace('+', "-"),
            format!("\\n\" +\n  \"{FIRST}\\n\" +\n  \"{SECOND}\\n\" +\n  \""),
            format!("\",\n  \"{FIRST}\",\n  \"{SECOND}\",\n  \""),
            format!("<br>\n{FIRST}<br/>{SECOND}</p>"),
            format!("\n> {FIRST}\n> {SECOND}\n> "),
            format!("\nComment: a key\n\n{FIRST}\n{SECOND}\n"),
            format!("====\n{FIRST}\n{SECOND}\n===="),
        ] {
            let der = decode(&body, whole);
            assert!(der.is_some_and(|der| whole(&der)), "{body}");
        }
        assert!(decode("A*AA", whole).is_none());
    }

    #[test]
    fn base64url_dashes_are_kept() {
        // A SEQUENCE of 4 bytes whose last ones are written with "-" and "_".
        for (body, last) in
            [("MAQAAAA-", 0x3e), ("MAQAAAA_", 0x3f), ("\nMAQA\n_7--\n", 0xbe), ("====MAQAAAA+====", 0x3e)]
        {
            let der = decode(body, |_| true).unwrap();
            assert_eq!((der.len(), der.last()), (6, Some(&last)), "{body}");
        }
    }
}
