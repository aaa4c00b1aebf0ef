//! Licences, sources and duplicates, by cargo-deny with deny.toml; advisories too, if there is a database of them.

use std::path::Path;

use crate::run::{Outcome, root, section, utf8};
use crate::{git, tools};

/// The path of a git clone of <https://github.com/RustSec/advisory-db>, for machines that cannot fetch it themselves.
const DATABASE: &str = "ADVISORY_DB";

pub(crate) fn run() -> Outcome {
    tools::DENY.run(&["--all-features", "check", "bans", "licenses", "sources"])?;
    let Some(database) = std::env::var_os(DATABASE).filter(|path| !path.is_empty()) else {
        section(&format!("SKIPPED: advisories; set {DATABASE} to the path of a clone of RustSec/advisory-db"));
        return Ok(());
    };
    advisories(Path::new(&database))
}

/// cargo-deny fetches its database with git, and git is told that the URL of the database is this clone.
fn advisories(clone: &Path) -> Outcome {
    const URL: &str = "https://github.com/RustSec/advisory-db";
    let shown = clone.display();
    let clone = clone.canonicalize().map_err(|error| format!("{DATABASE}={shown}: {error}"))?;
    let date = git::output(&clone, &["log", "-1", "--format=%cs", "main"]).map_err(|error| {
        format!("{DATABASE}={shown}: a git clone of {URL} with its branch main was expected\n{error}")
    })?;
    section(&format!("advisories as of {}", date.trim()));
    let config = with_database_in(&root().join("target/advisory-dbs"))?;
    let file = root().join("target/deny-with-database.toml");
    std::fs::write(&file, config).map_err(|error| format!("{}: {error}", file.display()))?;
    let instead_of = format!("url.file://{}.insteadOf", utf8(&clone)?);
    let variables = [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", instead_of.as_str()), ("GIT_CONFIG_VALUE_0", URL)];
    tools::DENY.run_with(&["--all-features", "--config", utf8(&file)?, "check", "advisories"], &variables)
}

/// deny.toml with an empty directory for the database, so that it is a copy of the clone and of nothing else.
fn with_database_in(directory: &Path) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
    if directory.exists() {
        std::fs::remove_dir_all(directory).map_err(failed)?;
    }
    std::fs::create_dir_all(directory).map_err(failed)?;
    let config = std::fs::read_to_string(root().join("deny.toml")).map_err(|error| format!("deny.toml: {error}"))?;
    let (before, after) = config.split_once("[advisories]\n").ok_or("deny.toml has no section [advisories]")?;
    Ok(format!("{before}[advisories]\ndb-path = {:?}\n{after}", utf8(directory)?))
}
