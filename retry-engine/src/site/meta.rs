//! The facts about an annotated function that stand in the source.

use super::function::Site;
use crate::base::name::MethodName;

/// The place, the name and the attribute's statements of an annotated function.
///
/// ```
/// # use retry_runtime::retryable;
/// // Written by the attribute, and read through the site:
/// #[retryable(name = "docs::meta")]
/// fn connect() -> std::io::Result<()> { Ok(()) }
///
/// let site = retry_runtime::site("docs::meta").expect("the function is linked");
/// assert_eq!((site.name(), site.is_async()), ("docs::meta", false));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Meta {
    pub(super) name: &'static str,
    /// The name of a method, which stands in place of `name`.
    pub(super) method: Option<&'static MethodName>,
    /// The function of which the site is a part, for calls with a label.
    pub(super) whole: Option<&'static Site>,
    pub(super) file: &'static str,
    pub(super) line: u32,
    /// The names of the arguments that the attribute gives, with spaces between them; `on=any` where it says
    /// so.
    pub(super) written: &'static str,
    /// The names of the settings that each call computes, with spaces between them.
    pub(super) per_call: &'static str,
    /// Whether the program declares it while it runs; each of its calls may have another policy.
    pub(super) declared: bool,
    pub(super) awaited: bool,
    pub(super) interrupted: bool,
    /// Whether the durations of its attempts are counted.
    pub(super) measured: bool,
}

impl Meta {
    /// `written` has the names of the arguments that the attribute gives, with spaces between them.
    #[doc(hidden)]
    #[inline]
    pub const fn new(
        name: &'static str,
        file: &'static str,
        line: u32,
        written: &'static str,
    ) -> Self {
        Meta {
            name,
            method: None,
            whole: None,
            file,
            line,
            written,
            per_call: "",
            declared: false,
            awaited: false,
            interrupted: false,
            measured: false,
        }
    }

    /// The function is a method whose name the runtime composes.
    #[doc(hidden)]
    pub const fn method(mut self, name: &'static MethodName) -> Self {
        self.method = Some(name);
        self
    }

    /// The settings that each call computes from its arguments.
    #[doc(hidden)]
    #[inline]
    pub const fn per_call(mut self, names: &'static str) -> Self {
        self.per_call = names;
        self
    }

    /// The durations of its attempts are counted, or not.
    #[doc(hidden)]
    pub const fn measured(mut self, measured: bool) -> Self {
        self.measured = measured;
        self
    }

    /// The facts about a part of a function.
    #[inline]
    pub(super) const fn part(self, name: &'static str, whole: &'static Site) -> Self {
        Meta { name, method: None, whole: Some(whole), ..self }
    }

    /// It has no attribute: the program declares it while it runs.
    pub(super) const fn declared(mut self) -> Self {
        self.declared = true;
        self
    }

    /// It is an `async` function; `interrupted` says whether a limit may cut its running attempts off.
    #[doc(hidden)]
    #[inline]
    pub const fn awaited(mut self, interrupted: bool) -> Self {
        self.awaited = true;
        self.interrupted = interrupted;
        self
    }
}
