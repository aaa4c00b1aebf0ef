//! Parses JSON, and the literals of Python, JavaScript, PHP and Ruby that resemble it.
//!
//! serde_json parses only JSON, and copies strings with escapes into memory that is not wiped. This parser borrows from its
//! input if it can, and wipes its copies.

use std::fmt;

use zeroize::Zeroizing;

use crate::parse::json_str::{JsonStr, unescape};

/// A value, borrowed from the text as far as that has no escapes.
pub(crate) enum Json<'a> {
    Null,
    Bool,
    Number(&'a str),
    String(JsonStr<'a>),
    Array(Vec<Json<'a>>),
    Object(Vec<(JsonStr<'a>, Json<'a>)>),
}

/// The position of a syntax error.
pub(crate) struct SyntaxError {
    /// In bytes.
    pub(crate) at: usize,
    /// Whether the text ends too early.
    pub(crate) cut_off: bool,
}

impl SyntaxError {
    /// Says where the error is, by line and column of `text`.
    pub(crate) fn describe(&self, text: &str) -> impl fmt::Display {
        let before = text.get(..self.at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|char| *char != '\n').count() + 1;
        let how = if self.cut_off { "is cut off" } else { "has a syntax error" };
        format!("the JSON {how} at line {line}, column {column}")
    }
}

/// Deeper than any key, and not so deep that the stack overflows.
const MAX_DEPTH: usize = 24;

/// Parses the value at `start` of `text`. Returns it and its end.
pub(crate) fn parse(text: &str, start: usize) -> Result<(Json<'_>, usize), SyntaxError> {
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

    fn error(&self) -> SyntaxError {
        SyntaxError { at: self.at, cut_off: self.rest().is_empty() }
    }

    fn eat(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        if found {
            self.at += prefix.len();
        }
        found
    }

    /// Skips white space, comments and escaped line ends.
    fn skip_trivia(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") || trimmed.starts_with('#') {
                self.at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                self.at += trimmed.find("*/").map_or(trimmed.len(), |end| end + 2);
            } else if !(self.eat("\\n") || self.eat("\\r") || self.eat("\\t") || self.eat("\\\n")) {
                return;
            }
        }
    }

    fn value(&mut self, depth: usize) -> Result<Json<'a>, SyntaxError> {
        self.skip_trivia();
        match self.rest().chars().next() {
            Some('{' | '[' | '(') if depth >= MAX_DEPTH => Err(self.error()),
            Some('{') => self.object(depth),
            Some('[') => self.array(depth, ']'),
            Some('(') => self.array(depth, ')'),
            Some('"' | '\'' | '`') => self.string().map(Json::String),
            Some(_) => self.bare(depth),
            None => Err(self.error()),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json<'a>, SyntaxError> {
        self.at += 1;
        let mut members = Vec::new();
        loop {
            self.skip_trivia();
            if self.eat("}") {
                return Ok(Json::Object(members));
            }
            // Ruby writes `:name => value`.
            self.eat(":");
            let name = match self.rest().chars().next() {
                Some('"' | '\'' | '`') => self.string()?,
                _ => JsonStr::Borrowed(self.unquoted()?),
            };
            self.skip_trivia();
            if !(self.eat("=>") || self.eat(":") || self.eat("=")) {
                return Err(self.error());
            }
            members.push((name, self.value(depth + 1)?));
            self.skip_trivia();
            if !(self.eat(",") || self.eat(";") || self.rest().starts_with('}')) {
                return Err(self.error());
            }
        }
    }

    /// An array that ends with `close`, or an object of PHP: `['name' => value]`, `array('name' => value)`.
    fn array(&mut self, depth: usize, close: char) -> Result<Json<'a>, SyntaxError> {
        self.at += 1;
        let mut items = Vec::new();
        let mut members = Vec::new();
        loop {
            self.skip_trivia();
            if self.rest().starts_with(close) {
                self.at += 1;
                return Ok(if members.is_empty() { Json::Array(items) } else { Json::Object(members) });
            }
            let item = self.value(depth + 1)?;
            self.skip_trivia();
            match item {
                Json::String(name) if items.is_empty() && self.eat("=>") => {
                    members.push((name, self.value(depth + 1)?));
                }
                Json::Number(name) if items.is_empty() && self.eat("=>") => {
                    members.push((JsonStr::Borrowed(name), self.value(depth + 1)?));
                }
                item if members.is_empty() => items.push(item),
                _ => return Err(self.error()),
            }
            self.skip_trivia();
            if !(self.eat(",") || self.rest().starts_with(close)) {
                return Err(self.error());
            }
        }
    }

    /// A name or a value without quotes.
    fn unquoted(&mut self) -> Result<&'a str, SyntaxError> {
        let rest = self.rest();
        let end = rest.find(|char: char| !(char.is_ascii_alphanumeric() || "+/-_.=".contains(char)));
        let word = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        if word.is_empty() {
            return Err(self.error());
        }
        self.at += word.len();
        Ok(word)
    }

    /// A value without quotes: a number, a name or a prefixed string.
    fn bare(&mut self, depth: usize) -> Result<Json<'a>, SyntaxError> {
        let word = self.unquoted()?;
        // Python writes `b'…'`, `u'…'` and `r'…'`.
        if matches!(word, "b" | "u" | "r" | "f") && self.rest().starts_with(['"', '\'']) {
            return self.string().map(Json::String);
        }
        if word == "array" {
            self.skip_trivia();
            if self.rest().starts_with('(') {
                return self.value(depth);
            }
        }
        Ok(match word {
            "null" | "None" | "nil" | "undefined" => Json::Null,
            "true" | "false" | "True" | "False" => Json::Bool,
            word if word.parse::<f64>().is_ok_and(f64::is_finite) => Json::Number(word),
            word => Json::String(JsonStr::Borrowed(word)),
        })
    }

    /// A string, or several that are concatenated: `'a' + 'b'` in JavaScript, `'a' 'b'` in Python.
    fn string(&mut self) -> Result<JsonStr<'a>, SyntaxError> {
        let mut parts = vec![self.string_literal()?];
        loop {
            let before = self.at;
            self.skip_trivia();
            // PHP concatenates with a dot.
            if self.eat("+") || self.eat(".") {
                self.skip_trivia();
            }
            if !self.rest().starts_with(['"', '\'', '`']) {
                self.at = before;
                break;
            }
            parts.push(self.string_literal()?);
        }
        if parts.len() > 1 {
            // The capacity is exact: a string that grows leaves copies in memory.
            let mut joined = Zeroizing::new(String::with_capacity(parts.iter().map(|part| part.as_str().len()).sum()));
            parts.iter().for_each(|part| joined.push_str(part.as_str()));
            return Ok(JsonStr::Owned(joined));
        }
        parts.pop().ok_or_else(|| self.error())
    }

    fn string_literal(&mut self) -> Result<JsonStr<'a>, SyntaxError> {
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
            return Err(SyntaxError { at: self.text.len(), cut_off: true });
        };
        let raw = rest.get(1..end).unwrap_or_default();
        self.at += end + 1;
        Ok(if escaped { JsonStr::Owned(unescape(raw)) } else { JsonStr::Borrowed(raw) })
    }
}

#[cfg(test)]
mod tests {
    use super::{Json, parse};

    /// The value as JSON, to compare it.
    fn to_json(value: &Json<'_>) -> String {
        match value {
            Json::Null => "null".to_owned(),
            Json::Bool => "bool".to_owned(),
            Json::Number(number) => (*number).to_owned(),
            Json::String(text) => format!("{:?}", text.as_str()),
            Json::Array(items) => format!("[{}]", items.iter().map(to_json).collect::<Vec<_>>().join(",")),
            Json::Object(members) => {
                let members = members.iter().map(|(name, value)| format!("{:?}:{}", name.as_str(), to_json(value)));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }
        }
    }

    #[test]
    fn json_and_similar_literals_are_parsed() {
        for (text, expected) in [
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
            let (value, end) = parse(text, 0).unwrap_or_else(|error| panic!("{text}: at {}", error.at));
            assert_eq!((to_json(&value).as_str(), end), (expected, text.len()), "{text}");
        }
    }

    #[test]
    fn syntax_errors_have_a_position() {
        for (text, says) in [
            ("{\"a\":\n \"b", "the JSON is cut off at line 2, column 4"),
            ("{\"a\":", "is cut off at line 1"),
            ("{\"a\" \"b\"}", "has a syntax error at line 1, column 9"),
            ("{\"a\":1 2}", "has a syntax error at line 1, column 8"),
            ("['a', 'b' => 'c']", "has a syntax error at line 1, column 11"),
            ("['a' => 'b', 'c']", "has a syntax error at line 1, column 17"),
            (&"[".repeat(100_000), "has a syntax error at line 1, column 25"),
        ] {
            let Err(error) = parse(text, 0) else { panic!("{text} is parsed") };
            assert!(error.describe(text).to_string().contains(says), "{}", error.describe(text));
        }
    }
}
