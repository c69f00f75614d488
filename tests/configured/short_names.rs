//! Names of methods in a configuration, with and without their types.

use retry_runtime::retryable;

use super::program::{Trouble, apply, apply_with, explained, turn};

struct Mail;

impl Mail {
    #[retryable(base = "0s")]
    fn send(&self) -> Result<u32, Trouble> {
        Err(Trouble::Down)
    }

    #[retryable(base = "0s")]
    fn read(&self) -> Result<u32, Trouble> {
        Err(Trouble::Down)
    }
}

struct News;

impl News {
    #[retryable(base = "0s")]
    fn read(&self) -> Result<u32, Trouble> {
        Err(Trouble::Down)
    }
}

const SEND: &str = "configured::short_names::Mail::send";

#[test]
fn a_section_without_the_type_of_a_method_goes_on_configuring_the_method() {
    let _turn = turn();
    assert!(Mail.send().is_err() && Mail.read().is_err() && News.read().is_err());
    apply(
        "[op.\"configured::short_names::send\"]\nmax = 7\n\
         [budget.\"configured::short_names::send\"]\ncapacity = 1",
    )
    .unwrap();
    let expected =
        ("7".to_owned(), "op.\"configured::short_names::send\".max at line 2".to_owned());
    assert_eq!(explained(SEND, "max"), expected);
    assert_eq!(explained("configured::short_names::send", "max"), expected);
    assert_eq!(retry_runtime::budget(SEND).unwrap().settings().capacity, Some(1));
    assert_eq!(explained("configured::short_names::Mail::read", "max").0, "3");
}

#[test]
fn a_pattern_and_a_variable_without_the_type_of_a_method_go_on_configuring_it() {
    let _turn = turn();
    apply("[op.\"configured::short_names::se*\"]\nmax = 8").unwrap();
    assert_eq!(explained(SEND, "max").0, "8");
    let variable = "RETRY__OP__CONFIGURED__SHORT_NAMES__SEND__MAX";
    apply_with("", &[(variable, "9")]).unwrap();
    assert_eq!(explained(SEND, "max"), ("9".to_owned(), format!("environment {variable}")));
}

#[test]
fn a_name_without_a_type_that_stands_for_two_methods_is_refused_with_both_names() {
    let _turn = turn();
    let both = "configured::short_names::Mail::read, configured::short_names::News::read";
    let error = apply("[op.\"configured::short_names::read\"]\nmax = 7").unwrap_err();
    let expected = format!(
        "line 1: op.\"configured::short_names::read\": `configured::short_names::read` stands for each of {both}; \
         write a section for each"
    );
    assert_eq!(error.to_string(), expected);
    let error = retry_config::explain("configured::short_names::read").unwrap_err();
    assert!(error.to_string().contains(both), "{error}");
    let variable = "RETRY__OP__CONFIGURED__SHORT_NAMES__READ__MAX";
    let error = apply_with("", &[(variable, "9")]).unwrap_err();
    assert!(error.to_string().contains(both), "{error}");
}

#[test]
fn a_method_that_is_configured_under_both_names_is_refused() {
    let _turn = turn();
    let short = "[op.\"configured::short_names::send\"]\nmax = 7\n";
    let error = apply(&format!("{short}[op.\"{SEND}\"]\nmax = 8")).unwrap_err();
    let expected = format!("it stands for `{SEND}`, which is set, too; write both under `{SEND}`");
    assert!(error.to_string().contains(&expected), "{error}");
}
