//! Finds runtime names in the macros, which must forward them without interpreting them.

use super::source::Source;

/// Names of backoffs, jitters and breaker states, which the macros forward without interpreting them.
const RUNTIME_WORDS: [&str; 7] =
    ["exponential", "fibonacci", "linear", "decorrelated", "proportional", "additive", "half_open"];

/// Finds identifiers that contain one of the words, and literals that equal one of them. Longer literals are messages,
/// which may mention the words.
pub(crate) fn decided(file: &Source) -> Vec<String> {
    let (code, uncommented) = (file.code.to_lowercase(), file.uncommented.to_lowercase());
    let mut found: Vec<usize> = Vec::new();
    for word in RUNTIME_WORDS {
        found.extend(code.match_indices(word).map(|(at, _)| at));
        found.extend(uncommented.match_indices(&format!("\"{word}\"")).map(|(at, _)| at));
    }
    found.sort_unstable();
    found.into_iter().map(|at| file.at(at)).collect()
}

/// The names of the functions in a module of `private/words.rs`.
pub(crate) fn functions(words: &str, module: &str) -> Vec<String> {
    let of_module = words.split("pub mod ").find(|text| text.starts_with(&format!("{module} {{")));
    let functions = of_module.unwrap_or_default().split("pub const fn ").skip(1);
    functions.filter_map(|text| Some(text.split_once('(')?.0.to_owned())).collect()
}

/// The words in `known: &[…]` of a list in the macros.
pub(crate) fn listed(macros: &str, list: &str) -> Vec<String> {
    let of_list = macros.split(&format!("const {list}: ")).nth(1).unwrap_or_default();
    let known = of_list.split("known: &[").nth(1).and_then(|text| text.split(']').next());
    let words = known.unwrap_or_default().split('"').skip(1).step_by(2);
    words.map(|word| word.split('(').next().unwrap_or(word).to_owned()).collect()
}

/// The names of the settings that `settings! { … }` declares with a method.
pub(crate) fn methods(settings: &str) -> Vec<String> {
    let of_struct = settings.split("pub struct ").nth(1).unwrap_or_default();
    let lines = of_struct.lines().take_while(|line| *line != "    }");
    let rows = lines.map(str::trim).filter(|line| !line.starts_with("//"));
    rows.filter_map(|line| Some(line.split_once('(')?.0))
        .filter(|name| name.chars().all(|c| c.is_lowercase() || c == '_'))
        .map(str::to_owned)
        .collect()
}

/// The names of the rows of a list in the macros.
pub(crate) fn rows(macros: &str, list: &str) -> Vec<String> {
    let of_list = macros.split(&format!("const {list}: ")).nth(1).unwrap_or_default();
    let rows = of_list.split("];").next().unwrap_or_default().split("setting(").skip(1);
    rows.filter_map(|row| row.split('"').nth(1)).map(str::to_owned).collect()
}

/// The words that only one of the lists has.
pub(crate) fn differences(of: &str, engine: &[String], macros: &[String]) -> Vec<String> {
    let missing = engine.iter().filter(|name| !macros.contains(name));
    let unknown = macros.iter().filter(|name| !engine.contains(name));
    missing
        .map(|name| format!("{of}: only the engine has `{name}`"))
        .chain(unknown.map(|name| format!("{of}: only the macros have `{name}`")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_macros_may_quote_a_message_and_not_compare_a_name() {
        let decides = |text| decided(&Source::new("retry-macros/src/read/values.rs", text)).len();
        assert_eq!(decides("Backoff::Fibonacci"), 1);
        assert_eq!(decides("ident == \"fibonacci\""), 1);
        assert_eq!(decides("\"write `backoff = fibonacci`\" // fibonacci"), 0);
    }
}
