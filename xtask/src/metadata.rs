//! What cargo knows of the workspace and of everything below it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::run;

/// A package of the resolved tree.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) rust_version: Option<String>,
    pub(crate) features: Vec<String>,
    pub(crate) in_workspace: bool,
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
        let features = package["features"].as_object().into_iter().flat_map(|features| features.keys().cloned());
        let known = Package {
            name: text(&package["name"]),
            version: text(&package["version"]),
            rust_version: package["rust_version"].as_str().map(str::to_owned),
            features: features.collect(),
            in_workspace: members.contains(id.as_str()),
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

fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
