//! Settings from environment variables.

use retry_config::Settings;

use super::program::{apply_with, attempts_of_charge, explained, turn};

#[test]
fn a_variable_configures_one_operation_or_all() {
    let _turn = turn();
    let variables = [
        ("RETRY__ALL__JITTER", "none"),
        ("RETRY__OP__BILLING__CHARGE__MAX", "1"),
        ("RETRY__OP__BILLING__V2__QUOTE__BASE_DELAY_MS", "250"),
        ("RETRY__OP__SHIPPING__LABEL__BACKOFF", "['1ms', 2ms]"),
        ("PATH", "/bin"),
        ("RETRY_COUNT", "of another program"),
    ];
    apply_with("[op.\"billing::charge\"]\nmax = 7", &variables).unwrap();
    assert_eq!(explained("shipping::track", "jitter").0, "none");
    assert_eq!(explained("billing::charge", "jitter").1, "environment RETRY__ALL__JITTER");
    assert_eq!(attempts_of_charge(), 2);
    assert_eq!(explained("billing::v2::quote", "base").0, "250ms");
    assert_eq!(explained("shipping::label", "backoff").0, "[1ms, 2ms]");
}

#[test]
fn a_file_can_turn_off_environment_variables() {
    let _turn = turn();
    let variables = [("RETRY_ENABLED", "false"), ("RETRY__ALL__MAX", "not even a number")];
    apply_with("[global]\nenvironment = false", &variables).unwrap();
    assert_eq!(attempts_of_charge(), 4);
}

#[test]
fn every_mistake_in_the_environment_names_its_variable() {
    let _turn = turn();
    let variables = [
        ("RETRY_ENABLED", "perhaps"),
        ("RETRY_PROFILE", "clam"),
        ("RETRY__ALL__MAXX", "1"),
        ("RETRY__MAX", "1"),
        ("RETRY__OP__BILLING__CHRAGE__MAX", "1"),
        ("RETRY__OP__BILLING__CHARGE__MAX", "1"),
        ("RETRY__OP__BILLING__CHARGE__ATTEMPTS", "1"),
        ("RETRY__OP__BILLING__REFUND__BASE", "5"),
        ("RETRY__OP__SHIPPING__LABEL__CAP", "1ms"),
    ];
    let errors = apply_with("[profile.calm]\nmax = 1", &variables).unwrap_err();
    let shown: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "environment RETRY_ENABLED: \"perhaps\" is neither `true` nor `false`; write one of them",
            "environment RETRY__ALL__MAXX: unknown key `maxx`; did you mean `max`?",
            "environment RETRY__MAX: unknown variable; write RETRY__OP__NAME__SETTING or \
             RETRY__ALL__SETTING, with `__` for `::`",
            "environment RETRY__OP__BILLING__CHARGE__MAX: it sets the same as \
             `RETRY__OP__BILLING__CHARGE__ATTEMPTS`; unset one of them",
            "environment RETRY__OP__BILLING__REFUND__BASE: `base` (5) is a duration and needs a unit: \
             write \"5s\" or \"5ms\"",
            "environment RETRY_PROFILE: unknown profile `clam`; did you mean `calm`?",
            "environment RETRY__OP__BILLING__CHRAGE__MAX: unknown operation `BILLING__CHRAGE`; did you \
             mean `BILLING__CHARGE`?",
            "environment RETRY__OP__SHIPPING__LABEL__CAP: `cap` (1ms) must not be less than `base` (1s) \
             (for shipping::label)",
        ]
    );
    assert_eq!(attempts_of_charge(), 4);
}

#[test]
fn a_value_of_nested_lists_is_a_mistake_and_no_overflow_of_the_stack() {
    let _turn = turn();
    for levels in [9, 16 << 10, 64 << 10] {
        let lists = "[".repeat(levels) + &"]".repeat(levels);
        let errors = apply_with("", &[("RETRY__ALL__BACKOFF", &*lists)]).unwrap_err();
        let message = "environment RETRY__ALL__BACKOFF: the value has more than 8 lists inside of each other, and no \
                       setting has more than one; remove the brackets";
        assert_eq!(errors.to_string(), message);
        let line = format!("max = 3, backoff = {lists}").parse::<Settings>().unwrap_err();
        assert!(line.to_string().starts_with("backoff: the value has more than 8 lists"), "{line}");
        // Without their ends, these are a text, which the message shows in part.
        let open = "[".repeat(levels);
        let errors = apply_with("", &[("RETRY__ALL__BACKOFF", &*open)]).unwrap_err().to_string();
        assert!(errors.len() < 1_000, "{} bytes", errors.len());
    }
}

#[test]
fn control_characters_of_names_and_values_are_escaped_wherever_they_are_shown() {
    let _turn = turn();
    let raw = "a\u{1b}[2J\nb";
    let texts = [
        format!("[defaults]\n{raw:?} = 3", raw = "max\u{1b}[2J\n"),
        format!("[{raw:?}]\nmax = 3").replace("\\u{1b}", "\\u001b"),
        format!("[op.{raw:?}]\nmax = 3").replace("\\u{1b}", "\\u001b"),
        format!("[op.\"billing::charge\"]\nbudget = {raw:?}").replace("\\u{1b}", "\\u001b"),
        "[profile.a]\nmax = 1\n[global]\nprofile = \"\\u001b[2J\\n\"".to_owned(),
    ];
    for text in texts {
        let text = text.replace("\\u{1b}", "\\u001b");
        let errors = retry_config::Config::from_toml(&text).and_then(retry_config::apply);
        let shown = errors.expect_err(&text).to_string();
        assert!(!shown.contains('\u{1b}') && shown.lines().count() == 1, "{text}: {shown:?}");
    }
    for variable in ["RETRY_PROFILE", "RETRY_ENABLED", "RETRY__ALL__BACKOFF", "RETRY__ALL__\u{1b}"]
    {
        let shown = apply_with("", &[(variable, raw)]).unwrap_err().to_string();
        assert!(!shown.contains('\u{1b}') && shown.lines().count() == 1, "{variable}: {shown:?}");
    }
    let errors = raw.parse::<Settings>().unwrap_err().to_string();
    assert!(!errors.contains('\u{1b}') && errors.lines().count() == 1, "{errors:?}");
}
