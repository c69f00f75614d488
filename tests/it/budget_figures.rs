//! The documentation's figures about budgets are those of the code: one figure for one thing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use retry_runtime::Kind;
use retry_runtime::budget::{Budget, BudgetSettings, Keyed};

/// Where users and contributors read. Not `tasks`, whose budget is another one.
const PLACES: [&str; 10] = [
    "README.md",
    "CONTRIBUTING.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "retry-engine/src",
    "retry-runtime/src",
    "retry-macros/src",
    "companions",
    "examples/storm.rs",
    "examples/storm",
];

/// Rates of published budgets, and of examples in text.
const OTHERS: [&str; 2] = ["token per 100 ms", "token per `every`"];

/// The text of each place, without comment marks and line ends, in lower case.
fn texts() -> Vec<(PathBuf, String)> {
    fn add(path: &Path, texts: &mut Vec<(PathBuf, String)>) {
        if path.is_dir() {
            let entries = std::fs::read_dir(path).unwrap();
            return entries.for_each(|entry| add(&entry.unwrap().path(), texts));
        }
        if !path
            .extension()
            .is_some_and(|ending| ["md", "rs", "toml"].iter().any(|it| ending == *it))
        {
            return;
        }
        let text = std::fs::read_to_string(path).unwrap().to_lowercase();
        let lines = text.lines().map(|line| line.trim_start().trim_start_matches(['/', '!']));
        let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
        texts.push((path.to_owned(), words.join(" ")));
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut texts = Vec::new();
    PLACES.iter().for_each(|place| add(&root.join(place), &mut texts));
    texts
}

/// The rates at which tokens come, as the text has them: `token a minute`, `tokens every 30 s`.
fn rates(text: &str) -> impl Iterator<Item = &str> {
    const UNITS: [&str; 12] = [
        "ms", "s", "second", "seconds", "min", "minute", "minutes", "hour", "hours", "h",
        "quarter", "day",
    ];
    text.match_indices("token").filter_map(|(at, _)| {
        let phrase = &text[at..];
        let mut words = phrase.split(' ');
        let token = words.next()?;
        // Also `one token comes back every ten minutes`.
        let mut words =
            words.skip_while(|word| ["comes", "come", "back", "is", "paid", "off"].contains(word));
        let per =
            words.next().filter(|word| ["a", "an", "per", "every", "each", "in"].contains(word))?;
        let unit = words
            .take(4)
            .find(|word| UNITS.contains(&word.trim_matches([',', '.', ':', ';', ')'])))?;
        let end = phrase.find(&format!(" {per} "))? + 1;
        let end = end + phrase[end..].find(unit)? + unit.len();
        token
            .starts_with("token")
            .then(|| phrase[..end].trim_end_matches([',', '.', ':', ';', ')']))
    })
}

#[test]
fn every_page_says_that_time_pays_off_a_token_a_minute_and_so_does_the_code() {
    assert_eq!(BudgetSettings::new().refill, Some(Duration::from_secs(60)));
    let mut seen = 0;
    for (path, text) in texts() {
        for rate in rates(&text).filter(|rate| !OTHERS.contains(rate)) {
            assert_eq!(rate, "token a minute", "in {}", path.display());
            seen += 1;
        }
        for old in ["10 tokens for each function", "token bucket with 10 tokens", "starts full (10"]
        {
            assert!(!text.contains(old), "`{old}` in {}", path.display());
        }
    }
    assert!(seen >= 4, "README, guide, module and changelog say it, not {seen} places");
}

#[test]
fn every_page_gives_the_capacity_that_the_code_has() {
    let none = |calls: u32| {
        let budget = Budget::new(BudgetSettings::new());
        (0..calls).for_each(|_| budget.deposit_success());
        budget.capacity()
    };
    let least = none(0);
    let of_key = Keyed::try_new("figures", 1, BudgetSettings::new()).unwrap().get("a").capacity();
    assert_eq!((none(20) - least, none(100_000), of_key), (1.0, 20.0, 3.0));
    let site = format!(
        "{least} tokens plus one for every 20 calls of the last 30 s, but no more than {}",
        none(100_000)
    );
    let key = format!("{of_key} tokens plus one for every 10 ");
    let mut pages = Vec::new();
    for (path, text) in texts() {
        for (at, _) in text.match_indices(" tokens plus one for ") {
            let start = text[..at].rfind(' ').map_or(0, |space| space + 1);
            let found = text[start..].trim_start_matches('(');
            let is_right = found.starts_with(&site) || found.starts_with(&key);
            assert!(is_right, "{} in {}", &text[start..start + 60], path.display());
            pages.push(path.clone());
        }
    }
    for page in [
        "README.md",
        "CHANGELOG.md",
        "retry-runtime/src/guide.md",
        "budget/mod.rs",
        "budget/settings.rs",
    ] {
        assert!(pages.iter().any(|path| path.ends_with(page)), "{page} does not tell the capacity");
    }
}

#[test]
fn every_page_gives_the_price_of_a_retry_and_the_deposit_of_a_success() {
    let settings = BudgetSettings::new();
    let throttled = Budget::new(settings).try_withdraw(Kind::Throttled).unwrap().cost();
    assert_eq!((settings.cost, throttled, settings.deposit), (1.0, 0.5, 0.1));
    for (path, text) in texts() {
        for (at, _) in text.match_indices("pays off 0.") {
            assert!(text[at..].starts_with("pays off 0.1"), "in {}", path.display());
        }
    }
}
