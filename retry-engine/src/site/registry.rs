//! The list of annotated functions, complete before the first call.

use std::sync::Mutex;

use super::function::Site;
use crate::base::sync::lock;
use crate::report::record::PastCall;
use crate::report::stats::Stats;

/// An entry of the list. The linker collects them (crate `inventory`), one for each annotated function.
#[derive(Debug)]
pub struct Entry(pub &'static Site);

inventory::collect!(Entry);

/// Functions that have been called although the linker has not listed them: this platform's linker cannot,
/// or the code was loaded later.
static LATE: Mutex<Vec<&'static Site>> = Mutex::new(Vec::new());

/// Every annotated function that is linked into the program, in no particular order.
///
/// The list is complete before the first call. On a platform where the linker cannot collect it (see the
/// crate `inventory`) a function is listed from its first call on, and a `tracing` event says so.
///
/// ```
/// # use retry_runtime::retryable;
/// #[retryable(on = any, name = "example::fetch")]
/// fn fetch() -> Result<u32, String> { Ok(1) }
///
/// assert!(retry_runtime::sites().any(|site| site.name() == "example::fetch"));
/// ```
pub fn sites() -> impl Iterator<Item = &'static Site> {
    // One vector: a search over a vector compiles to a fraction of one over two lists in a row.
    let mut sites = lock(&LATE).clone();
    sites.extend(listed());
    sites.into_iter()
}

/// The annotated function of this name. When several share it, the one whose file and line come first;
/// [`sites_named`] returns them all.
///
/// ```
/// # use retry_runtime::retryable;
/// #[retryable(max = 5, name = "docs::site")]
/// fn connect() -> std::io::Result<()> { Ok(()) }
///
/// let site = retry_runtime::site("docs::site").expect("the function is linked");
/// assert_eq!(site.policy().limit(), Some(6));
/// ```
#[inline]
pub fn site(name: &str) -> Option<&'static Site> {
    sites_named(name).into_iter().next()
}

/// The annotated functions of this name, ordered by file and line: more than one where a name was given
/// twice. A name without the type, `module::method`, finds the methods of all types of the module, unless a function has
/// that name. `function[label]` finds the part of a function that has a label.
///
/// Each has counts, a history and settings of its own; `name = …` in an attribute tells them apart.
///
/// ```
/// # use retry_runtime::retryable;
/// #[retryable(name = "docs::sites_named")]
/// fn connect() -> std::io::Result<()> { Ok(()) }
///
/// for site in retry_runtime::sites_named("docs::sites_named") {
///     println!("{} at {}:{}", site.name(), site.file(), site.line());
/// }
/// ```
pub fn sites_named(name: &str) -> Vec<&'static Site> {
    let mut found: Vec<_> = sites().filter(|site| site.name() == name).collect();
    if found.is_empty() {
        found.extend(sites().filter(|site| site.name_without_type() == name));
    }
    if found.is_empty() && name.ends_with(']') {
        let parts = sites().flat_map(Site::parts);
        found.extend(parts.filter(|part| part.name() == name));
    }
    order(&mut found);
    found
}

/// Orders functions by file and line.
pub(super) fn order(sites: &mut [&'static Site]) {
    sites.sort_by_key(|site| (site.file(), site.line()));
}

/// The counts of the function of this name ([`site`] says which, when several share it); `None` when there
/// is none.
///
/// ```
/// # use retry_runtime::retryable;
/// #[retryable(name = "docs::stats_by_name")]
/// fn connect() -> std::io::Result<()> { Ok(()) }
///
/// connect()?;
/// let stats = retry_runtime::stats("docs::stats_by_name").expect("the function is linked");
/// assert_eq!((stats.calls(), stats.first_try), (1, 1));
/// assert!(retry_runtime::stats("no::such_function").is_none());
/// # Ok::<(), std::io::Error>(())
/// ```
#[inline]
pub fn stats(name: &str) -> Option<Stats> {
    site(name).map(Site::stats)
}

/// The counts of all functions, added together.
///
/// ```
/// let all = retry_runtime::overview();
/// println!("{} calls, {} attempts, {} wasted", all.calls(), all.attempts, all.wasted);
/// ```
#[inline]
pub fn overview() -> Stats {
    let mut all = Stats::default();
    sites().for_each(|site| all.add(&site.stats()));
    all
}

/// The last calls of this function that did not succeed at once, the oldest first; `None` when there is no
/// function of this name.
///
/// ```
/// # use retry_runtime::{StopReason, retryable};
/// #[retryable(max = 1, base = "0s", on = any, name = "docs::history")]
/// fn fetch() -> Result<u32, String> { Err("connection refused".into()) }
///
/// fetch().unwrap_err();
/// let past = retry_runtime::history("docs::history").expect("the function is linked");
/// assert_eq!(past[0].report.reason, StopReason::Exhausted);
/// assert_eq!(past[0].report.attempts.len(), 2);
/// assert_eq!(past[0].report.attempts[0].error.as_deref(), Some("connection refused"));
/// ```
///
/// How much is remembered: [`limit_history`](crate::limit_history).
#[inline]
pub fn history(name: &str) -> Option<Vec<PastCall>> {
    site(name).map(Site::history)
}

/// Starts the counts of the functions of this name at zero again, and forgets their past; `false` when
/// there is none of this name.
///
/// ```
/// # use retry_runtime::retryable;
/// #[retryable(name = "docs::clear")]
/// fn connect() -> std::io::Result<()> { Ok(()) }
///
/// connect()?;
/// assert!(retry_runtime::clear("docs::clear"));
/// assert_eq!(retry_runtime::stats("docs::clear").map(|stats| stats.calls()), Some(0));
/// # Ok::<(), std::io::Error>(())
/// ```
#[inline]
pub fn clear(name: &str) -> bool {
    let sites = sites_named(name);
    sites.iter().for_each(|site| site.clear());
    !sites.is_empty()
}

/// [`clear`] for all functions.
///
/// ```
/// retry_runtime::clear_all();
/// assert_eq!(retry_runtime::overview().calls(), 0);
/// ```
#[inline]
pub fn clear_all() {
    sites().for_each(Site::clear);
}

fn listed() -> impl Iterator<Item = &'static Site> {
    inventory::iter::<Entry>.into_iter().map(|entry| entry.0)
}

/// Lists a function that was declared while the program runs, and has a configuration applied to it.
///
/// The caller must not hold a lock.
#[inline]
pub(super) fn declared(site: &'static Site) {
    lock(&LATE).push(site);
    super::configuration::apply_to_declared();
}

/// A function is called for the first time: it is listed now if the linker has not.
pub(crate) fn list(site: &'static Site) {
    if !listed().any(|listed| std::ptr::eq(listed, site)) {
        let mut late = lock(&LATE);
        if !late.iter().any(|known| std::ptr::eq(*known, site)) {
            late.push(site);
            drop(late);
            crate::event::listed_late(site.name());
        }
    }
}

/// Says so when other functions have the name of this one.
pub(crate) fn warn_of_twins(site: &'static Site) {
    let twins = sites_named(site.name());
    if let [first, others @ ..] = &twins[..] {
        if !others.is_empty() {
            let others: Vec<String> = others.iter().map(|other| other.place()).collect();
            crate::event::shared_name(site.name(), &first.place(), &others.join(", "));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::site::{Meta, NO_BREAKER, SiteBudget};

    static SITE: Site = Site::new(
        Meta::new("registry::tests::declared", file!(), line!(), ""),
        Policy::new(),
        SiteBudget::None,
        &NO_BREAKER,
    );
    inventory::submit! { Entry(&SITE) }

    #[test]
    fn what_is_declared_is_listed_before_anything_is_called() {
        let names: Vec<&str> = sites().map(Site::name).collect();
        assert!(names.contains(&"registry::tests::declared"), "{names:?}");
        assert!(site("registry::tests::declared").is_some_and(|site| std::ptr::eq(site, &SITE)));
        assert!(site("registry::tests::nothing").is_none());
    }
}
