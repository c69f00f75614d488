//! The meaning of failures: kinds, classes, source chains, delays that servers ask for, redaction. The public part is
//! `retry_runtime::classify`.

/// Implements a trait of one method, with a row for each type: `{generics} Type: |this| value;`.
macro_rules! implement {
    ($trait:ident::$method:ident -> $out:ty;
     $($(#[$cfg:meta])? $({$($generics:tt)*})? $type:ty: |$this:ident| $value:expr;)*) => { $(
        $(#[$cfg])?
        impl $(<$($generics)*>)? $trait for $type {
            #[inline]
            fn $method(&self) -> $out {
                let $this = self;
                $value
            }
        }
    )* };
}

pub(crate) mod before;
#[cfg(feature = "sites")]
pub(crate) mod carried;
pub(crate) mod chain;
#[cfg(feature = "http")]
pub(crate) mod check_status;
pub(crate) mod class;
#[cfg(feature = "sites")]
pub(crate) mod derived;
pub(crate) mod describe;
pub(crate) mod hint;
mod impls;
#[cfg(feature = "sites")]
pub(crate) mod inject;
pub(crate) mod interruption;
#[cfg(feature = "sites")]
pub(crate) mod into_class;
mod io_kind;
pub(crate) mod kinds;
#[cfg(feature = "sites")]
pub(crate) mod lookup;
pub(crate) mod messages;
pub(crate) mod of_status;
pub(crate) mod outcome;
#[cfg(feature = "sites")]
pub(crate) mod plain;
pub(crate) mod redact;
pub mod retry_after;
pub(crate) mod status;
mod std_impls;
mod transparent;
pub(crate) mod urls;
pub(crate) mod verdict;
