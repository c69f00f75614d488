//! A program pays for a console if it has one, and while somebody looks.

use std::path::Path;

/// The crates of a folder, with their manifests up to the dependencies of their tests.
fn manifests(folder: &Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder).expect("a folder of crates");
    let manifests = entries.filter_map(|entry| {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(path.join("Cargo.toml")).ok()?;
        let used = text.split("[dev-dependencies]").next().unwrap_or_default();
        Some((path.file_name()?.to_string_lossy().into_owned(), used.to_owned()))
    });
    manifests.collect()
}

#[test]
fn a_program_without_the_console_compiles_nothing_of_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut users = Vec::new();
    let (mut crates, mut has_runtime) = (0, false);
    for folder in ["", "companions", "tasks"] {
        for (name, manifest) in manifests(&root.join(folder)) {
            (crates, has_runtime) = (crates + 1, has_runtime || name == "retry-runtime");
            if manifest.lines().any(|line| line.trim_start().starts_with("retry-console")) {
                users.push(name);
            }
        }
    }
    assert!(has_runtime && crates > 10, "the crates of the workspace: {crates}");
    assert_eq!(users, ["retry-cli"], "the command alone has the console, for who changes no code");
}
