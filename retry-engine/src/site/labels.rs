//! The parts of a function whose calls have a label: the counts, the history and the name of each are its own.
//!
//! A label makes a part of the site: a site that is not listed and has the function's policy, budget and breaker. A helper
//! that serves 19 operations is then seen as 19.

use super::breaker::SiteBreaker;
use super::directory::Directory;
use super::function::Site;
use super::source::Source;
use crate::breaker::short;

/// How many labels a function can have. A label is often a value from outside.
const MOST: usize = 64;

/// The label of all calls beyond the limit.
const OTHERS: &str = "(other labels)";

/// The parts of a function, by label.
#[derive(Debug)]
pub(super) struct Labels(Directory<Site>);

impl Labels {
    pub(super) const fn new() -> Self {
        Labels(Directory::new())
    }

    /// The parts, in the order of their labels.
    pub(super) fn all(&self) -> Vec<&'static Site> {
        self.0.all()
    }
}

impl Site {
    /// The part of the function for this label, made at the label's first call. Its name is `function[label]`.
    ///
    /// A function can have 64 labels; the labels beyond share one part. A part has no parts: the label of one is its own.
    #[inline]
    pub(crate) fn part(&'static self, label: &str) -> &'static Site {
        // A label is untrusted input: no longer text of it is kept.
        let label = &*short(label);
        if self.meta.whole.is_some() || !self.is_listed() {
            return self;
        }
        if let Some(known) = self.labels.0.find(label) {
            return known;
        }
        let label = if self.labels.0.len() < MOST { label } else { OTHERS };
        let (part, is_new) = self.labels.0.keep_made(label, || self.made(label));
        if is_new {
            part.enrol();
        }
        part
    }

    #[inline]
    fn made(&'static self, label: &str) -> Site {
        let name: &'static str = Box::leak(format!("{}[{label}]", self.name()).into());
        // The budget above all labels. The budget of a label is in the table of the function.
        let budget = self.budget.get().map_or(Source::None, Source::Shared);
        let breaker: &'static SiteBreaker = self.breaker;
        Site::new(self.meta.part(name, self), self.policy, budget, breaker)
    }

    /// The function of which this site is a part; the site itself for every other one.
    pub(super) fn whole(&'static self) -> &'static Site {
        self.meta.whole.unwrap_or(self)
    }

    /// The parts of the function, one for each label that its calls had; ordered by label.
    ///
    /// Each has its own counts, history and name, `function[label]`. The counts and the history of the function have those
    /// of all parts in them.
    ///
    /// ```
    /// # use retry_runtime::retryable;
    /// #[retryable(label = operation, on = any, name = "docs::graph")]
    /// fn ask(operation: &str) -> Result<u32, String> { Ok(1) }
    ///
    /// ask("query")?;
    /// ask("subscribe")?;
    /// let site = retry_runtime::site("docs::graph").expect("the function is linked");
    /// let names: Vec<&str> = site.parts().iter().map(|part| part.name()).collect();
    /// assert_eq!(names, ["docs::graph[query]", "docs::graph[subscribe]"]);
    /// assert_eq!(site.stats().calls(), 2);
    /// # Ok::<(), String>(())
    /// ```
    pub fn parts(&self) -> Vec<&'static Site> {
        self.labels.all()
    }
}
