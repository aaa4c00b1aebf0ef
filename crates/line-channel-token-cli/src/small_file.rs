//! Small files of text: configurations, secrets, keys.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::path_text;

const MAX_LEN: u64 = 1024 * 1024;

/// The text of a file, or why it cannot be used; its content is never repeated.
pub(crate) fn read(path: &Path) -> Result<String, String> {
    let said = |what: &str| format!("{}: {what}", path_text::shown(path));
    let file = File::open(path).map_err(|error| said(&reason(&error)))?;
    let mut bytes = Vec::new();
    file.take(MAX_LEN + 1).read_to_end(&mut bytes).map_err(|error| said(&reason(&error)))?;
    if bytes.len() as u64 > MAX_LEN {
        return Err(said("the file is larger than 1 MiB: is it the right one?"));
    }
    let text = String::from_utf8(bytes).map_err(|_| said("the file is not UTF-8 text"))?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "the file may not be read: check its permissions".to_owned(),
        std::io::ErrorKind::IsADirectory => "this is a directory: give a file".to_owned(),
        _ => format!("the file cannot be read: {}", error.kind()),
    }
}
