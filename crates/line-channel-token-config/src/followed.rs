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
        let known = last.as_ref().map(|last| &*last.contents);
        let contents = read_settled(known, || self.read_all(labels)).unwrap_or_else(|| Err(self.unsettled(labels)))?;
        if let Some(last) = last.as_ref().filter(|last| last.contents == contents) {
            return Ok(Arc::clone(last));
        }
        let value = parse(&contents, last.as_deref())?;
        let parsed = Arc::new(Parsed { contents, value });
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&parsed));
        Ok(parsed)
    }

    fn unsettled(&self, labels: &Labels) -> Vec<ConfigProblem> {
        let problem = |(setting, path): &(Setting, PathBuf)| {
            let message = "the file changes while it is read: write it aside and rename it into its place";
            ConfigProblem::new(*setting, labels.given(*setting), message).in_file(path)
        };
        self.files.iter().map(problem).collect()
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

/// Reads what has changed until two readings in a row agree, so that a key is not taken with the kid of the one before, nor half of a file.
/// `None` if they never do.
fn read_settled<C: PartialEq, E>(
    known: Option<&[C]>,
    mut read: impl FnMut() -> Result<Vec<C>, E>,
) -> Option<Result<Vec<C>, E>> {
    let mut before = read();
    if before.as_deref().is_ok_and(|contents| contents.is_empty() || known == Some(contents)) {
        return Some(before);
    }
    for _ in 1..MAX_READINGS {
        let now = read();
        let is_settled = match (&before, &now) {
            (Ok(before), Ok(now)) => before == now,
            (Ok(_) | Err(_), Err(_)) => true,
            (Err(_), Ok(_)) => false,
        };
        if is_settled {
            return Some(now);
        }
        before = now;
    }
    None
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::{Followed, read_settled};
    use crate::labels::Labels;
    use crate::setting::Setting;

    type Reading = Result<Vec<&'static str>, &'static str>;

    /// What is taken if these are read one after the other, and how many were.
    fn settled(known: Option<&[&'static str]>, readings: &[Reading]) -> (Option<Reading>, usize) {
        let mut readings_left = readings.iter();
        let taken = read_settled(known, || readings_left.next().cloned().unwrap_or(Err("no reading is left")));
        (taken, readings.len() - readings_left.len())
    }

    #[test]
    fn two_readings_in_a_row_must_agree() {
        let (old, new, mixed) = (Ok(vec!["key 1", "kid 1"]), Ok(vec!["key 2", "kid 2"]), Ok(vec!["key 1", "kid 2"]));
        let known = ["key 1", "kid 1"];
        assert_eq!(settled(Some(&known), std::slice::from_ref(&old)), (Some(old.clone()), 1), "nothing has changed");
        assert_eq!(settled(Some(&known), &[new.clone(), new.clone()]), (Some(new.clone()), 2));
        assert_eq!(settled(Some(&known), &[mixed.clone(), new.clone(), new.clone()]), (Some(new.clone()), 3));
        assert_eq!(
            settled(None, &[old.clone(), old.clone()]),
            (Some(old.clone()), 2),
            "the first reading may be half a file"
        );
        assert_eq!(
            settled(None, &[Err("empty"), new.clone(), new.clone()]),
            (Some(new.clone()), 3),
            "it was being written"
        );
        assert_eq!(settled(None, &[Err("empty"), Err("empty")]), (Some(Err("empty")), 2));
        assert_eq!(settled(None, &[new.clone(), Err("gone")]), (Some(Err("gone")), 2));
        let restless = [old.clone(), new.clone(), old.clone(), new, old];
        assert_eq!(settled(None, &restless), (None, 5));
        assert_eq!(settled(None, &[Ok(Vec::new())]), (Some(Ok(Vec::new())), 1), "there is no file");
    }

    #[test]
    fn what_has_not_changed_is_parsed_once() {
        let path = std::env::temp_dir().join(format!("line-channel-token-config-{}", std::process::id()));
        let followed = Followed::new(vec![(Setting::ChannelSecretFile, path.clone())]);
        let parsed = Cell::new(0);
        let load = || {
            let value = followed.load(&Labels::Members("".into()), |contents, _| {
                parsed.set(parsed.get() + 1);
                Ok(contents[0].to_vec())
            });
            value.map(|parsed| parsed.value.clone()).map_err(|problems| problems.len())
        };
        for (content, times) in [("one", 1), ("one", 1), ("two", 2), ("one", 3)] {
            std::fs::write(&path, content).unwrap();
            assert_eq!((load().unwrap(), parsed.get()), (content.as_bytes().to_vec(), times));
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!((load(), parsed.get()), (Err(1), 3));
        std::fs::write(&path, "one").unwrap();
        assert_eq!((load().is_ok(), parsed.get()), (true, 3), "it is the same again");
        std::fs::remove_file(&path).unwrap();
    }
}
