//! The list of annotated functions, complete before the first call.

use crate::Site;

/// An entry of the list. The linker collects them (crate `inventory`), one for each annotated function.
#[derive(Debug)]
pub struct Entry(pub &'static Site);

inventory::collect!(Entry);

/// Every annotated function that is linked into the program, in no particular order.
///
/// ```
/// # use retry_runtime::retryable;
/// #[retryable(on = any, name = "example::fetch")]
/// fn fetch() -> Result<u32, String> { Ok(1) }
///
/// assert!(retry_runtime::sites().any(|site| site.name() == "example::fetch"));
/// ```
pub fn sites() -> impl Iterator<Item = &'static Site> {
    inventory::iter::<Entry>.into_iter().map(|entry| entry.0)
}

/// The annotated function of this name; the first one found when several share it.
pub fn site(name: &str) -> Option<&'static Site> {
    sites().find(|site| site.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Policy;
    use crate::site::{Meta, SiteBreaker, SiteBudget};

    static SITE: Site = Site::new(
        Meta::new("registry::tests::declared", file!(), line!()),
        Policy::new(),
        SiteBudget::None,
        SiteBreaker::None,
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
