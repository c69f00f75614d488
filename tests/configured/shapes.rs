//! Settings that change the meaning of others, functions that share a name, and how a table shows both.

use retry_config::{Attempts, BudgetOverrides, Config, Settings};
use retry_runtime::retryable;

use super::program::{apply, attempts_of_charge, explained, turn};

#[allow(dead_code, reason = "only listed, never called")]
#[retryable(backoff = ["100ms"], cap = "500ms", on = any, budget = none, name = "shapes::listed")]
fn listed() -> Result<u32, String> {
    Err("down".to_owned())
}

#[allow(dead_code, reason = "only listed, never called")]
#[retryable(max = 1, on = any, budget = none, name = "shapes::twin")]
fn twin() -> Result<u32, String> {
    Err("down".to_owned())
}

#[allow(dead_code, reason = "only listed, never called")]
#[retryable(max = 2, on = any, budget = none, name = "shapes::twin")]
fn second_twin() -> Result<u32, String> {
    Err("down".to_owned())
}

#[test]
fn an_invalid_policy_is_refused_even_if_only_a_new_backoff_makes_it_invalid() {
    let _turn = turn();
    for (settings, key) in
        [("backoff = \"fixed\"", "backoff"), ("jitter = \"decorrelated\"", "jitter")]
    {
        let error = apply(&format!("[op.\"shapes::listed\"]\n{settings}")).unwrap_err().to_string();
        let start = format!(
            "line 2: op.\"shapes::listed\".{key}: `cap` (500ms) must not be less than `base` (1s); `cap` is set by \
             attribute at "
        );
        assert!(error.starts_with(&start), "{error}");
    }
    apply("[op.\"shapes::listed\"]\nbackoff = \"fixed\"\nbase = \"400ms\"").unwrap();
    assert_eq!(explained("shapes::listed", "base").0, "400ms");
}

#[test]
fn a_base_replaced_by_a_list_has_no_source() {
    let _turn = turn();
    apply(
        "[op.\"billing::*\"]\nbackoff = [\"1ms\"]\n[op.\"billing::charge\"]\nbackoff = \"fixed\"",
    )
    .unwrap();
    assert_eq!(explained("billing::charge", "base"), ("1s".to_owned(), "built-in".to_owned()));
}

#[test]
fn on_any_is_shown_until_kinds_are_listed() {
    let _turn = turn();
    let (value, origin) = explained("shapes::listed", "on");
    assert_eq!(value, "any");
    assert!(origin.starts_with("attribute at "), "{origin}");
    let sites = retry_config::export();
    assert!(sites.get("shapes::listed").unwrap().any && !sites.get("billing::charge").unwrap().any);
    assert!(sites.get("shapes::listed").unwrap().written.contains(&"on".to_owned()));
    let applied = apply("[op.\"shapes::listed\"]\non = \"throttled\"").unwrap();
    assert_eq!(
        applied.to_string(),
        "shapes::listed: on any -> throttled (op.\"shapes::listed\".on at line 2)"
    );
}

#[test]
fn an_explanation_names_the_other_functions_with_the_same_name() {
    let _turn = turn();
    let explanation = retry_config::explain("shapes::twin").unwrap();
    assert_eq!(explanation.get("max").unwrap().value, "1");
    let [place] = &explanation.namesakes[..] else { panic!("{explanation:?}") };
    assert!(place.starts_with("tests/configured/shapes.rs:"), "{place}");
    let shown = explanation.to_string();
    assert!(
        shown.ends_with(&format!("  not shown: functions of the same name at {place}\n")),
        "{shown}"
    );
    let nothing = Config::default().with_environment([("", ""); 0]);
    assert_eq!(retry_config::export().explain(&nothing, "shapes::twin").unwrap(), explanation);
    assert!(retry_config::explain("billing::charge").unwrap().namesakes.is_empty());
}

#[test]
fn a_configuration_built_in_code_is_checked_like_one_from_a_file() {
    let _turn = turn();
    let mut config = Config::default().with_environment([("", ""); 0]);
    let preset = Some("fingale".to_owned());
    config.budget.insert("shared".to_owned(), BudgetOverrides { preset, ..Default::default() });
    let both = Settings { max: Some(1), attempts: Some(Attempts::Count(9)), ..Settings::default() };
    config.op.insert("billing::charge".to_owned(), both);
    config.defaults.idempotent = Some(true);
    let errors = retry_config::apply(config).unwrap_err();
    let shown: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(shown.len(), 3, "{shown:#?}");
    assert!(shown[0].starts_with("defaults.idempotent: `idempotent = true` cannot be set for all"));
    assert!(
        shown[1].starts_with(
            "op.\"billing::charge\".attempts: `max` and `attempts` are the same limit"
        )
    );
    assert!(
        shown[2].ends_with("`fingale` is not a budget preset; did you mean `finagle`?"),
        "{}",
        shown[2]
    );
    assert_eq!(attempts_of_charge(), 4);
}
