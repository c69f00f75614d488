//! Cargo's metadata about this workspace.

use std::path::PathBuf;

use serde_json::Value;

use crate::run::{cargo, output};

/// Cargo's metadata of one package of the workspace.
pub(crate) fn package(name: &str) -> Result<Value, String> {
    let mut metadata = metadata()?;
    let packages = metadata["packages"].as_array_mut().map(std::mem::take).unwrap_or_default();
    packages
        .into_iter()
        .find(|package| package["name"] == name)
        .ok_or_else(|| format!("the workspace has no package `{name}`"))
}

/// Cargo's target directory.
pub(crate) fn target_directory() -> Result<PathBuf, String> {
    let directory = metadata()?["target_directory"].as_str().map(PathBuf::from);
    directory.ok_or_else(|| "cargo metadata names no target directory".to_owned())
}

fn metadata() -> Result<Value, String> {
    let text = output(&mut cargo(&["metadata", "--no-deps", "--format-version", "1"]))?;
    serde_json::from_str(&text)
        .map_err(|error| format!("cargo metadata did not print JSON: {error}"))
}
