//! [`Classify`] for the errors and responses of `reqwest`, in both versions that programs use.

use std::borrow::Cow;
use std::error::Error;

use crate::failure::chain::{self, of_error_chain};
use crate::failure::check_status::{CheckStatus, StatusError};
use crate::failure::class::{Class, Classify, Kind};
use crate::failure::describe;
use crate::failure::of_status::of_status;
use crate::failure::retry_after;
use crate::failure::urls::without_secrets;

/// The facts that both versions tell about an error, by methods of the same names.
struct Told {
    status: Option<u16>,
    is_wrong: bool,
    is_connect: bool,
    is_timeout: bool,
    is_request: bool,
}

fn class(told: &Told, source: Option<&(dyn Error + 'static)>) -> Class {
    if let Some(status) = told.status {
        return of_status(status, None);
    }
    if told.is_wrong {
        return Class::new(Kind::Permanent);
    }
    if told.is_connect {
        return Class::new(chain::of_connect(source));
    }
    if told.is_timeout {
        return Class::new(Kind::Ambiguous);
    }
    match source.and_then(of_error_chain) {
        Some(class) if told.is_request => class,
        Some(class) => class.at_least(Kind::Ambiguous),
        None => Class::new(Kind::Permanent),
    }
}

/// Implements the traits for the types of one version.
macro_rules! implement_for {
    ($feature:literal, $reqwest:ident) => {
        /// The class depends on how far the request got:
        ///
        /// | failure | kind | why |
        /// |---|---|---|
        /// | `error_for_status` | by [`of_status`], without a delay | the error does not keep the headers |
        /// | `is_builder`, `is_redirect` | `Permanent` | the request, or the server's answer to it, is wrong |
        /// | `is_connect`, including timeouts | `Transient`; `Permanent` when its source is (a bad certificate) | nothing was sent |
        /// | `is_timeout` | `Ambiguous` | the request may have been sent |
        /// | while sending the request | its source's class, else `Permanent` | hyper knows whether the request was started |
        /// | while reading a body, decoding it, upgrading | its source's class, at least `Ambiguous`; else `Permanent` | the server has already answered; a complete body that cannot be decoded will not decode next time either |
        ///
        /// To use the server's `Retry-After` header, call [`check_status`](CheckStatus::check_status) instead of
        /// `error_for_status`.
        #[cfg(feature = $feature)]
        impl Classify for $reqwest::Error {
            fn classify(&self) -> Class {
                // A browser does not report whether connecting failed.
                #[cfg(target_arch = "wasm32")]
                let is_connect = false;
                #[cfg(not(target_arch = "wasm32"))]
                let is_connect = self.is_connect();
                let told = Told {
                    status: self.status().map(|status| status.as_u16()),
                    is_wrong: self.is_builder() || self.is_redirect(),
                    is_connect,
                    is_timeout: self.is_timeout(),
                    is_request: self.is_request(),
                };
                class(&told, self.source())
            }

            /// The text of the error and of its innermost source. The user, the password, the query and the fragment
            /// of the URL are left out, because they may hold secrets.
            fn describe(&self) -> Cow<'static, str> {
                Cow::Owned(without_secrets(&describe::with_cause(self)).into_owned())
            }
        }

        /// The class by [`of_status`], with the delay that its headers ask for
        /// ([`from_response`](retry_after::from_response)).
        #[cfg(feature = $feature)]
        impl Classify for $reqwest::Response {
            fn classify(&self) -> Class {
                let hint = retry_after::from_response(self.status(), self.headers());
                of_status(self.status().as_u16(), hint)
            }

            fn describe(&self) -> Cow<'static, str> {
                self.status().describe()
            }
        }

        #[cfg(feature = $feature)]
        impl CheckStatus for $reqwest::Response {
            fn check_status(self) -> Result<Self, StatusError> {
                StatusError::check(self.status(), self.headers())?;
                Ok(self)
            }
        }

        #[cfg(feature = $feature)]
        impl CheckStatus for &$reqwest::Response {
            fn check_status(self) -> Result<Self, StatusError> {
                StatusError::check(self.status(), self.headers())?;
                Ok(self)
            }
        }
    };
}

implement_for!("reqwest", reqwest);
implement_for!("reqwest-0-12", reqwest_0_12);
