//! The pages and what they consist of, compiled into the program.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A file of the pages.
struct Asset {
    name: &'static str,
    content: &'static [u8],
}

macro_rules! assets {
    ($($name:literal),* $(,)?) => {
        const ASSETS: &[Asset] =
            &[$(Asset { name: $name, content: include_bytes!(concat!("../../ui/", $name)) }),*];
    };
}

assets![
    "api.js",
    "app.js",
    "backoff.js",
    "banner.js",
    "breaker.js",
    "breakers.js",
    "chart.js",
    "clock.js",
    "configuration.js",
    "console.js",
    "filter.js",
    "format.js",
    "function.js",
    "functions.js",
    "html.js",
    "icon.svg",
    "index.html",
    "jobs.js",
    "live.js",
    "notices.js",
    "overview.js",
    "parts.js",
    "process.js",
    "processes.js",
    "router.js",
    "schedule.js",
    "screens.css",
    "settings.js",
    "simulate.js",
    "sse.js",
    "store.js",
    "stream.js",
    "style.css",
    "switch.js",
    "table.js",
    "task.js",
    "tasks.js",
    "theme.js",
    "token.js",
    "use.js",
    "vendor/hooks.js",
    "vendor/htm.js",
    "vendor/preact.js",
    "vendor/uplot.css",
    "vendor/uplot.js",
    "waterfall.js",
    "workers.js",
];

/// The file of this name, `index.html` for the empty one.
pub(crate) fn page(name: &str) -> Option<Response> {
    let name = if name.is_empty() { "index.html" } else { name };
    let asset = ASSETS.iter().find(|asset| asset.name == name)?;
    let headers = [
        (header::CONTENT_TYPE, kind(name)),
        // A new version of the program brings new pages.
        (header::CACHE_CONTROL, "no-cache"),
    ];
    Some((StatusCode::OK, headers, asset.content).into_response())
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn files(folder: &Path, below: &str, found: &mut BTreeSet<String>) {
        for entry in
            std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry"))
        {
            let name = format!("{below}{}", entry.file_name().to_string_lossy());
            match entry.path().is_dir() {
                true => files(&entry.path(), &format!("{name}/"), found),
                false => {
                    found.insert(name);
                }
            }
        }
    }

    #[test]
    fn every_file_of_the_pages_is_compiled_in() {
        let mut found = BTreeSet::new();
        files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("ui"), "", &mut found);
        // Licences and notes are for readers of the source.
        found.retain(|name| !name.ends_with(".md") && !name.contains("LICENSE"));
        let known: BTreeSet<String> = ASSETS.iter().map(|asset| asset.name.to_owned()).collect();
        assert_eq!(found, known);
    }

    #[test]
    fn a_path_leads_to_no_other_file() {
        for name in [
            "../Cargo.toml",
            "..%2fCargo.toml",
            "/etc/passwd",
            "vendor/../../Cargo.toml",
            "vendor",
            "INDEX.HTML",
        ] {
            assert!(page(name).is_none(), "{name}");
        }
    }
}
