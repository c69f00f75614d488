//! The body of a blocking call, behind a pointer: the functions that make attempts are not generic in it.

use crate::call::state::Call;

/// The pointer to the body of any attempt.
pub(super) type Body<'b, R> = &'b mut (dyn Attempts<R> + 'b);

/// The body of any attempt. Not `dyn FnMut`: a vtable of that trait has `call_once` as well, two more functions to compile
/// for each body.
pub trait Attempts<R> {
    /// Makes an attempt.
    fn attempt(&mut self, call: &Call<'_>) -> R;
}

impl<R, F: FnMut(&Call<'_>) -> R> Attempts<R> for F {
    fn attempt(&mut self, call: &Call<'_>) -> R {
        self(call)
    }
}
