//! `--port-file`: where tests find the port that was free.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// More than a port takes, in bytes.
const LONGEST: u64 = 16;

/// A file with the port, as long as this lives.
#[derive(Debug)]
pub(crate) struct PortFile {
    path: PathBuf,
    text: String,
}

impl PortFile {
    /// Removes the file that a server left which was killed, so that nobody takes the old port for the new one. One that `is_running`
    /// keeps its file for now. Any other file is left alone, and is an error.
    pub(crate) fn clear(path: &Path, is_running: impl FnOnce(u16) -> bool) -> Result<(), Failure> {
        let text = match fs::metadata(path) {
            Ok(found) if found.is_file() && found.len() <= LONGEST => fs::read_to_string(path).ok(),
            Ok(_) => None,
            // If it cannot be written either, that is said later.
            Err(_) => return Ok(()),
        };
        let text = text.as_deref().map(str::trim);
        let port = text.and_then(|text| if text.is_empty() { Some(0) } else { text.parse::<u16>().ok() });
        let Some(port) = port else {
            let message = format!("--port-file: {} is there, and holds no port", path.display());
            return Err(Failure::usage(message).with_hint("give the name of a new file"));
        };
        if !is_running(port) {
            let _ = fs::remove_file(path);
        }
        Ok(())
    }

    /// Replaces what is there, at once and whole: whoever reads it meanwhile sees the old file or the new one.
    pub(crate) fn write(path: &Path, port: u16) -> Result<Self, Failure> {
        let text = format!("{port}\n");
        replace_file(path, text.as_bytes(), false)
            .map_err(|error| Failure::other(format!("{}: the port file cannot be written: {error}", path.display())))?;
        Ok(Self { path: path.to_owned(), text })
    }
}

impl Drop for PortFile {
    fn drop(&mut self) {
        // Another server may have written its own there since.
        if fs::read_to_string(&self.path).is_ok_and(|text| text == self.text) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Writes a file beside `path` and renames it.
pub(crate) fn replace_file(path: &Path, content: &[u8], is_secret: bool) -> io::Result<()> {
    // A rename would take the place of `/dev/null`, if this user may.
    if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is there, and is no file"));
    }
    let mut name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if is_secret {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    #[cfg(not(unix))]
    let _ = is_secret;
    // It may be left of a process with the same id that was killed.
    let _ = fs::remove_file(&temporary);
    let written = options.open(&temporary).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    let renamed = written.and_then(|()| fs::rename(&temporary, path));
    if renamed.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    renamed
}
