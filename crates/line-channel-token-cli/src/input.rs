//! Where a secret, a token or a key is read from: standard input or a file, and never the command line.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};

use clap::builder::{OsStringValueParser, TypedValueParser};
use zeroize::Zeroizing;

use crate::failure::{Exit, Failure};
use crate::os_error::describe;
use crate::{output, path_text};

/// Where a value is read from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Source {
    /// `-`, or nothing at all.
    #[default]
    Stdin,
    /// `FILE`, or `@FILE` as curl has it.
    File(PathBuf),
}

impl Source {
    /// A parser for an argument: `#[arg(value_name = "FILE", value_parser = Source::parser())]`.
    pub(crate) fn parser() -> impl TypedValueParser<Value = Self> {
        OsStringValueParser::new().map(Self::new)
    }

    /// From an argument.
    fn new(argument: OsString) -> Self {
        let text = argument.to_str();
        match text.map(|text| text.strip_prefix('@').unwrap_or(text)) {
            Some("-") => Self::Stdin,
            Some(path) => Self::File(path.into()),
            None => Self::File(argument.into()),
        }
    }

    /// All bytes, `limit` at most. `what` continues "the file of …" and "waiting for …".
    pub(crate) fn read(&self, what: &str, limit: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
        match self {
            Self::Stdin => {
                let stdin = io::stdin();
                if stdin.is_terminal() {
                    output::note(&format!(
                        "waiting for {what} on standard input: paste it, then press Enter and {END}"
                    ));
                }
                read_all(stdin.lock(), limit).map_err(|error| failure(&error, what, "standard input", limit))
            }
            Self::File(path) => read_file(path, what, limit),
        }
    }

    /// As [`read`](Self::read), as text in UTF-8 or UTF-16, without what is around it. Empty text is refused.
    pub(crate) fn read_text(&self, what: &str, limit: usize) -> Result<Zeroizing<String>, Failure> {
        let bytes = self.read(what, limit)?;
        let text =
            text(&bytes).ok_or_else(|| Failure::usage(format!("{}: this is no text, and no {what}", self.name())))?;
        if text.trim().is_empty() {
            return Err(Failure::usage(format!("{} is empty: {what} was expected", self.name())));
        }
        Ok(text)
    }

    /// Its name in messages.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Stdin => "standard input".to_owned(),
            Self::File(path) => path_text::shown(path),
        }
    }
}

/// What ends the input of a terminal.
const END: &str = if cfg!(windows) { "Ctrl-Z and Enter" } else { "Ctrl-D" };

fn read_file(path: &Path, what: &str, limit: usize) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let name = path_text::shown(path);
    let file = File::open(path).map_err(|error| failure(&error, what, &name, limit))?;
    if file.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        return Err(Failure::usage(format!("{name} is a folder: give the file of {what}")));
    }
    read_all(file, limit).map_err(|error| failure(&error, what, &name, limit))
}

/// Reads up to `limit` bytes, into memory that never moves: a copy that is left behind would not be wiped.
fn read_all(reader: impl Read, limit: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit + 1));
    reader.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > limit { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

fn failure(error: &io::Error, what: &str, name: &str, limit: usize) -> Failure {
    match error.kind() {
        io::ErrorKind::NotFound => Failure::usage(format!("there is no such file: {name}"))
            .with_hint(format!("give the path of the file of {what}, or - for standard input")),
        io::ErrorKind::PermissionDenied => Failure::usage(format!("{name} may not be read by this user")),
        io::ErrorKind::IsADirectory => Failure::usage(format!("{name} is a folder: give the file of {what}")),
        io::ErrorKind::FileTooLarge => {
            Failure::usage(format!("{name} holds more than {} KiB: that is no {what}", limit / 1024))
        }
        _ => Failure::new(Exit::Other, "input", format!("{name} cannot be read: {}", describe(error))),
    }
}

/// The text of UTF-8 or UTF-16, with or without a byte order mark: PowerShell's `>` writes UTF-16. `None` if it is neither.
fn text(bytes: &[u8]) -> Option<Zeroizing<String>> {
    let pairs = |bytes: &[u8], from: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|pair| from([pair[0], pair[1]]));
        let text: Result<String, _> = char::decode_utf16(units).collect();
        text.ok().map(Zeroizing::new)
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => pairs(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => pairs(rest, u16::from_be_bytes),
        [_, 0, _, 0, ..] => pairs(bytes, u16::from_le_bytes),
        [0, _, 0, _, ..] => pairs(bytes, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => std::str::from_utf8(rest).ok().map(|text| Zeroizing::new(text.to_owned())),
        _ => std::str::from_utf8(bytes).ok().map(|text| Zeroizing::new(text.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Source, read_all, text};

    #[test]
    fn an_argument_names_a_file_or_standard_input() {
        for (argument, source) in [
            ("-", Source::Stdin),
            ("@-", Source::Stdin),
            ("token.txt", Source::File("token.txt".into())),
            ("@token.txt", Source::File("token.txt".into())),
            ("@@token.txt", Source::File("@token.txt".into())),
            ("./@token.txt", Source::File("./@token.txt".into())),
        ] {
            assert_eq!(Source::new(argument.into()), source, "{argument}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_path_may_be_in_no_unicode() {
        use std::os::unix::ffi::OsStringExt as _;
        let path = std::ffi::OsString::from_vec(vec![b'k', 0xff]);
        assert_eq!(Source::new(path.clone()), Source::File(PathBuf::from(path)));
    }

    #[test]
    fn text_of_any_editor_is_decoded() {
        let utf16 = |text: &str, bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        for bytes in [
            b"eyJ.\xc3\xa9".to_vec(),
            b"\xef\xbb\xbfeyJ.\xc3\xa9".to_vec(),
            utf16("\u{feff}eyJ.é", u16::to_le_bytes),
            utf16("\u{feff}eyJ.é", u16::to_be_bytes),
            utf16("eyJ.é", u16::to_le_bytes),
            utf16("eyJ.é", u16::to_be_bytes),
        ] {
            assert_eq!(text(&bytes).unwrap().as_str(), "eyJ.é", "{bytes:?}");
        }
        assert!(text(b"\xff\xd8\xff").is_none() && text(b"\xfe\xff\xd8\x00").is_none());
    }

    #[test]
    fn more_than_the_limit_is_refused() {
        assert_eq!(read_all(&b"1234"[..], 4).unwrap().as_slice(), b"1234");
        assert!(read_all(&b"12345"[..], 4).is_err());
        assert!(read_all(std::io::repeat(0), 1 << 16).is_err(), "/dev/zero has no end");
    }
}
