//! What cargo knows of the workspace and of everything below it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::run;

/// The package that users name, which only exports what our others define.
pub(crate) const FACADE: &str = "line-channel-token";

/// A package of the resolved tree.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) rust_version: Option<String>,
    pub(crate) in_workspace: bool,
    /// False for what says `publish = false`.
    pub(crate) is_publishable: bool,
    /// Everything that cargo says of it.
    pub(crate) manifest: Value,
    /// The ids of what it depends on to run, tests and build scripts aside.
    pub(crate) runs_with: Vec<String>,
}

/// All packages by id, with every feature on.
pub(crate) fn packages() -> Result<BTreeMap<String, Package>, String> {
    let (json, _) = run::cargo_output(&["metadata", "--format-version=1", "--all-features", "--locked"])?;
    let root: Value = serde_json::from_str(&json).map_err(|error| format!("cargo metadata: {error}"))?;
    let members: BTreeSet<&str> = array(&root["workspace_members"]).filter_map(Value::as_str).collect();
    let mut packages = BTreeMap::new();
    for package in array(&root["packages"]) {
        let id = text(&package["id"]);
        let known = Package {
            name: text(&package["name"]),
            version: text(&package["version"]),
            rust_version: package["rust_version"].as_str().map(str::to_owned),
            in_workspace: members.contains(id.as_str()),
            is_publishable: package["publish"].as_array().is_none_or(|registries| !registries.is_empty()),
            manifest: package.clone(),
            runs_with: Vec::new(),
        };
        packages.insert(id, known);
    }
    for node in array(&root["resolve"]["nodes"]) {
        let normal = |dependency: &&Value| array(&dependency["dep_kinds"]).any(|kind| kind["kind"].is_null());
        let below = array(&node["deps"]).filter(normal).map(|dependency| text(&dependency["pkg"])).collect();
        if let Some(package) = packages.get_mut(&text(&node["id"])) {
            package.runs_with = below;
        }
    }
    Ok(packages)
}

/// The crates of this workspace that users get.
pub(crate) fn published(packages: &BTreeMap<String, Package>) -> Vec<&Package> {
    packages.values().filter(|package| package.in_workspace && package.is_publishable).collect()
}

/// Those of them that are a library. The binary has no public API and no features.
pub(crate) fn libraries(packages: &BTreeMap<String, Package>) -> Vec<&Package> {
    let is_library = |target: &Value| array(&target["kind"]).any(|kind| kind == "lib");
    published(packages).into_iter().filter(|package| array(&package.manifest["targets"]).any(is_library)).collect()
}

/// `--package NAME` for each of them.
pub(crate) fn package_flags<'a>(packages: &[&'a Package]) -> Vec<&'a str> {
    packages.iter().flat_map(|package| ["--package", package.name.as_str()]).collect()
}

pub(crate) fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
