//! Where the state of a user's programs is.

use std::ffi::OsString;
use std::path::PathBuf;

use super::super::store_error::{StoreError, StoreErrorKind};

const NAME: &str = "line-channel-token";

/// The directory of this program's state, by the variables that `variable` looks up: as XDG's base directory specification has it, which says that a
/// relative path is to be ignored; on Windows the user's local application data.
pub(super) fn from_environment(variable: &dyn Fn(&str) -> Option<OsString>) -> Result<PathBuf, StoreError> {
    let absolute = |name| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        let local = absolute("LOCALAPPDATA").map(|path| path.join(NAME));
        return local.ok_or_else(|| nowhere("LOCALAPPDATA is not set to an absolute path: set it"));
    }
    let state = absolute("XDG_STATE_HOME").or_else(|| absolute("HOME").map(|home| home.join(".local/state")));
    let found = state.map(|state| state.join(NAME));
    found.ok_or_else(|| nowhere("neither XDG_STATE_HOME nor HOME is set to an absolute path: set one of them"))
}

fn nowhere(problem: &str) -> StoreError {
    StoreError::new(
        StoreErrorKind::InvalidSettings,
        format!("there is no default directory for the token store, because {problem}, or choose a directory"),
    )
}

#[cfg(all(test, unix))]
mod tests {
    use std::ffi::OsString;

    use super::from_environment;

    fn found(variables: &[(&str, &str)]) -> Result<String, String> {
        let lookup =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value));
        from_environment(&lookup).map(|path| path.display().to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_state_directory_follows_xdg() {
        let home = ("HOME", "/home/bot");
        assert_eq!(found(&[("XDG_STATE_HOME", "/state"), home]).unwrap(), "/state/line-channel-token");
        for ignored in [vec![home], vec![("XDG_STATE_HOME", ""), home], vec![("XDG_STATE_HOME", "state"), home]] {
            assert_eq!(found(&ignored).unwrap(), "/home/bot/.local/state/line-channel-token", "{ignored:?}");
        }
    }

    #[test]
    fn an_error_names_the_variables() {
        for none in [&[][..], &[("HOME", "")], &[("HOME", "home/bot")]] {
            let error = found(none).unwrap_err();
            assert!(error.contains("XDG_STATE_HOME nor HOME") && error.contains("choose a directory"), "{error}");
        }
    }
}
