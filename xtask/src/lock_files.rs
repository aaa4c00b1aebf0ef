//! The crates that our lock files name.

use crate::run::root;

/// Of the workspace, and of the program that compares us with other libraries. The programs in `xtask/consumers` copy the first.
const FILES: [&str; 2] = ["Cargo.lock", "xtask/compare/Cargo.lock"];

/// Those of these crates that no lock file names: nobody could bring them along, so the name is old or has a typing error.
pub(crate) fn unknown<'a>(names: &[&'a str]) -> Result<Vec<&'a str>, String> {
    let read = |file| std::fs::read_to_string(root().join(file)).map_err(|error| format!("{file}: {error}"));
    let text = FILES.into_iter().map(read).collect::<Result<String, _>>()?;
    let known = |name: &str| text.lines().any(|line| line == format!("name = \"{name}\""));
    Ok(names.iter().copied().filter(|name| !known(name)).collect())
}

#[cfg(test)]
mod tests {
    use super::unknown;

    #[test]
    fn a_crate_that_no_lock_file_names_is_unknown() {
        let names = ["ring", "rnig", "rin", "yup-oauth2", "line-channel-token-core", "name"];
        assert_eq!(unknown(&names).unwrap(), ["rnig", "rin", "name"]);
    }
}
