//! The key that tokens in a store are encrypted with.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use line_channel_token::store::SealingKey;
use zeroize::Zeroizing;

use super::failure::failure;
use crate::failure::Failure;
use crate::os_error::describe;
use crate::path_text;

/// More than a key takes, in bytes.
const LIMIT: u64 = 1024;

/// Reads `ID:KEY`. A file that everybody of this machine may read is refused: whoever reads it can read the tokens too.
pub(super) fn read(path: &Path, flag: &str) -> Result<SealingKey, Failure> {
    let name = path_text::shown(path);
    let failed = |what: String| Failure::usage(format!("{flag}: {name}: {what}"));
    let file = File::open(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => failed("there is no such file".to_owned()).with_hint(MAKE_ONE),
        _ => failed(format!("it cannot be read: {}", describe(&error))),
    })?;
    if is_open_to_everybody(&file) {
        return Err(failed("every user of this machine may read it, and so the tokens".to_owned())
            .with_hint(format!("chmod 600 {name}")));
    }
    // It never moves: a copy that is left behind would not be wiped.
    let mut text = Zeroizing::new(String::with_capacity(1025));
    match file.take(LIMIT + 1).read_to_string(&mut text) {
        Ok(_) if text.len() as u64 > LIMIT => {
            return Err(failed("it is too long for a key".to_owned()).with_hint(MAKE_ONE));
        }
        Ok(_) => {}
        Err(_) => return Err(failed("it holds no text, and so no key".to_owned()).with_hint(MAKE_ONE)),
    }
    SealingKey::parse(text.trim()).map_err(|error| failure(&error).in_input(&format!("{flag}: {name}")))
}

const MAKE_ONE: &str = "a key is made by (umask 077; echo \"2026-01:$(openssl rand -base64 32)\" > FILE)";

#[cfg(unix)]
fn is_open_to_everybody(file: &File) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o007 != 0)
}

#[cfg(not(unix))]
fn is_open_to_everybody(_: &File) -> bool {
    false
}
