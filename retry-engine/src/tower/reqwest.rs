//! reqwest's clients as services.

use std::borrow::Cow;

use super::drain::{Drain, drain_body};
use super::judge::{Http, Judge, is_failure};
use super::replay::{Replay, is_idempotent};
use crate::failure::class::{Class, Classify};
use crate::failure::interruption::Interruption;

macro_rules! implement_for {
    ($feature:literal, $reqwest:ident) => {
        #[cfg(feature = $feature)]
        impl Replay for $reqwest::Request {
            fn again(&self) -> Option<Self> {
                self.try_clone()
            }

            fn idempotent(&self) -> Option<bool> {
                Some(is_idempotent(self.method(), self.headers()))
            }
        }

        #[cfg(feature = $feature)]
        impl<E: Classify> Judge<$reqwest::Response, E> for Http {
            fn judge(&self, result: &Result<$reqwest::Response, E>) -> Option<Class> {
                match result {
                    Ok(response) => {
                        is_failure(response.status().as_u16()).then(|| response.classify())
                    }
                    Err(error) => Some(error.classify()),
                }
            }

            fn describe(&self, result: &Result<$reqwest::Response, E>) -> Cow<'static, str> {
                match result {
                    Ok(response) => response.describe(),
                    Err(error) => error.describe(),
                }
            }

            fn interruption(&self, error: &E) -> Option<Interruption> {
                error.interruption()
            }

            fn drain(&self, response: $reqwest::Response) -> Option<Drain> {
                Some(drain_body(http::Response::from(response).into_body()))
            }
        }
    };
}

implement_for!("reqwest", reqwest);
implement_for!("reqwest-0-12", reqwest_0_12);
