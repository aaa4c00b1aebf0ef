//! Files that are read again at each use, and parsed again only if one of them has changed.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::ConfigProblem;
use crate::file::{self, Content};
use crate::labels::Labels;
use crate::setting::Setting;

/// How many readings are made until two in a row agree.
const MAX_READINGS: usize = 5;

/// The files of one credential, and what was last parsed from them.
#[derive(Debug)]
pub(crate) struct Followed<T> {
    files: Vec<(Setting, PathBuf)>,
    last: Mutex<Option<Arc<Parsed<T>>>>,
}

/// What was parsed, and from what.
pub(crate) struct Parsed<T> {
    pub(crate) contents: Vec<Content>,
    pub(crate) value: T,
}

impl<T> std::fmt::Debug for Parsed<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parsed").field("files", &self.contents.len()).finish_non_exhaustive()
    }
}

impl<T> Followed<T> {
    /// There may be no file: then what is parsed stays.
    pub(crate) fn new(files: Vec<(Setting, PathBuf)>) -> Self {
        Self { files, last: Mutex::new(None) }
    }

    /// Whether there is anything to read.
    pub(crate) fn has_files(&self) -> bool {
        !self.files.is_empty()
    }

    /// Reads the files, in the order of [`new`](Self::new), and calls `parse` with them and with what was last parsed, unless
    /// nothing has changed. It blocks.
    pub(crate) fn load(
        &self,
        labels: &Labels,
        parse: impl FnOnce(&[Content], Option<&Parsed<T>>) -> Result<T, Vec<ConfigProblem>>,
    ) -> Result<Arc<Parsed<T>>, Vec<ConfigProblem>> {
        // Not locked while it reads: a file system may hang.
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let contents = self.read_settled(last.as_ref().map(|last| &*last.contents), labels)?;
        if let Some(last) = last.as_ref().filter(|last| last.contents == contents) {
            return Ok(Arc::clone(last));
        }
        let value = parse(&contents, last.as_deref())?;
        let parsed = Arc::new(Parsed { contents, value });
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&parsed));
        Ok(parsed)
    }

    /// Files that changed are read until two readings in a row agree, so that a key is not taken with the kid of the one before, nor half
    /// of a file.
    fn read_settled(&self, known: Option<&[Content]>, labels: &Labels) -> Result<Vec<Content>, Vec<ConfigProblem>> {
        let mut before = self.read_all(labels);
        for _ in 1..MAX_READINGS {
            if before.as_deref().ok() == known && known.is_some() || self.files.is_empty() {
                return before;
            }
            let now = self.read_all(labels);
            match (&before, &now) {
                (Ok(first), Ok(second)) if first != second => before = now,
                // Also two errors, and one that came or went.
                (Ok(_), _) | (Err(_), Err(_)) => return now,
                (Err(_), Ok(_)) => before = now,
            }
        }
        let paths = self.files.iter().map(|(setting, path)| {
            let message = "the file changes while it is read: write it aside and rename it into its place";
            ConfigProblem::new(*setting, labels.given(*setting), message).in_file(path)
        });
        Err(paths.collect())
    }

    fn read_all(&self, labels: &Labels) -> Result<Vec<Content>, Vec<ConfigProblem>> {
        let mut contents = Vec::new();
        let mut problems = Vec::new();
        for (setting, path) in &self.files {
            match file::read(path) {
                Ok(content) => contents.push(content),
                Err(message) => {
                    problems.push(ConfigProblem::new(*setting, labels.given(*setting), message).in_file(path))
                }
            }
        }
        if problems.is_empty() { Ok(contents) } else { Err(problems) }
    }

    /// A problem with what the `nth` file holds.
    pub(crate) fn problem(&self, nth: usize, labels: &Labels, message: &str) -> Option<ConfigProblem> {
        let (setting, path) = self.files.get(nth)?;
        Some(ConfigProblem::new(*setting, labels.given(*setting), message).in_file(path))
    }
}
