//! Reads a file that holds a secret: a small one, which is wiped.

use std::fs::{File, metadata, symlink_metadata};
use std::io::{ErrorKind, Read};
use std::path::Path;

use zeroize::Zeroizing;

use crate::path_text::{is_value, mistake};

/// What a file holds.
pub(crate) type Content = Zeroizing<Vec<u8>>;

/// More than any secret or key needs.
const MAX_LEN: usize = 64 * 1024;

/// Reads the file. The error continues its name.
pub(crate) fn read(path: &Path) -> Result<Content, String> {
    // Before it is opened: opening a pipe waits for somebody who writes to it, and a device may never end.
    let kind = metadata(path).map_err(|error| describe(&error, path))?;
    if kind.is_dir() {
        return Err("this is a directory: give the path of the file in it".to_owned());
    }
    if !kind.is_file() {
        return Err(
            "this is a pipe or a device, and the file is read again for each token: give a regular file".to_owned()
        );
    }
    let mut file = File::open(path).map_err(|error| describe(&error, path))?;
    // It never grows, so that no copy is left in memory.
    let mut buffer = Zeroizing::new(vec![0; MAX_LEN + 1]);
    let mut len = 0;
    while let Some(rest) = buffer.get_mut(len..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(describe(&error, path)),
        }
    }
    if len > MAX_LEN {
        return Err(format!("the file is longer than {} KiB: is this another one?", MAX_LEN / 1024));
    }
    match buffer.get(..len) {
        Some([]) | None => Err("the file is empty".to_owned()),
        Some(content) => Ok(Zeroizing::new(content.to_vec())),
    }
}

/// The text of a file in UTF-8, or in UTF-16 as PowerShell's `>` writes it. The error continues the file's name.
pub(crate) fn text(content: &[u8]) -> Result<Zeroizing<String>, &'static str> {
    let unit: fn([u8; 2]) -> u16 = match content {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => {
            let text = str::from_utf8(content).map_err(|_| "the file is not text in UTF-8")?;
            return Ok(Zeroizing::new(text.to_owned()));
        }
    };
    let units = content.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(unit);
    // Enough for each unit, so that it never grows.
    let mut text = Zeroizing::new(String::with_capacity(content.len() * 2));
    for character in char::decode_utf16(units) {
        text.push(character.map_err(|_| "the file begins as UTF-16, and is not")?);
    }
    Ok(text)
}

/// In our words: the text of an error of the system depends on its language.
fn describe(error: &std::io::Error, path: &Path) -> String {
    let text = path.to_str().unwrap_or_default();
    match error.kind() {
        _ if is_value(text) => "this is the value itself and not the path of a file that holds it".to_owned(),
        ErrorKind::NotFound if symlink_metadata(path).is_ok() => {
            "this is a symbolic link to a file that does not exist".to_owned()
        }
        ErrorKind::NotFound => {
            let mistake = mistake(text).map(|mistake| format!("; {mistake}")).unwrap_or_default();
            format!("there is no such file{mistake}")
        }
        ErrorKind::PermissionDenied => {
            "this process may not read it: check the owner and the mode of the file and of its directories".to_owned()
        }
        ErrorKind::NotADirectory => "a part of its path is a file and not a directory".to_owned(),
        _ => match error.raw_os_error() {
            Some(number) => format!("it cannot be read (error {number} of the operating system)"),
            None => "it cannot be read".to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn text_is_decoded_from_utf_8_and_utf_16() {
        let utf_16 =
            |order: fn(u16) -> [u8; 2]| "\u{feff}s3c\u{e9}".encode_utf16().flat_map(order).collect::<Vec<u8>>();
        for content in [utf_16(u16::to_le_bytes), utf_16(u16::to_be_bytes), "\u{feff}s3c\u{e9}".as_bytes().to_vec()] {
            assert_eq!(text(&content).unwrap().as_str(), "\u{feff}s3c\u{e9}");
        }
        assert!(text(b"\xff\xff").is_err() && text(b"\xff\xfe\x00\xdc").is_err());
    }
}
