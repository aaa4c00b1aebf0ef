//! The public API of each published crate: a committed listing, whose types may appear in it, and an example for each type.
//!
//! The listing is made from rustdoc's JSON, which only an unstable flag writes.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::doc_examples;
use crate::layering::differences;
use crate::metadata::FACADE;
use crate::run::{Outcome, cargo_output_with, root, section, utf8};
use crate::rustdoc;

/// The crates, and the crates whose types may appear in their public signatures, beside the standard library's, their own
/// and core's. Only the facade, which depends on our crates alone, exports what others define.
const CRATES: [(&str, &[&str]); 16] = [
    ("line-channel-token", &[]),
    ("line-channel-token-assertion", &["serde_core"]),
    ("line-channel-token-cache", &["http", "reqwest", "serde_core"]),
    (
        "line-channel-token-config",
        &["clap_builder", "line_channel_token_assertion", "line_channel_token_cache", "serde_core"],
    ),
    ("line-channel-token-conformance", &[]),
    ("line-channel-token-core", &["bytes", "http", "serde_core"]),
    ("line-channel-token-emulator", &["bytes", "http", "http_body", "serde_core", "tower_service"]),
    ("line-channel-token-hyper", &["bytes", "http", "http_body_util", "hyper_util", "rustls"]),
    ("line-channel-token-mock", &["bytes", "http"]),
    ("line-channel-token-pem", &["zeroize"]),
    ("line-channel-token-pkcs11", &["line_channel_token_assertion"]),
    ("line-channel-token-redis", &["line_channel_token_cache", "rustls"]),
    ("line-channel-token-reqwest", &["bytes", "http", "reqwest", "rustls"]),
    (
        "line-channel-token-transport",
        &["bytes", "http", "http_body", "hyper_util", "rustls", "rustls_pki_types", "tokio", "zeroize"],
    ),
    (
        "line-channel-token-tower",
        &[
            "http",
            "line_channel_token_cache",
            "pin_project_lite",
            "reqwest",
            "reqwest_middleware",
            "tower_layer",
            "tower_service",
        ],
    ),
    ("line-channel-token-ureq", &["bytes", "http", "rustls"]),
];

/// What our crates export of others, for those who need it in our version: whoever writes a source needs the macro of the trait, and
/// whoever configures TLS needs rustls.
const EXPORTED: [&str; 7] = [
    "pub use line_channel_token_core::async_trait",
    "pub use line_channel_token_cache::async_trait",
    // A channel is configured for one of the families that sources name.
    "pub use line_channel_token_config::TokenFamily",
    "pub use line_channel_token_hyper::rustls",
    "pub use line_channel_token_redis::rustls",
    "pub use line_channel_token_reqwest::rustls",
    "pub use line_channel_token_ureq::rustls",
];

/// Compares the API with the committed listings, or writes these.
pub(crate) fn run(arguments: &[String]) -> Outcome {
    let write = match arguments {
        [] => false,
        [flag] if flag == "--write" => true,
        _ => return Err("usage: cargo xtask api [--write]".to_owned()),
    };
    section("the public API of each crate");
    let target = root().join("target");
    write_json(&target)?;
    let mut faults = Vec::new();
    let mut exported: BTreeSet<&str> = BTreeSet::new();
    for (name, allowed) in CRATES {
        let (listing, docs) = listing(name, &target)?;
        faults.extend(
            doc_examples::types_without(&docs)
                .into_iter()
                .map(|type_name| format!("{name}: `{type_name}` shows no example")),
        );
        if name != FACADE {
            let exports = listing.lines().filter(|line| line.starts_with("pub use ") && !EXPORTED.contains(line));
            faults.extend(exports.map(|line| format!("{name}: `{line}` exports what another crate defines")));
        }
        exported.extend(EXPORTED.iter().filter(|export| listing.lines().any(|line| line == **export)));
        let (unseen, gone) = differences(&foreign_types(name, &listing), allowed);
        faults.extend(unseen.into_iter().map(|found| {
            format!("{name}: `{found}` appears in a public signature, and is not on the list in xtask/src/api.rs")
        }));
        faults.extend(gone.into_iter().map(|gone| {
            format!("{name}: `{gone}` appears in no public signature: correct the list in xtask/src/api.rs")
        }));
        let file = root().join("xtask/api").join(format!("{name}.txt"));
        if write {
            std::fs::write(&file, listing).map_err(|error| format!("{}: {error}", file.display()))?;
        } else {
            let committed = std::fs::read_to_string(&file).unwrap_or_default();
            faults.extend(difference(&committed, &listing).map(|lines| format!("{name} changed:\n{lines}")));
        }
    }
    let gone = EXPORTED.iter().filter(|export| !exported.contains(*export));
    faults.extend(gone.map(|gone| format!("`{gone}` is in no listing: correct xtask/src/api.rs")));
    if faults.is_empty() {
        println!("{} crates, as committed in xtask/api", CRATES.len());
        return Ok(());
    }
    Err(format!(
        "{}\n\nIf that is intended, say why in CHANGELOG.md, and run `cargo xtask api --write`.",
        faults.join("\n")
    ))
}

/// Lets rustdoc write the JSON of all crates: in one build, because one for each would check what they depend on in as many sets of features.
fn write_json(target: &Path) -> Outcome {
    let mut arguments = vec!["doc", "--quiet", "--no-deps", "--lib", "--all-features", "--target-dir", utf8(target)?];
    arguments.extend(CRATES.iter().flat_map(|(name, _)| ["--package", *name]));
    let rustdoc = rustdoc::Unstable::new()?;
    let mut variables = vec![("RUSTDOCFLAGS", "-Zunstable-options --output-format json")];
    variables.extend(rustdoc.variables());
    cargo_output_with(&arguments, &variables).map(|_| ())
}

/// The lines of the listing, and rustdoc's JSON, which they are made from.
fn listing(package: &str, target: &Path) -> Result<(String, Value), String> {
    let file = target.join("doc").join(format!("{}.json", package.replace('-', "_")));
    let api = public_api::Builder::from_rustdoc_json(&file)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .build()
        .map_err(|error| {
            format!("{}: {error}\nthis toolchain's rustdoc may need another version of public-api", file.display())
        })?;
    let mut lines: Vec<String> = api.items().map(ToString::to_string).collect();
    lines.sort();
    // What is exported under two paths is listed twice.
    lines.dedup();
    lines.push(String::new());
    let docs = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let docs = serde_json::from_slice(&docs).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok((lines.join("\n"), docs))
}

/// The roots of paths that are neither ours nor the standard library's.
fn foreign_types<'a>(package: &str, listing: &'a str) -> BTreeSet<&'a str> {
    let own = package.replace('-', "_");
    let ours = |root: &str| match package {
        FACADE => root.starts_with("line_channel_token"),
        _ => root == own || root == "line_channel_token_core",
    };
    const STANDARD: [&str; 5] = ["alloc", "core", "std", "u16", "Self"];
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let mut foreign = BTreeSet::new();
    for (at, _) in listing.match_indices("::") {
        let before = &listing[..at];
        let start = before.rfind(|c| !word(c)).map_or(0, |start| start + 1);
        let root = &before[start..];
        let continued = before[..start].ends_with("::") || root.is_empty();
        let generic = root.chars().next().is_some_and(char::is_uppercase);
        if !continued && !generic && !ours(root) && !STANDARD.contains(&root) {
            foreign.insert(root);
        }
    }
    foreign
}

/// The lines that only one of the two has.
fn difference(committed: &str, now: &str) -> Option<String> {
    let (old, new): (BTreeSet<&str>, BTreeSet<&str>) = (committed.lines().collect(), now.lines().collect());
    let gone = old.difference(&new).map(|line| format!("- {line}"));
    let come = new.difference(&old).map(|line| format!("+ {line}"));
    let lines: Vec<String> = gone.chain(come).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::{difference, foreign_types};

    #[test]
    fn a_type_of_another_crate_is_found() {
        let listing = "pub fn ours::f(&rsa::key::RsaKey, bytes::Bytes) -> core::result::Result<Self::Err, T::Item>\n\
                       pub fn line_channel_token_core::g(line_channel_token_mock::Reply) -> alloc::vec::Vec<<T as reqwest::IntoUrl>::Out>";
        let found = foreign_types("ours", listing);
        assert_eq!(Vec::from_iter(found), ["bytes", "line_channel_token_mock", "reqwest", "rsa"]);
    }

    #[test]
    fn a_difference_names_the_lines_that_went_and_came() {
        assert_eq!(difference("a\nb\n", "b\na\n"), None);
        assert_eq!(difference("a\nb\n", "a\nc\n").as_deref(), Some("- b\n+ c"));
    }
}
