//! The annotated function itself: one static for each.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::Policy;

/// Where an annotated function is written, and what it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    name: &'static str,
    file: &'static str,
    line: u32,
}

impl Meta {
    #[doc(hidden)]
    pub const fn new(name: &'static str, file: &'static str, line: u32) -> Self {
        Meta { name, file, line }
    }
}

/// An annotated function: its name, its place in the source, and its policy.
///
/// There is one static for each annotated function of the source, also for generic ones.
/// [`sites`](crate::sites) lists them all.
#[derive(Debug)]
pub struct Site {
    meta: Meta,
    policy: Policy,
    warned: AtomicBool,
}

impl Site {
    #[doc(hidden)]
    pub const fn new(meta: Meta, policy: Policy) -> Self {
        Site { meta, policy, warned: AtomicBool::new(false) }
    }

    /// The name in configuration, events and pages: `name = …`, else the module's path and the function.
    pub fn name(&self) -> &'static str {
        self.meta.name
    }

    /// The source file, as the compiler was given it.
    pub fn file(&self) -> &'static str {
        self.meta.file
    }

    /// The line of the attribute, from 1.
    pub fn line(&self) -> u32 {
        self.meta.line
    }

    /// How calls of the function are retried.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Says once how to declare idempotency, after an `Ambiguous` failure that had to end the call.
    #[cold]
    pub(crate) fn warn_undeclared(&self) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            crate::event::undeclared(self.name());
        }
    }
}
