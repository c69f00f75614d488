//! The tests that every store of [`retry_tasks`] must pass, as cases for the tests of a store.
//!
//! Add this crate to the dev-dependencies of the store and run all cases, each on an empty store of its own:
//!
//! ```
//! use retry_tasks::Tasks;
//! use retry_tasks_conformance::{Lab, cases};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! for case in cases().take(3) {
//!     println!("{}", case.name);
//!     case.run(Lab::new(Tasks::memory_with)).await;
//! }
//! # });
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! A case panics when the store does not do what the case's name says.
//!
//! | tempo | clock | for |
//! |---|---|---|
//! | [`Lab::new`] | a [`ManualClock`](retry_tasks::ManualClock), which the store must read; no case waits for real time | stores of rows |
//! | [`Lab::real`] | the store's own; a case takes some seconds | engines that sleep by themselves |
//!
//! A case may [need](Case::needs) something that an engine does not have: leases, a bucket of tokens, or a clock that
//! moves by hand. A store in real tempo runs the others:
//!
//! ```
//! use retry_tasks_conformance::cases;
//!
//! for case in cases().filter(|case| case.needs.is_empty()) {
//!     println!("{}", case.name);
//! }
//! ```

mod lab;
mod leases;
mod life;
mod limits;
mod orders;
mod pacing;
mod queries;
mod retention;
mod stage;
mod submission;
mod values;

use std::pin::Pin;
use std::time::Duration;

pub use lab::Lab;

type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A requirement that every store must meet.
///
/// ```
/// use retry_tasks::Tasks;
/// use retry_tasks_conformance::{Lab, cases};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let case = cases().next().expect("there are cases");
/// println!("{}", case.name);
/// case.run(Lab::new(Tasks::memory_with)).await;
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Case {
    /// The requirement as a sentence, with `_` between the words.
    pub name: &'static str,
    /// The requirements of the case itself, which not every store meets.
    pub needs: &'static [Need],
    run: fn(Lab) -> Running,
}

/// A requirement of a case.
///
/// ```
/// use retry_tasks_conformance::{Need, cases};
///
/// let of_leases = cases().filter(|case| case.needs.contains(&Need::Leases));
/// assert!(of_leases.count() > 5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Need {
    /// Attempts run under leases, which run out.
    Leases,
    /// Minutes pass at once, or times are compared to the millisecond: manual tempo.
    ManualTime,
    /// The store keeps a bucket of tokens for each function, which pays for retries.
    Bucket,
}

impl Case {
    /// Tests the requirement on the store of this lab.
    ///
    /// # Panics
    ///
    /// When the store does not meet the requirement.
    pub async fn run(&self, lab: Lab) {
        let limit = Duration::from_secs(60);
        let in_time = tokio::time::timeout(limit, (self.run)(lab)).await;
        assert!(in_time.is_ok(), "the case did not end within {limit:?}: {}", self.name);
    }
}

/// Returns all cases. Each needs an empty store of its own.
///
/// ```
/// use retry_tasks::Tasks;
/// use retry_tasks_conformance::{Lab, cases};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let case = cases().next().expect("there are cases");
/// println!("{}", case.name);
/// case.run(Lab::new(Tasks::memory_with)).await;
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn cases() -> impl Iterator<Item = Case> {
    life::cases()
        .chain(orders::cases())
        .chain(leases::cases())
        .chain(pacing::cases())
        .chain(submission::cases())
        .chain(queries::cases())
        .chain(values::cases())
        .chain(retention::cases())
        .chain(limits::cases())
}

/// Makes a case of each function; what a case needs stands before its name.
macro_rules! list {
    ($($([$($need:ident)*])? $name:ident)*) => {
        pub(crate) fn cases() -> impl Iterator<Item = crate::Case> {
            [$(crate::Case {
                name: stringify!($name),
                needs: &[$($(crate::Need::$need),*)?],
                run: |lab| Box::pin($name(lab)),
            }),*]
            .into_iter()
        }
    };
}
use list;
