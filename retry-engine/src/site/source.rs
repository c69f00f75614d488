//! The budget or the breaker that an attribute declares, and where it is stored.

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
    /// Its own, stored in the function's static.
    Own(T),
    /// A static of the program.
    Shared(&'static T),
    /// Shared by this name.
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
    /// The type of its settings.
    type Settings: Copy + Debug + Default + PartialEq + Send + Sync;
    /// A declaration of one per key.
    type Keyed: Debug;
    /// The name of the attribute's argument.
    const WORD: &'static str;

    /// All named budgets, or all named breakers.
    fn names() -> &'static Names<Self>;

    /// The declaration of a function.
    fn source(site: &'static Site) -> &'static Source<Self>;

    /// A new budget or breaker with valid settings.
    fn make(name: Cow<'static, str>, settings: Self::Settings) -> Self;

    /// One that attributes share by name is used for the first time: it takes over the settings of a configuration.
    fn found(&self) {}

    /// The settings.
    fn settings(&self) -> &Self::Settings;

    /// The name and the settings of a table that functions share.
    fn shared_table(keyed: &Self::Keyed) -> Option<(&'static str, Option<Self::Settings>)>;

    /// The one above all keys, if there is one.
    fn above(_keyed: &'static Self::Keyed) -> Option<&'static Self> {
        None
    }
}

impl<T: Protection> Source<T> {
    /// The budget or breaker; of those by key, the one above them, if there is one.
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
    pub(super) fn get_other(&'static self) -> Option<&'static T> {
        match self {
            Source::Own(own) => Some(own),
            Source::Shared(declared) => Some(declared),
            Source::Named(named) => Some(named.get()),
            Source::Keyed(keyed) => T::above(keyed),
            Source::None => None,
        }
    }

    /// The budget or breaker, unless it is a shared one that no call has asked for.
    pub(super) fn made(&'static self) -> Option<&'static T> {
        match self {
            Source::Named(named) => named.made(),
            other => other.get(),
        }
    }

    /// The name under which functions share it, if they do.
    pub(super) const fn shared_name(&self) -> Option<&'static str> {
        match self {
            Source::Named(named) => Some(named.name),
            _ => None,
        }
    }

    /// The name by which a configuration replaces the budget or breaker of `site`.
    pub(super) fn name_in(&self, site: &Site) -> Option<&'static str> {
        match self {
            Source::Own(_) => Some(site.name()),
            other => other.shared_name(),
        }
    }

    /// The shared name to which the attribute gives settings.
    pub(super) fn name_of_settings(&self) -> Option<&'static str> {
        match self {
            Source::Named(named) => named.settings.map(|_| named.name),
            Source::Keyed(keyed) => {
                let (name, settings) = T::shared_table(keyed)?;
                settings.map(|_| name)
            }
            _ => None,
        }
    }

    /// The settings that the attribute gives to the budget or breaker shared by this name.
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

    /// The budget or breaker, unless no call has asked for it.
    pub(super) fn made(&'static self) -> Option<&'static T> {
        self.found.get().copied().or_else(|| T::names().written.find(self.name))
    }

    pub(super) fn get(&'static self) -> &'static T {
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
        found.found();
        self.found.get_or_init(|| found)
    }
}

/// The functions whose attributes give settings to the budget or breaker shared by this name, with these settings,
/// ordered by file and line: the first ones apply.
// Out of line, since the code of the list is long: a copy for budgets and one for breakers.
#[cold]
#[inline(never)]
pub(super) fn declarations<P: Protection>(name: &str) -> Vec<(&'static Site, P::Settings)> {
    let declares = |site: &'static Site| P::source(site).declared_for(name);
    let mut sites: Vec<_> = registry::sites().filter(|site| declares(site).is_some()).collect();
    registry::order(&mut sites);
    sites.into_iter().filter_map(|site| Some((site, declares(site)?))).collect()
}

/// The entry of this name. A new one gets the first settings that an attribute gives to the name; a warning says
/// when other attributes differ.
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
    let declared = declarations::<P>(name);
    let first = declared.first().map(|(_, settings)| *settings);
    let (found, is_new) = directory.keep(name, make(first.unwrap_or_default()));
    if is_new {
        warn_if_different::<P>(name, &declared);
    }
    found
}

/// Warns when attributes give other settings to the name than the first one.
#[cold]
#[inline(never)]
fn warn_if_different<P: Protection>(name: &str, declared: &[(&'static Site, P::Settings)]) {
    let Some((holds, settings)) = declared.first() else { return };
    let others = declared.iter().filter(|(_, other)| other != settings);
    let others: Vec<String> = others.map(|(site, _)| site.place()).collect();
    if !others.is_empty() {
        crate::event::conflicting_settings(P::WORD, name, &holds.place(), &others.join(", "));
    }
}
