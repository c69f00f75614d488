//! Contexts are restored in the reverse of the order in which they were entered.

use std::panic;
use std::time::Duration;

use super::*;

#[test]
fn each_guard_restores_the_previous_context_also_when_the_work_panics() {
    let moment = |seconds| Moment::now().checked_add(Duration::from_secs(seconds));
    let deadline = || CallContext::current().and_then(|context| context.deadline());
    let is_observed = || CallContext::current().expect("a context").is_observed();
    let (outer, inner) = (moment(7), moment(3));
    assert!(CallContext::current().is_none());
    let work = || {
        let _outer = CallContext::new(outer, None).enter();
        assert_eq!(deadline(), outer);
        let _ = panic::catch_unwind(|| CallContext::new(inner, None).scope(|| panic!("expected")));
        assert_eq!(deadline(), outer);
        let _ = observed(Receiver::New, || {
            assert_eq!((deadline(), is_observed()), (outer, true));
            let _inside = CallContext::new(None, None).enter();
            assert!(!is_observed());
        });
        assert_eq!(deadline(), outer);
        assert!(!is_observed());
    };
    work();
    assert!(CallContext::current().is_none());
}
