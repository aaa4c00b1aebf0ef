//! Reads JSON and what its neighbours make of it: Python's and JavaScript's literals, JSON without quotes.
//!
//! serde_json would copy strings with escapes into memory that nobody wipes, and takes JSON alone. This borrows what it
//! can, and wipes what it must copy.

use std::fmt;

use zeroize::Zeroizing;

use crate::json_escapes::unescape;
pub(crate) use crate::json_value::{Json, Text};

/// Why a text is no JSON: where, in bytes, and whether because it ends there.
pub(crate) struct Broken {
    pub(crate) at: usize,
    pub(crate) cut_off: bool,
}

impl Broken {
    /// For an error, with the line and column in `text`.
    pub(crate) fn describe(&self, text: &str) -> impl fmt::Display {
        let before = text.get(..self.at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|char| *char != '\n').count() + 1;
        let how = if self.cut_off { "breaks off" } else { "is damaged" };
        format!("the JSON {how} at line {line}, column {column}")
    }
}

/// Deeper than any key, and not so deep that the stack ends.
const DEEPEST: usize = 24;

/// The value at `start` of `text`, and where it ends.
pub(crate) fn parse(text: &str, start: usize) -> Result<(Json<'_>, usize), Broken> {
    let mut parser = Parser { text, at: start };
    let value = parser.value(0)?;
    Ok((value, parser.at))
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn broken(&self) -> Broken {
        Broken { at: self.at, cut_off: self.rest().is_empty() }
    }

    fn take(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        if found {
            self.at += prefix.len();
        }
        found
    }

    /// White space, comments, and line ends that were escaped.
    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") || trimmed.starts_with('#') {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                self.at += trimmed.find("*/").map_or(trimmed.len(), |end| end + 2);
            } else if !(self.take("\\n") || self.take("\\r") || self.take("\\t") || self.take("\\\n")) {
                return;
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Json<'a>, Broken> {
        self.skip();
        match self.rest().chars().next() {
            Some('{' | '[' | '(') if depth >= DEEPEST => Err(self.broken()),
            Some('{') => self.object(depth),
            Some('[') => self.array(depth, ']'),
            Some('(') => self.array(depth, ')'),
            Some('"' | '\'' | '`') => self.string().map(Json::String),
            Some(_) => self.bare(depth),
            None => Err(self.broken()),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json<'a>, Broken> {
        self.at += 1;
        let mut members = Vec::new();
        loop {
            self.skip();
            if self.take("}") {
                return Ok(Json::Object(members));
            }
            // Ruby writes `:name => value`.
            self.take(":");
            let name = match self.rest().chars().next() {
                Some('"' | '\'' | '`') => self.string()?,
                _ => Text::Borrowed(self.word()?),
            };
            self.skip();
            if !(self.take("=>") || self.take(":") || self.take("=")) {
                return Err(self.broken());
            }
            members.push((name, self.value(depth + 1)?));
            self.skip();
            if !(self.take(",") || self.take(";") || self.rest().starts_with('}')) {
                return Err(self.broken());
            }
        }
    }

    /// An array that ends with `close`, or PHP's kind of object: `['name' => value]`, `array('name' => value)`.
    fn array(&mut self, depth: usize, close: char) -> Result<Json<'a>, Broken> {
        self.at += 1;
        let mut items = Vec::new();
        let mut members = Vec::new();
        loop {
            self.skip();
            if self.rest().starts_with(close) {
                self.at += 1;
                return Ok(if members.is_empty() { Json::Array(items) } else { Json::Object(members) });
            }
            let item = self.value(depth + 1)?;
            self.skip();
            match item {
                Json::String(name) if items.is_empty() && self.take("=>") => {
                    members.push((name, self.value(depth + 1)?));
                }
                Json::Number(name) if items.is_empty() && self.take("=>") => {
                    members.push((Text::Borrowed(name), self.value(depth + 1)?));
                }
                item if members.is_empty() => items.push(item),
                _ => return Err(self.broken()),
            }
            self.skip();
            if !(self.take(",") || self.rest().starts_with(close)) {
                return Err(self.broken());
            }
        }
    }

    /// A name or a value without quotes.
    fn word(&mut self) -> Result<&'a str, Broken> {
        let rest = self.rest();
        let end = rest.find(|char: char| !(char.is_ascii_alphanumeric() || "+/-_.=".contains(char)));
        // `=>` and `=` separate a name from its value, and end a word only as padding.
        let word = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        if word.is_empty() {
            return Err(self.broken());
        }
        self.at += word.len();
        Ok(word)
    }

    fn bare(&mut self, depth: usize) -> Result<Json<'a>, Broken> {
        let word = self.word()?;
        // Python writes `b'…'`, `u'…'` and `r'…'`.
        if matches!(word, "b" | "u" | "r" | "f") && self.rest().starts_with(['"', '\'']) {
            return self.string().map(Json::String);
        }
        if word == "array" {
            self.skip();
            if self.rest().starts_with('(') {
                return self.value(depth);
            }
        }
        Ok(match word {
            "null" | "None" | "nil" | "undefined" => Json::Null,
            "true" | "false" | "True" | "False" => Json::Bool,
            word if word.parse::<f64>().is_ok_and(f64::is_finite) => Json::Number(word),
            word => Json::String(Text::Borrowed(word)),
        })
    }

    /// A string, and what it is joined with: `'a' + 'b'` of JavaScript, `'a' 'b'` of Python.
    fn string(&mut self) -> Result<Text<'a>, Broken> {
        let mut parts = vec![self.one_string()?];
        loop {
            let before = self.at;
            self.skip();
            // PHP joins with a dot.
            if self.take("+") || self.take(".") {
                self.skip();
            }
            if !self.rest().starts_with(['"', '\'', '`']) {
                self.at = before;
                break;
            }
            parts.push(self.one_string()?);
        }
        if parts.len() > 1 {
            // Of the right length at once: a string that grows leaves copies behind, and takes quadratic time.
            let mut joined = Zeroizing::new(String::with_capacity(parts.iter().map(|part| part.len()).sum()));
            parts.iter().for_each(|part| joined.push_str(part));
            return Ok(Text::Owned(joined));
        }
        parts.pop().ok_or_else(|| self.broken())
    }

    fn one_string(&mut self) -> Result<Text<'a>, Broken> {
        let rest = self.rest();
        let mut chars = rest.char_indices();
        let quote = chars.next().map(|(_, quote)| quote);
        let mut escaped = false;
        let mut skip_next = false;
        let mut end = None;
        for (at, char) in chars {
            if skip_next {
                skip_next = false;
            } else if char == '\\' {
                escaped = true;
                skip_next = true;
            } else if Some(char) == quote {
                end = Some(at);
                break;
            }
        }
        let Some(end) = end else {
            return Err(Broken { at: self.text.len(), cut_off: true });
        };
        let raw = rest.get(1..end).unwrap_or_default();
        self.at += end + 1;
        Ok(if escaped { Text::Owned(unescape(raw)) } else { Text::Borrowed(raw) })
    }
}

#[cfg(test)]
mod tests {
    use super::{Json, parse};

    /// The value as JSON again, so that a test can compare it.
    fn shown(value: &Json<'_>) -> String {
        match value {
            Json::Null => "null".to_owned(),
            Json::Bool => "bool".to_owned(),
            Json::Number(number) => (*number).to_owned(),
            Json::String(text) => format!("{:?}", &**text),
            Json::Array(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(",")),
            Json::Object(members) => {
                let members = members.iter().map(|(name, value)| format!("{:?}:{}", &**name, shown(value)));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }
        }
    }

    #[test]
    fn json_and_its_neighbours_are_read() {
        for (text, meant) in [
            (r#"{"a":"b","c":[1,-2.5e3,true,null],"d":{}}"#, r#"{"a":"b","c":[1,-2.5e3,bool,null],"d":{}}"#),
            (r#"{"a":"x\/y\u002Bz\u003d\"\\"}"#, r#"{"a":"x/y+z=\"\\"}"#),
            ("{'a': 'b', 'c': True, 'd': None, 'e': b'f',}", r#"{"a":"b","c":bool,"d":null,"e":"f"}"#),
            ("{ a: 'b',\n // comment\n c: `d` + 'e' +\n 'f', }", r#"{"a":"b","c":"def"}"#),
            ("{kty:RSA,e:AQAB,n:_-0v+/x==}", r#"{"kty":"RSA","e":"AQAB","n":"_-0v+/x=="}"#),
            ("{:a => \"b\", \"c\"=>1}", r#"{"a":"b","c":1}"#),
            ("[ /* nothing */ ]", "[]"),
            ("['a' => 'b', 'c' => ['d', 'e'],]", r#"{"a":"b","c":["d","e"]}"#),
            ("[1 => 'a' . 'b', 2 => [\"c\" => null]]", r#"{"1":"ab","2":{"c":null}}"#),
            ("{a: array ( 'b' => array('c'), )}", r#"{"a":{"b":["c"]}}"#),
        ] {
            let (value, end) = parse(text, 0).unwrap_or_else(|broken| panic!("{text}: at {}", broken.at));
            assert_eq!((shown(&value).as_str(), end), (meant, text.len()), "{text}");
        }
    }

    #[test]
    fn what_is_broken_says_where() {
        for (text, says) in [
            ("{\"a\":\n \"b", "the JSON breaks off at line 2, column 4"),
            ("{\"a\":", "breaks off at line 1"),
            ("{\"a\" \"b\"}", "is damaged at line 1, column 9"),
            ("{\"a\":1 2}", "is damaged at line 1, column 8"),
            ("['a', 'b' => 'c']", "is damaged at line 1, column 11"),
            ("['a' => 'b', 'c']", "is damaged at line 1, column 17"),
            (&"[".repeat(100_000), "is damaged at line 1, column 25"),
        ] {
            let Err(broken) = parse(text, 0) else { panic!("{text} is read") };
            assert!(broken.describe(text).to_string().contains(says), "{}", broken.describe(text));
        }
    }
}
