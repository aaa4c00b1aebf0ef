//! The features of each published library: none, each, and each two together.
//!
//! Features only add, so what breaks a combination breaks a pair. All together is what everything else here is built with.
//!
//! Two features of the facade are tried together only if something joins them ([`joined`]): it is re-exports alone, so the others
//! share no line of code, and what both would define is found with all features on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::metadata::{self, FACADE, array};
use crate::run::{Outcome, cargo, root};
use crate::tools;

/// Features that are on together.
type Set = BTreeSet<String>;

pub(crate) fn run() -> Outcome {
    let packages = metadata::packages()?;
    let (facade, libraries): (Vec<_>, Vec<_>) =
        metadata::libraries(&packages).into_iter().partition(|package| package.name == FACADE);
    let mut arguments = metadata::package_flags(&libraries);
    // `default` only names other features, so leaving it out loses no combination.
    arguments.extend(["--feature-powerset", "--depth", "2", "--exclude-features", "default"]);
    // clippy, because it denies our warnings without a second build of what we depend on.
    let lint = ["clippy", "--quiet", "--lib"];
    let deny = ["--", "-D", "warnings"];
    tools::HACK.run(&[&lint, &arguments[..], &deny].concat())?;
    let mut sources = Vec::new();
    read(&root().join("crates").join(FACADE).join("src"), &mut sources)?;
    for package in facade {
        for set in sets(&features(&package.manifest), &sources) {
            let set = Vec::from_iter(set).join(",");
            let only = ["--package", FACADE, "--no-default-features", "--features", &set];
            cargo(&[&lint[..], &only, &deny].concat())?;
        }
    }
    Ok(())
}

/// None, each alone, and those that are joined.
fn sets(features: &BTreeMap<String, Vec<String>>, sources: &[String]) -> BTreeSet<Set> {
    let alone = features.keys().map(|name| Set::from([name.clone()]));
    // An example in a comment may name features of its reader's.
    let named = sources.iter().flat_map(|source| named_together(source));
    let named = named.filter(|set| set.iter().all(|name| features.contains_key(name)));
    alone.chain(joined(features)).chain(named).chain([Set::new()]).collect()
}

/// The features of a manifest, and what each turns on.
fn features(manifest: &Value) -> BTreeMap<String, Vec<String>> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = manifest["features"].as_object().into_iter().flatten();
    let all = all.filter(|(name, _)| *name != "default");
    all.map(|(name, on)| (name.clone(), array(on).map(text).collect())).collect()
}

/// Two features of which one turns on something in a crate (`crate?/feature`) that the other brings along (`dep:crate`).
fn joined(features: &BTreeMap<String, Vec<String>>) -> Vec<Set> {
    let mut joined = Vec::new();
    for (name, on) in features {
        for (dependency, _) in on.iter().filter_map(|entry| entry.split_once("?/")) {
            let brings = format!("dep:{dependency}");
            let others = features.iter().filter(|(_, on)| on.contains(&brings));
            joined.extend(others.map(|(other, _)| Set::from([name.clone(), other.clone()])));
        }
    }
    joined
}

/// The features that one `cfg` of a source names, if it names several.
fn named_together(source: &str) -> Vec<Set> {
    let conditions = source.match_indices("cfg").filter_map(|(at, _)| parenthesised(source.get(at..)?));
    let named = |condition: &str| -> Set {
        condition.split("feature = \"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
    };
    conditions.map(named).filter(|set| set.len() > 1).collect()
}

/// What is between the parentheses of `cfg(…)`, `cfg!(…)` and `cfg_attr(…)`.
fn parenthesised(text: &str) -> Option<&str> {
    let start = text.find(|c: char| c != '!' && c != '_' && !c.is_alphanumeric())?;
    let mut depth = 0_usize;
    for (at, c) in text.get(start..)?.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return text.get(start..start + at);
        }
    }
    None
}

/// The text of each `.rs` file there and below.
fn read(directory: &Path, sources: &mut Vec<String>) -> Outcome {
    let failed = |error: std::io::Error| format!("{}: {error}", directory.display());
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            read(&path, sources)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(std::fs::read_to_string(&path).map_err(failed)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{features, named_together, sets};

    fn texts(sets: impl IntoIterator<Item = super::Set>) -> Vec<String> {
        sets.into_iter().map(|set| Vec::from_iter(set).join(",")).collect()
    }

    #[test]
    fn each_is_tried_alone_and_with_what_it_is_joined_to() {
        let manifest = json!({ "features": {
            "default": ["cache", "tls"],
            "cache": ["dep:the-cache"],
            "client": ["dep:the-client"],
            "mock": ["cache", "dep:the-mock"],
            "tls": ["the-client?/tls", "the-cache/tls"],
            "trace": ["the-cache?/trace", "the-mock?/trace"],
        } });
        let source = "#[cfg(all(feature = \"client\", feature = \"mock\"))]\n\
                      /// #[cfg(all(feature = \"mock\", feature = \"of-the-reader\"))]"
            .to_owned();
        let expected =
            ["", "cache", "cache,trace", "client", "client,mock", "client,tls", "mock", "mock,trace", "tls", "trace"];
        assert_eq!(texts(sets(&features(&manifest), &[source])), expected);
    }

    #[test]
    fn features_in_one_condition_are_found() {
        for (source, expected) in [
            ("#[cfg(all(feature = \"b\", not(feature = \"a\")))]\nmod x;", "a,b"),
            ("#[cfg_attr(any(feature = \"a\", feature = \"b\"), doc = \"c\")]", "a,b"),
            ("if cfg!(all(\n    feature = \"a\",\n    feature = \"b\",\n)) {}", "a,b"),
        ] {
            assert_eq!(texts(named_together(source)), [expected], "{source}");
        }
        for source in
            ["#[cfg(feature = \"a\")]\n#[cfg(feature = \"b\")]", "a cfg, feature = \"a\" (feature = \"b\")", "cfg"]
        {
            assert_eq!(texts(named_together(source)), <[&str; 0]>::default(), "{source}");
        }
    }
}
