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
    let config = with_database(Path::new(&database))?;
    let file = root().join("target/deny-with-database.toml");
    std::fs::write(&file, config).map_err(|error| format!("{}: {error}", file.display()))?;
    tools::DENY.run(&["--all-features", "check", "--config", utf8(&file)?, "advisories"])
}

/// deny.toml with the advisories of this clone. cargo-deny takes a URL, clones from there, and asks no network for it.
fn with_database(clone: &Path) -> Result<String, String> {
    let shown = clone.display();
    let clone = clone.canonicalize().map_err(|error| format!("{DATABASE}={shown}: {error}"))?;
    let date = git::output(&clone, &["log", "-1", "--format=%cs", "main"]).map_err(|error| {
        format!("{DATABASE}={shown}: a git clone of RustSec/advisory-db with its branch main was expected\n{error}")
    })?;
    section(&format!("advisories as of {}", date.trim()));
    let config = std::fs::read_to_string(root().join("deny.toml")).map_err(|error| format!("deny.toml: {error}"))?;
    let (url, copies) = (format!("file://{}", utf8(&clone)?), root().join("target/advisory-dbs"));
    std::fs::create_dir_all(&copies).map_err(|error| format!("{}: {error}", copies.display()))?;
    let settings = format!("[advisories]\ndb-urls = [{url:?}]\ndb-path = {:?}\n", utf8(&copies)?);
    let (before, after) = config.split_once("[advisories]\n").ok_or("deny.toml has no section [advisories]")?;
    Ok([before, &settings, after].concat())
}
