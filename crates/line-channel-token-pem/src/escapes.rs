//! Undoes the escapes of HTML and of URLs.

use zeroize::Zeroizing;

/// Decodes the entities (`&quot;`, `&#10;`) and the percent-encoding (`%2B`) of `text`, if it has any.
pub(crate) fn unescape(text: Zeroizing<String>) -> Zeroizing<String> {
    let text = if text.contains('&') { decode_entities(&text) } else { text };
    if is_percent_encoded(&text) { decode_percent(&text) } else { text }
}

fn decode_entities(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, entity) = rest.split_at(at);
        out.push_str(before);
        let known = entity.char_indices().take(10).find(|(_, char)| *char == ';').and_then(|(end, _)| {
            let char = match entity.get(1..end)? {
                "quot" => '"',
                "apos" => '\'',
                "amp" => '&',
                "lt" => '<',
                "gt" => '>',
                "nbsp" => ' ',
                "plus" => '+',
                "equals" => '=',
                "sol" => '/',
                "NewLine" => '\n',
                "hyphen" | "dash" | "ndash" | "mdash" => '-',
                number => {
                    let number = number.strip_prefix('#')?;
                    let code = match number.strip_prefix(['x', 'X']) {
                        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                        None => number.parse().ok()?,
                    };
                    char::from_u32(code).filter(char::is_ascii)?
                }
            };
            Some((char, end + 1))
        });
        let (char, length) = known.unwrap_or(('&', 1));
        out.push(char);
        rest = entity.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// Base64, PEM and JWKs have no percent sign, so only a comment may have one otherwise.
fn is_percent_encoded(text: &str) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        rest = rest.get(at + 1..).unwrap_or_default();
        let code = rest.get(..2).unwrap_or_default();
        if ["0A", "0D", "20", "22", "2B", "2F", "3D", "7B"].iter().any(|known| known.eq_ignore_ascii_case(code)) {
            return true;
        }
    }
    false
}

fn decode_percent(text: &str) -> Zeroizing<String> {
    // In a form, a plus means a space, and %2B means a plus.
    let is_form = text.contains("BEGIN+") || !text.contains([' ', '\n']) && text.contains("%2B") && text.contains('+');
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some(at) = rest.find(['%', '+']) {
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        let code = found.strip_prefix('%').and_then(|code| code.get(..2));
        let char = code.and_then(|code| u8::from_str_radix(code, 16).ok()).filter(u8::is_ascii).map(char::from);
        match char {
            Some(char) => out.push(char),
            None if found.starts_with('+') => out.push(if is_form { ' ' } else { '+' }),
            None => out.push('%'),
        }
        rest = found.get(if char.is_some() { 3 } else { 1 }..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::unescape;

    #[test]
    fn entities_and_percent_encoding_are_decoded() {
        for (given, meant) in [
            ("{&quot;kty&quot;:&#34;RSA&#x22;}&#10;a&amp;b &unknown; &", "{\"kty\":\"RSA\"}\na&b &unknown; &"),
            ("BEGIN%20KEY-----%0AAb%2Bc%2fd%3D%3D", "BEGIN KEY-----\nAb+c/d=="),
            ("BEGIN+KEY-----%0AAb%2Bc%ZZ", "BEGIN KEY-----\nAb+c%ZZ"),
            ("100% of a+b", "100% of a+b"),
        ] {
            assert_eq!(unescape(given.to_owned().into()).as_str(), meant);
        }
    }
}
