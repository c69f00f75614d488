use retry_runtime::{Policy, retryable, site, sites};

use super::{ready, secs};

const LINE: u32 = line!();
#[retryable(max = 7, on = any, base = "2s")]
fn annotated() -> Result<(), ()> {
    Ok(())
}

struct Desk;

impl Desk {
    #[retryable(on = any, name = "desk::ask")]
    async fn ask<T>(&self, value: &T) -> Result<(), ()> {
        let _ = value;
        Ok(())
    }
}

#[test]
fn every_annotated_function_of_the_program_is_listed_before_its_first_call() {
    let site = site(concat!(module_path!(), "::annotated")).expect("linked in");
    assert_eq!((site.file(), site.line()), (file!(), LINE + 1));
    assert_eq!(*site.policy(), Policy::new().max(7).base(secs(2)));
    assert_eq!(annotated(), Ok(()));
}

#[test]
fn a_generic_function_is_one_site() {
    let named = sites().filter(|site| site.name() == "desk::ask");
    assert_eq!(named.count(), 1);
    let both = async { (Desk.ask(&1).await, Desk.ask(&"text").await) };
    assert_eq!(ready(both), (Ok(()), Ok(())));
    assert_eq!(sites().filter(|site| site.name() == "desk::ask").count(), 1);
}

#[test]
fn an_unknown_name_has_no_site() {
    assert!(site("desk::answer").is_none());
}
