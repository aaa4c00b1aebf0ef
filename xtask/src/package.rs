//! The packages that crates.io would get: what they hold, and that they and their tests compile from nothing else.

use std::path::Path;

use serde_json::Value;

use crate::metadata::{self, Package, array};
use crate::packages::Unpacked;
use crate::private_keys;
use crate::run::{Outcome, cargo, root, section};

/// What a package holds, by the end of the name: no kind of file that can hold a key unseen.
const KINDS: [&str; 10] = [
    ".rs",
    ".md",
    "Cargo.toml",
    "Cargo.toml.orig",
    "Cargo.lock",
    ".cargo_vcs_info.json",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    // What the emulator of the binary serves.
    "page.html",
    "openapi.json",
];
const NEEDED: [&str; 3] = ["README.md", "LICENSE-APACHE", "LICENSE-MIT"];

pub(crate) fn run(arguments: &[String]) -> Outcome {
    let verify = match arguments {
        [] => false,
        [flag] if flag == "--verify" => true,
        _ => return Err("usage: cargo xtask package [--verify]".to_owned()),
    };
    section("what the packages hold");
    let packages = metadata::packages()?;
    let published = metadata::published(&packages);
    let mut faults: Vec<String> = published.iter().flat_map(|package| metadata_faults(package)).collect();
    let unpacked = Unpacked::into(&root().join("target/unpacked"), &published, verify)?;
    for member in &unpacked.members {
        let missing = NEEDED.iter().filter(|name| !member.join(name).is_file());
        faults.extend(missing.map(|name| format!("{}: {name} is missing", member.display())));
        check_files(member, &mut faults)?;
    }
    if !faults.is_empty() {
        return Err(faults.join("\n"));
    }
    println!("{} packages hold sources and texts, and no key", unpacked.members.len());
    compile(&unpacked)
}

/// Compiles each package with its own tests from what is in the packages alone, in the versions of our lock file.
fn compile(unpacked: &Unpacked) -> Outcome {
    let manifest = unpacked.manifest()?;
    let lock = root().join("Cargo.lock");
    std::fs::copy(&lock, Path::new(&manifest).with_file_name("Cargo.lock")).map_err(|error| format!("{error}"))?;
    let check = ["check", "--workspace", "--lib", "--bins", "--tests", "--all-features", "--target-dir", "target"];
    cargo(&[&check[..], &["--manifest-path", &manifest]].concat())
}

/// What crates.io refuses or shows badly.
fn metadata_faults(package: &Package) -> Vec<String> {
    let manifest = &package.manifest;
    let mut faults = Vec::new();
    for field in ["description", "license", "readme", "documentation"] {
        if manifest[field].as_str().is_none_or(str::is_empty) {
            faults.push(format!("has no {field}"));
        }
    }
    let directory = Path::new(manifest["manifest_path"].as_str().unwrap_or_default()).with_file_name("README.md");
    if manifest["repository"].is_string()
        && has_relative_pictures(&std::fs::read_to_string(directory).unwrap_or_default())
    {
        faults.push("has a README with pictures that crates.io does not find: give them addresses".to_owned());
    }
    let words = |field: &str| array(&manifest[field]).filter_map(Value::as_str).collect::<Vec<_>>();
    let (keywords, categories) = (words("keywords"), words("categories"));
    let in_bounds = |count: usize| (1..=5).contains(&count);
    if !in_bounds(keywords.len()) || !in_bounds(categories.len()) {
        faults.push("needs one to five keywords and as many categories".to_owned());
    }
    let refused = keywords.iter().filter(|keyword| !is_keyword(keyword));
    faults.extend(refused.map(|keyword| format!("crates.io refuses the keyword {keyword:?}")));
    faults.into_iter().map(|fault| format!("{} {fault}", package.name)).collect()
}

fn has_relative_pictures(readme: &str) -> bool {
    ["](docs/", "src=\"docs/", "srcset=\"docs/"].iter().any(|picture| readme.contains(picture))
}

/// The rule of crates.io: twenty characters at most, a letter or digit first, then also `_`, `-` and `+`.
fn is_keyword(word: &str) -> bool {
    let belongs = |c: char| c.is_ascii_alphanumeric() || "_-+".contains(c);
    word.len() <= 20 && word.starts_with(|c: char| c.is_ascii_alphanumeric()) && word.chars().all(belongs)
}

fn check_files(directory: &Path, faults: &mut Vec<String>) -> Outcome {
    let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            check_files(&path, faults)?;
            continue;
        }
        let shown = path.strip_prefix(root().join("target")).unwrap_or(&path).display();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if !KINDS.iter().any(|kind| name.ends_with(kind)) {
            faults.push(format!("{shown}: this kind of file does not belong into a package"));
        }
        match std::fs::read_to_string(&path) {
            Ok(text) => faults.extend(private_keys::find(&text).map(|what| format!("{shown}: it holds {what}"))),
            Err(error) => faults.push(format!("{shown}: {error}")),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{has_relative_pictures, is_keyword};

    #[test]
    fn a_picture_of_the_repository_is_found() {
        for readme in ["![a](docs/a.svg)", "<img src=\"docs/a.png\">", "<source srcset=\"docs/a.png\">"] {
            assert!(has_relative_pictures(readme), "{readme}");
            assert!(!has_relative_pictures(&readme.replace("docs/", "https://example.com/docs/")), "{readme}");
        }
    }

    #[test]
    fn keywords_follow_the_rule_of_crates_io() {
        for word in ["line", "line-messaging-api", "c++", "x25519", "a_b"] {
            assert!(is_keyword(word), "{word}");
        }
        for word in ["", "-line", "channel access token", "abcdefghijklmnopqrstu", "ライン"] {
            assert!(!is_keyword(word), "{word}");
        }
    }
}
