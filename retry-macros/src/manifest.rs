//! The manifest of the crate that is compiled: whether it names the crates that generated code names.
//!
//! rustc reports a missing crate at each path that begins with it. A manifest that renames `retry-runtime`, or that has no
//! `retry-tasks`, tells the mistake beforehand. Where no manifest can be read, as in a build without cargo, rustc reports
//! the mistake.

use std::sync::OnceLock;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// The text of `Cargo.toml`; empty if it cannot be read.
fn text() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| {
        let folder = std::env::var_os("CARGO_MANIFEST_DIR");
        let path = folder.map(|folder| std::path::Path::new(&folder).join("Cargo.toml"));
        path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default()
    })
}

/// How a manifest names a crate.
#[derive(Debug, PartialEq)]
pub(crate) enum Named {
    /// Under its own name, or the manifest does not tell.
    Itself,
    /// Under another name.
    As(String),
    /// Not at all, in a manifest that names `retry-runtime`.
    Missing,
}

/// How the manifest of the compiled crate names `retry-runtime`.
fn runtime() -> Named {
    match named("retry-runtime", text()) {
        Named::Missing => Named::Itself,
        named => named,
    }
}

/// The path of `retry-runtime` in generated code of an attribute without `crate`.
pub(crate) fn runtime_path() -> TokenStream {
    match runtime() {
        Named::As(name) => {
            let name = Ident::new(&name, Span::call_site());
            quote!(::#name)
        }
        _ => quote!(::retry_runtime),
    }
}

/// The mistake of an attribute without `crate`, if the manifest gives `retry-runtime` another name.
pub(crate) fn runtime_mistake(attribute: &str) -> Option<syn::Error> {
    let Named::As(name) = runtime() else { return None };
    let message = format!(
        "`Cargo.toml` gives `retry-runtime` the name `{name}`, and generated code would not find it\n\
         help: write `#[{attribute}(crate = {name})]`"
    );
    Some(syn::Error::new(Span::call_site(), message))
}

/// How the manifest of the compiled crate names `retry-tasks`.
pub(crate) fn tasks() -> Named {
    named("retry-tasks", text())
}

fn named(package: &str, manifest: &str) -> Named {
    let underscored = package.replace('-', "_");
    let is_package = |name: &str| name == package || name == underscored;
    // The name of a `[dependencies.NAME]` table, and the other name of the crate.
    let (mut table, mut renamed) = (String::new(), None);
    for line in manifest.lines() {
        let line = line.split('#').next().unwrap_or_default().replace([' ', '\t', '\'', '"'], "");
        if let Some(header) = line.strip_prefix('[') {
            let of = header.trim_end_matches(']').rsplit_once("dependencies.");
            table = of.map_or_else(String::new, |(_, name)| name.to_owned());
        }
        let key = line.split(['=', '.']).next().unwrap_or_default();
        // A crate has its own name in its tests and examples.
        if is_package(key) || is_package(&table) || line == format!("name={package}") {
            return Named::Itself;
        }
        let inline = [",", "}"].map(|end| format!("package={package}{end}"));
        if line == format!("package={package}") && !table.is_empty() {
            renamed = Some(table.replace('-', "_"));
        } else if inline.iter().any(|inline| line.contains(inline)) {
            renamed = Some(key.replace('-', "_"));
        }
    }
    match renamed {
        Some(name) if syn::parse_str::<Ident>(&name).is_ok() => Named::As(name),
        Some(_) => Named::Itself,
        None if manifest.contains(package) || !manifest.contains("retry-runtime") => Named::Itself,
        None => Named::Missing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renamed_crate_is_told_from_one_that_has_its_name_and_one_that_is_missing() {
        let plain = "[package]\nname = \"a\"\n[dependencies]\nretry-runtime = \"0.1\"\n";
        let renamed = "[dependencies]\nrr = { package = \"retry-runtime\", version = \"0.1\" } # retry-runtime = 1\n";
        let table = "[dependencies.retry-runtime]\nversion = \"0.1\"\n";
        let inherited = "[dependencies]\nretry-runtime.workspace = true\nretry_tasks = \"0.1\"\n";
        assert_eq!(named("retry-runtime", plain), Named::Itself);
        assert_eq!(named("retry-runtime", renamed), Named::As("rr".to_owned()));
        let renamed_table = "[dependencies.rr]\nversion = \"0.1\"\npackage = \"retry-runtime\"\n";
        assert_eq!(named("retry-runtime", renamed_table), Named::As("rr".to_owned()));
        assert_eq!(named("retry-runtime", table), Named::Itself);
        assert_eq!(named("retry-runtime", inherited), Named::Itself);
        assert_eq!(named("retry-runtime", "[dependencies]\nfacade = \"1\"\n"), Named::Itself);
        assert_eq!(named("retry-tasks", plain), Named::Missing);
        assert_eq!(named("retry-tasks", inherited), Named::Itself);
        assert_eq!(named("retry-tasks", ""), Named::Itself);
    }
}
