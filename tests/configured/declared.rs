//! Functions that are declared after a configuration.

use std::time::Duration;

use retry_config::explain;
use retry_runtime::budget::BudgetSettings;
use retry_runtime::{Policy, Site, site, sites};

use super::program::{apply, turn};

const POLICY: Policy = Policy::new().max(2).base(Duration::ZERO);

fn declare(name: &str) -> &'static Site {
    Site::declare(name, POLICY, Some(BudgetSettings::new()), None)
}

fn max(name: &str) -> String {
    explain(name).expect("the site is listed").get("max").expect("set").value.clone()
}

#[test]
fn a_site_is_listed_once_from_its_declaration_on_and_found_by_its_name() {
    let _turn = turn();
    let first = declare("declared::once");
    let again = declare("declared::once");
    assert!(std::ptr::eq(first, again));
    assert_eq!(sites().filter(|site| site.name() == "declared::once").count(), 1);
    assert!(site("declared::once").is_some_and(|found| std::ptr::eq(found, first)));
    assert!(first.file().ends_with("declared.rs"), "{}", first.file());
}

#[test]
fn a_configuration_in_force_applies_to_a_site_that_is_declared_later() {
    let _turn = turn();
    declare("late::one");
    apply("[op.\"late*\"]\nmax = 5").expect("the pattern matches the first site");
    declare("late::two");
    assert_eq!((max("late::one"), max("late::two")), ("5".to_owned(), "5".to_owned()));
    retry_config::reset();
    assert_eq!(max("late::two"), "2", "the settings of the declaration");
}

#[test]
fn a_later_site_that_the_configuration_does_not_fit_keeps_the_settings_of_its_declaration() {
    let _turn = turn();
    declare("early::one");
    apply("[op.\"early::*\"]\nmax = 5\nbase = \"2s\"").expect("fits the first");
    let list = Policy::new().cap(Duration::from_secs(1)).base(Duration::ZERO);
    // A `base` of 2 s is above the `cap` of this one.
    Site::declare("early::two", list, None, None);
    assert_eq!(max("early::one"), "5");
    assert_eq!(max("early::two"), "3");
    retry_config::reset();
}
