//! Contexts are restored in the reverse of the order in which they were entered.

use std::panic;
use std::time::Duration;

use super::*;

#[test]
fn each_guard_restores_the_previous_context_also_when_the_work_panics() {
    let moment = |seconds| Moment::now().checked_add(Duration::from_secs(seconds));
    let deadline = || CallContext::current().and_then(|context| context.deadline());
    let observer = || CallContext::current().expect("a context").into_observer();
    let (outer, inner) = (moment(7), moment(3));
    assert!(CallContext::current().is_none());
    let work = || {
        let _outer = Leaves(enter(outer, None));
        assert_eq!(deadline(), outer);
        let _ = panic::catch_unwind(|| CallContext::new(inner, None).scope(|| panic!("expected")));
        assert_eq!(deadline(), outer);
        CallContext::new(inner, Some(Observer::default())).scope(|| {
            assert!(observer().is_some());
            let _inside = Leaves(enter(None, None));
            assert!(observer().is_none());
        });
        assert_eq!(deadline(), outer);
        assert!(observer().is_none());
    };
    work();
    assert!(CallContext::current().is_none());
}
