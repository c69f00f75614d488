//! Builds and runs the first example of the README, in a package of its own, as a reader would paste it.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::{fs, thread};

use crate::metadata;
use crate::run::{self, Outcome, cargo, output, root};

/// The section that has the example.
const HEADING: &str = "## A first example\n";

/// Our crates that the example's dependency needs.
const OURS: [&str; 4] = ["retry-text", "retry-macros", "retry-engine", "retry-runtime"];

/// The second answer of the server; the first one asks for a retry.
const PRICE: &str = "12.50";

/// Other dependencies than those that the README shows come from the registry; the crates of this workspace are taken
/// from their folders.
pub(crate) fn run() -> Outcome {
    let scratch = metadata::target_directory()?.join("readme");
    let readme = fs::read_to_string(Path::new(root()).join("README.md"));
    let text = readme.map_err(|error| format!("cannot read README.md: {error}"))?;
    let example = Example::of(&text)?;
    write(&scratch, &example).map_err(|error| format!("cannot write {scratch:?}: {error}"))?;
    let here = |words: &[&str]| {
        let mut command = cargo(words);
        command.current_dir(&scratch).env("CARGO_TARGET_DIR", scratch.join("target"));
        command
    };
    // Apart from the run, so that the server waits for no build.
    run::run(&mut here(&["build", "--quiet"]))?;
    let url = serve().map_err(|error| format!("cannot listen on loopback: {error}"))?;
    let printed = output(&mut here(&["run", "--quiet", "--", &url]))?;
    if printed.trim() == PRICE {
        return Ok(());
    }
    Err(format!("the first example of the README printed {printed:?} instead of {PRICE:?}"))
}

/// A server that answers the first request with 429 and the second one with the price; its URL.
fn serve() -> std::io::Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/tea", listener.local_addr()?);
    let answers = [
        "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".to_owned(),
        format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{PRICE}", PRICE.len()),
    ];
    thread::spawn(move || {
        for (connection, answer) in listener.incoming().zip(answers) {
            // Where this fails, the program prints no price, which fails the run.
            let Ok(mut connection) = connection else { return };
            let lines = BufReader::new(&connection).lines();
            let _ = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).count();
            let _ = connection.write_all(answer.as_bytes());
        }
    });
    Ok(url)
}

/// The two blocks that a reader pastes.
#[derive(Debug, PartialEq)]
struct Example<'a> {
    manifest: &'a str,
    program: &'a str,
}

impl<'a> Example<'a> {
    fn of(readme: &'a str) -> Result<Self, String> {
        let (_, section) = readme
            .split_once(HEADING)
            .ok_or_else(|| format!("README.md has no section `{}`", HEADING.trim()))?;
        let section = section.split("\n## ").next().unwrap_or(section);
        Ok(Example { manifest: block(section, "toml")?, program: block(section, "rust")? })
    }
}

/// The text of the first block in this language.
fn block<'a>(section: &'a str, language: &str) -> Result<&'a str, String> {
    let missing = || format!("the first example of README.md has no block in {language}");
    let (_, after) = section.split_once(&format!("```{language}")).ok_or_else(missing)?;
    let (_, after) = after.split_once('\n').ok_or_else(missing)?;
    after.split_once("```").map(|(block, _)| block).ok_or_else(missing)
}

fn write(scratch: &Path, example: &Example<'_>) -> std::io::Result<()> {
    fs::create_dir_all(scratch.join("src"))?;
    fs::write(scratch.join("Cargo.toml"), manifest(example.manifest)?)?;
    fs::write(scratch.join("src/main.rs"), example.program)
}

/// The manifest that `cargo new` writes, with the reader's lines, and with our crates from this workspace.
fn manifest(dependencies: &str) -> std::io::Result<String> {
    let mut text = format!(
        "[package]\nname = \"prices\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n{dependencies}\n[workspace]\n\n\
         [patch.crates-io]\n"
    );
    for name in OURS {
        let package = metadata::package(name).map_err(std::io::Error::other)?;
        let manifest = package["manifest_path"].as_str().unwrap_or_default();
        let folder = Path::new(manifest).parent().unwrap_or(Path::new(""));
        text += &format!("{name} = {{ path = {:?} }}\n", folder);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_blocks_of_the_first_example_are_found_and_no_others() {
        let readme = "# a\n```toml\nno\n```\n## A first example\n\n```toml\nyes\n```\n```rust,no_run\nfn main() {}\n```\n## B\n```rust\nno\n```";
        let example = Example { manifest: "yes\n", program: "fn main() {}\n" };
        assert_eq!(Example::of(readme), Ok(example));
        assert!(Example::of("## A first example\n```toml\na\n```\n## B\n```rust\n```").is_err());
    }

    #[test]
    fn the_first_example_of_the_readme_names_the_version_of_every_dependency() {
        let readme = include_str!("../../README.md");
        let example = Example::of(readme).expect("the README has the example");
        for line in example.manifest.lines().skip(1) {
            let (name, version) = line.split_once(" = ").expect("a dependency");
            assert!(
                version.contains('"') && version.contains(|c: char| c.is_ascii_digit()),
                "{line}"
            );
            let code = name.replace('-', "_");
            assert!(example.program.contains(&code), "the example does not use {name}");
        }
    }
}
