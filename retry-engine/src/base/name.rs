//! The name of an annotated method: its module, its type, and its own name.
//!
//! An attribute on a method does not see the type of the `impl`. The compiler knows the path of an item inside the
//! method, `crate::module::Type::method::Item`; `std::any::type_name` tells it, but not in a constant. So the name is
//! composed when it is asked for.

use std::borrow::Cow;
use std::sync::OnceLock;

/// The name of an annotated method, composed at its first use.
#[derive(Debug)]
pub struct MethodName {
    module: &'static str,
    method: &'static str,
    /// The path of an item in the method's body.
    path: fn() -> &'static str,
    found: OnceLock<&'static str>,
}

impl MethodName {
    #[doc(hidden)]
    #[inline]
    pub const fn new(
        module: &'static str,
        method: &'static str,
        path: fn() -> &'static str,
    ) -> Self {
        MethodName { module, method, path, found: OnceLock::new() }
    }

    /// `module::Type::method`; `module::method` where the compiler's path names no type.
    pub(crate) fn get(&'static self) -> &'static str {
        self.found.get_or_init(|| {
            let name = match type_in((self.path)(), self.module, self.method) {
                Some(of) => format!("{}::{of}::{}", self.module, self.method),
                None => format!("{}::{}", self.module, self.method),
            };
            Box::leak(name.into_boxed_str())
        })
    }
}

/// A name that is given, or that of a method.
#[derive(Clone, Debug)]
pub(crate) enum Name {
    Given(Cow<'static, str>),
    Method(&'static MethodName),
    /// Nobody is told about the thing.
    Unheard,
}

impl Name {
    /// Whether listeners are told about the thing of this name.
    pub(crate) const fn is_heard(&self) -> bool {
        !matches!(self, Name::Unheard)
    }

    pub(crate) fn as_str(&self) -> &str {
        match self {
            Name::Given(name) => name,
            Name::Method(method) => method.get(),
            Name::Unheard => "",
        }
    }

    pub(crate) fn to_cow(&self) -> Cow<'static, str> {
        match self {
            Name::Given(name) => name.clone(),
            Name::Method(method) => Cow::Borrowed(method.get()),
            Name::Unheard => Cow::Borrowed(""),
        }
    }
}

/// The name of the type, or of the trait, whose method is in the path.
fn type_in<'p>(path: &'p str, module: &str, method: &str) -> Option<&'p str> {
    let segments = split(path, "::");
    let plain = |segment: &str| segment.trim_start_matches("r#") == method;
    let at = segments.iter().rposition(|(_, segment)| plain(segment))?.checked_sub(1)?;
    let (start, owner) = segments[at];
    // A function that belongs to no type.
    if path.get(..start + owner.len()) == Some(module) {
        return None;
    }
    name_of(owner)
}

/// The last segment of a type's path, without generic arguments: `Client` for `<app::Client<T> as app::Get>`, for
/// `<impl app::Get for app::Client<T>>` and for `&mut app::Client<T>`.
fn name_of(owner: &str) -> Option<&str> {
    let inside = owner.strip_prefix('<').and_then(|owner| owner.strip_suffix('>'));
    let of = match inside {
        Some(inside) => match inside.strip_prefix("impl ") {
            Some(block) => split(block, " for ").last()?.1,
            None => split(inside, " as ").first()?.1,
        },
        None => owner,
    };
    let of = of.trim_start_matches('&').trim_start_matches("mut ").trim_start_matches("dyn ");
    let of = of.split('<').next()?;
    let name = of.rsplit("::").next()?;
    let is_word = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_word.then_some(name)
}

/// The parts of a text between separators that are in no brackets, each with its start.
fn split<'t>(text: &'t str, separator: &str) -> Vec<(usize, &'t str)> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    let mut before = ' ';
    for (at, sign) in text.char_indices() {
        match sign {
            '<' | '(' | '[' | '{' => depth += 1,
            // Not the arrow of a function type.
            '>' if before == '-' => {}
            '>' | ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 && at >= start && text[at..].starts_with(separator) => {
                parts.push((start, &text[start..at]));
                start = at + separator.len();
            }
            _ => {}
        }
        before = sign;
    }
    parts.push((start, &text[start..]));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, of: Option<&str>) {
        assert_eq!(type_in(path, "app::pay", "get"), of, "{path}");
    }

    #[test]
    fn the_type_is_found_in_each_way_in_which_the_compiler_writes_a_path() {
        check("app::pay::Client::get::NAME::Item", Some("Client"));
        check("app::pay::Client<T>::get::NAME::Item", Some("Client"));
        check("app::pay::Client::get::{{closure}}::NAME::Item", Some("Client"));
        check("<app::pay::Client as app::pay::Get>::get::{{closure}}::NAME::Item", Some("Client"));
        check("<app::Client<fn(u8) -> u8> as app::Get<A, B>>::get::NAME::Item", Some("Client"));
        check("app::pay::<impl app::Client>::get::NAME::Item", Some("Client"));
        check("app::pay::<impl app::Get<u8> for app::Client<T>>::get::NAME::Item", Some("Client"));
        check("app::pay::Get::get::NAME::Item", Some("Get"));
        check("<&mut app::Client as app::Get>::get::NAME::Item", Some("Client"));
        check("<alloc::boxed::Box<dyn app::Get> as app::Get>::get::NAME::Item", Some("Box"));
        check("app::pay::outer::Client::get::NAME::Item", Some("Client"));
        check("app::pay::Client::r#get::NAME::Item", Some("Client"));
    }

    #[test]
    fn a_path_without_the_name_of_a_type_gives_none() {
        check("app::pay::get::NAME::Item", None);
        check("<(u8, u8) as app::Get>::get::NAME::Item", None);
        check("<[app::Client] as app::Get>::get::NAME::Item", None);
        check("something else", None);
        check("", None);
        check("get", None);
    }
}
