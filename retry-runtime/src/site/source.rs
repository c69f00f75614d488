//! Where the budget or the breaker of a function comes from, as its attribute says.

use std::borrow::Cow;
use std::fmt::Debug;
use std::sync::OnceLock;

use super::directory::{Directory, Names};
use super::function::Site;
use super::registry;

/// Which budget or breaker a function has.
// The tag in a byte of its own: the usual case is one comparison.
#[repr(u8)]
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "it lives in a static, and the large one is the usual one"
)]
pub enum Source<T: Protection> {
    /// None.
    None,
    /// One of its own.
    Own(T),
    /// A static of the program.
    Shared(&'static T),
    /// The one of this name.
    Named(Named<T>),
    /// One for each key.
    Keyed(T::Keyed),
}

/// A budget or a breaker that functions share by name, as one of their attributes names it.
#[derive(Debug)]
pub struct Named<T: Protection> {
    name: &'static str,
    /// `None` leaves the settings to other attributes with the name, or to the defaults.
    settings: Option<T::Settings>,
    found: OnceLock<&'static T>,
}

/// A budget or a breaker.
pub trait Protection: Debug + Sized + Send + Sync + 'static {
    /// The settings that it is made of.
    type Settings: Copy + Debug + Default + PartialEq + Send + Sync;
    /// How an attribute asks for one for each key.
    type Keyed: Debug;
    /// The argument of the attribute.
    const WORD: &'static str;

    /// All that have a name.
    fn names() -> &'static Names<Self>;

    /// The function's.
    fn source(site: &'static Site) -> &'static Source<Self>;

    /// Makes one of settings that have passed their check.
    fn make(name: Cow<'static, str>, settings: Self::Settings) -> Self;

    /// The settings that it was made of.
    fn settings(&self) -> &Self::Settings;

    /// The name and the settings of a table that functions share.
    fn shared_table(keyed: &Self::Keyed) -> Option<(&'static str, Option<Self::Settings>)>;
}

impl<T: Protection> Source<T> {
    /// The budget or breaker; `None` when there is none, or one for each key.
    #[inline(always)]
    pub(crate) fn get(&'static self) -> Option<&'static T> {
        match self {
            Source::Own(own) => Some(own),
            other => other.get_other(),
        }
    }

    /// All but the usual case, out of line.
    #[cold]
    #[inline(never)]
    fn get_other(&'static self) -> Option<&'static T> {
        match self {
            Source::Own(own) => Some(own),
            Source::Shared(declared) => Some(declared),
            Source::Named(named) => Some(named.get()),
            Source::None | Source::Keyed(_) => None,
        }
    }

    /// The name under which functions share it, if they do.
    pub(super) const fn shared_name(&self) -> Option<&'static str> {
        match self {
            Source::Named(named) => Some(named.name),
            _ => None,
        }
    }

    /// The name by which a configuration replaces it, as the one of `site`.
    pub(super) fn name_in(&self, site: &Site) -> Option<&'static str> {
        match self {
            Source::Own(_) => Some(site.name()),
            other => other.shared_name(),
        }
    }

    /// The settings that the attribute gives to the one that is shared by this name.
    pub(super) fn declared_for(&self, name: &str) -> Option<T::Settings> {
        let (shared, settings) = match self {
            Source::Named(named) => (named.name, named.settings),
            Source::Keyed(keyed) => T::shared_table(keyed)?,
            _ => return None,
        };
        settings.filter(|_| shared == name)
    }
}

impl<T: Protection> Named<T> {
    pub(super) const fn new(name: &'static str, settings: Option<T::Settings>) -> Self {
        Named { name, settings, found: OnceLock::new() }
    }

    /// The shared name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The settings of this attribute.
    pub const fn settings(&self) -> Option<&T::Settings> {
        self.settings.as_ref()
    }

    fn get(&'static self) -> &'static T {
        match self.found.get() {
            Some(found) => found,
            None => self.find(),
        }
    }

    #[cold]
    #[inline(never)]
    fn find(&'static self) -> &'static T {
        // Not inside of the cell: a listener that is warned may call the function.
        let make = |settings| T::make(self.name.into(), settings);
        let found = find_or_make::<T, T>(&T::names().written, self.name, make);
        self.found.get_or_init(|| found)
    }
}

/// The one of this name, made of the first settings that an attribute gives to this name; warns when others
/// differ.
///
/// Nothing is locked during making and warning: a listener may ask for the same name.
pub(super) fn find_or_make<P: Protection, T>(
    directory: &Directory<T>,
    name: &str,
    make: impl FnOnce(P::Settings) -> T,
) -> &'static T {
    if let Some(found) = directory.find(name) {
        return found;
    }
    let mut declared = registry::sites().filter_map(|site| P::source(site).declared_for(name));
    let first = declared.next();
    let disagree = first.is_some_and(|first| declared.any(|other| other != first));
    let (found, is_new) = directory.keep(name, make(first.unwrap_or_default()));
    if is_new && disagree {
        crate::event::conflicting_settings(P::WORD, name);
    }
    found
}
