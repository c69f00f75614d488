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

mod methods {
    use std::io;

    use async_trait::async_trait;
    use retry_runtime::retryable;

    pub(super) struct Card;
    pub(super) struct Bank<T>(pub(super) T);
    pub(super) struct Late(pub(super) u32);

    impl Card {
        #[retryable(on = any, max = 0, breaker)]
        pub(super) fn charge(&self) -> io::Result<u32> {
            Ok(1)
        }

        #[retryable(on = any, max = 0)]
        pub(super) fn open() -> io::Result<Self> {
            Ok(Self)
        }
    }

    impl<T: Copy> Bank<T> {
        #[retryable(on = any, max = 0)]
        pub(super) async fn charge(&self) -> io::Result<T> {
            Ok(self.0)
        }
    }

    #[async_trait]
    pub(super) trait Charge {
        async fn charge(&self) -> io::Result<u32>;

        #[retryable(on = any, max = 0)]
        fn check(&self) -> io::Result<u32> {
            Ok(4)
        }
    }

    #[async_trait]
    impl Charge for Late {
        #[retryable(on = any, max = 0, breaker(key = self.0))]
        async fn charge(&self) -> io::Result<u32> {
            Ok(self.0)
        }
    }
}

mod elsewhere {
    use retry_runtime::retryable;

    impl super::methods::Card {
        #[retryable(on = any, max = 0)]
        pub(super) fn refund(&self) -> Result<u32, ()> {
            Ok(5)
        }
    }
}

#[test]
fn methods_of_one_name_in_a_module_are_told_apart_by_their_types() {
    use methods::{Bank, Card, Charge, Late};

    let calls = |name: &str| {
        let name = format!("{}::{name}", module_path!());
        retry_runtime::stats(&name).unwrap_or_else(|| panic!("`{name}` is linked in")).calls()
    };
    assert!(Card.charge().is_ok() && Card::open().is_ok());
    assert!(ready(Bank(2_u8).charge()).is_ok() && ready(Bank(3_i64).charge()).is_ok());
    assert!(ready(Late(3).charge()).is_ok() && Late(3).check().is_ok());
    assert_eq!(Card.refund(), Ok(5));
    assert_eq!(calls("methods::Card::charge"), 1);
    assert_eq!(calls("methods::Card::open"), 1);
    assert_eq!(calls("methods::Bank::charge"), 2);
    assert_eq!(calls("methods::Late::charge"), 1);
    assert_eq!(calls("methods::Charge::check"), 1);
    assert_eq!(calls("elsewhere::Card::refund"), 1);
    let breaker = |name: &str| {
        let name = format!("{}::methods::{name}", module_path!());
        retry_runtime::breaker(&name).is_some_and(|breaker| breaker.name() == name)
    };
    assert!(breaker("Card::charge") && breaker("Late::charge[3]"));
}

#[test]
fn an_unknown_name_has_no_site() {
    assert!(site("desk::answer").is_none());
}
