//! What the operating system says, in English whatever its language is.

use std::io;

/// The kind of the error, and the number that the operating system has for it.
pub(crate) fn describe(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => format!("{} (os error {number})", error.kind()),
        None => error.kind().to_string(),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::describe;

    #[test]
    fn the_kind_and_the_number_are_said() {
        assert_eq!(describe(&std::io::Error::from_raw_os_error(28)), "no storage space (os error 28)");
    }
}
