//! Qualifiers, visibility, names and other attributes next to `#[retryable]`.

use retry_runtime::retryable;

use super::support::{E, Runs, block_on, sendable};

/// # Safety
///
/// None needed.
#[retryable(base = "0s")]
#[allow(unsafe_code)]
unsafe fn not_safe(runs: &Runs) -> Result<u32, E> {
    runs.fail(2)
}

#[retryable(base = "0s")]
#[allow(unsafe_code)]
async unsafe fn not_safe_async(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(2).await
}

#[retryable(base = "0s")]
#[allow(improper_ctypes_definitions)]
extern "C" fn for_c(runs: &Runs) -> Option<u32> {
    runs.fail(2).ok()
}

#[retryable(base = "0s")]
#[allow(unsafe_code, improper_ctypes_definitions)]
unsafe extern "C" fn for_c_and_not_safe(runs: &Runs) -> Option<u32> {
    runs.fail(2).ok()
}

#[retryable(base = "0s")]
pub(crate) fn visible(runs: &Runs) -> Result<u32, E> {
    runs.fail(2)
}

#[retryable(base = "0s")]
pub(in super::super) async fn visible_in(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(2).await
}

#[retryable(base = "0s")]
fn r#type(r#match: &Runs) -> Result<u32, E> {
    r#match.fail(2)
}

#[retryable(base = "0s", clone(r#in), attempt = r#loop)]
async fn r#where(runs: &Runs, r#in: String) -> Result<usize, E> {
    let taken = r#in;
    runs.fail_later(2).await?;
    Ok(taken.len() + r#loop.number() as usize)
}

/// Says what it does.
///
/// In several lines.
#[doc = "And in an attribute."]
#[retryable(base = "0s")]
#[must_use = "it was hard to get"]
#[inline]
#[cold]
#[allow(clippy::double_must_use)]
fn decorated(runs: &Runs) -> Result<u32, E> {
    runs.fail(2)
}

#[cfg(not(miri))]
#[retryable(base = "0s")]
#[deprecated = "but it runs"]
#[inline(never)]
async fn deprecated(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(2).await
}

#[cfg_attr(not(miri), retryable(base = "0s"))]
fn conditional(runs: &Runs) -> Result<u32, E> {
    runs.fail(2)
}

#[retryable(base = "0s")]
#[allow(unused_variables, non_snake_case)]
fn lints_allowed(runs: &Runs, Unused: u8) -> Result<u32, E> {
    let never_read = 1;
    runs.fail(2)
}

#[retryable(base = "0s")]
fn attribute_on_an_argument(runs: &Runs, #[allow(unused_variables)] unused: u8) -> Result<u32, E> {
    runs.fail(2)
}

#[retryable(base = "0s")]
fn inner_attributes(runs: &Runs) -> Result<u32, E> {
    #![allow(unused_variables)]
    #![allow(clippy::let_and_return)]
    let never_read = 1;
    runs.fail(2)
}

#[retryable(base = "0s")]
async fn inner_attributes_async(runs: &Runs) -> Result<u32, E> {
    #![allow(unused_variables)]
    let never_read = 1;
    runs.fail_later(2).await
}

#[retryable]
#[allow(dead_code)]
fn without_arguments() -> Result<(), E> {
    Ok(())
}

#[retryable()]
#[allow(dead_code)]
async fn without_arguments_async() -> Result<(), E> {
    Ok(())
}

#[retry_runtime::retryable(base = "0s")]
fn by_path_and_with_a_trailing_comma(runs: &Runs) -> Result<u32, E> {
    runs.fail(2)
}

mod inner {
    use super::{E, Runs};
    use retry_runtime::retryable as again;

    #[again(base = "0s")]
    pub(super) fn renamed(runs: &Runs) -> Result<u32, E> {
        runs.fail(2)
    }
}

/// Shadows std names: generated code must not pick up the user's items.
mod hidden {
    #![allow(non_camel_case_types, dead_code)]
    use super::{E, Runs};
    use retry_runtime::retryable;

    pub(super) struct Option;
    pub(super) struct Some;
    pub(super) struct None;
    pub(super) struct Box;
    pub(super) struct Clone;
    pub(super) struct Call;
    pub(super) mod std {}
    pub(super) mod retry_runtime_ {}
    #[allow(unused_macros)]
    macro_rules! concat {
        ($($t:tt)*) => {
            compile_error!("not ours")
        };
    }
    #[allow(unused_macros)]
    macro_rules! module_path {
        ($($t:tt)*) => {
            compile_error!("not ours")
        };
    }
    #[retryable(base = "0s", clone(call), attempt = out)]
    pub(super) fn shadowed(runs: &Runs, call: u32, turn: u32, error: u32) -> Result<u32, E> {
        runs.fail(2).map(|run| run + call + turn + error + out.number())
    }

    #[retryable(base = "0s")]
    pub(super) async fn shadowed_async(runs: &Runs, call: u32, out: u32) -> Result<u32, E> {
        Ok(runs.fail_later(2).await? + call + out)
    }
}

#[test]
#[allow(unsafe_code)]
fn decorated_functions_are_retried() {
    // SAFETY: these functions have no preconditions.
    unsafe {
        assert_eq!(not_safe(&Runs::new()), Ok(3));
        assert_eq!(block_on(not_safe_async(&Runs::new())), Ok(3));
        assert_eq!(for_c_and_not_safe(&Runs::new()), Some(3));
    }
    assert_eq!(for_c(&Runs::new()), Some(3));
    assert_eq!(visible(&Runs::new()), Ok(3));
    assert_eq!(block_on(visible_in(&Runs::new())), Ok(3));
    assert_eq!(r#type(&Runs::new()), Ok(3));
    assert_eq!(block_on(r#where(&Runs::new(), "ab".to_owned())), Ok(5));
    assert_eq!(decorated(&Runs::new()), Ok(3));
    #[allow(deprecated)]
    let answer = block_on(sendable(deprecated(&Runs::new())));
    assert_eq!(answer, Ok(3));
    assert_eq!(conditional(&Runs::new()), Ok(3));
    assert_eq!(lints_allowed(&Runs::new(), 0), Ok(3));
    assert_eq!(attribute_on_an_argument(&Runs::new(), 0), Ok(3));
    assert_eq!(inner_attributes(&Runs::new()), Ok(3));
    assert_eq!(block_on(inner_attributes_async(&Runs::new())), Ok(3));
    assert_eq!(by_path_and_with_a_trailing_comma(&Runs::new()), Ok(3));
    assert_eq!(inner::renamed(&Runs::new()), Ok(3));
    assert_eq!(hidden::shadowed(&Runs::new(), 1, 1, 1), Ok(9));
    assert_eq!(block_on(hidden::shadowed_async(&Runs::new(), 1, 1)), Ok(5));
}
