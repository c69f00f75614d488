//! Sets of a policy's settings, and a policy of which some settings come from another one.

use super::builder::Policy;

/// A set of settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Fields(u32);

/// Input: a row for each field of a policy, and the names of the settings that set it.
/// Output: the bits of each name, and the copy of the fields that have their bit set.
macro_rules! fields {
    ($($field:ident: $($name:literal)|+;)*) => {
        #[allow(non_camel_case_types, reason = "named after the fields")]
        enum Place { $($field,)* }

        impl Fields {
            fn bits(name: &str) -> u32 {
                // A preset sets every field.
                let is_preset = name == "policy";
                let mut bits = 0;
                $(if is_preset || matches!(name, $($name)|+) {
                    bits |= 1 << Place::$field as u32;
                })*
                bits
            }
        }

        impl Policy {
            /// The policy with these settings of another one.
            pub(crate) fn with(mut self, fields: Fields, other: &Policy) -> Policy {
                $(if fields.0 & 1 << Place::$field as u32 != 0 {
                    self.$field = other.$field;
                })*
                self.timed = self.cuts_attempts() || self.has_open_limits();
                self
            }
        }
    };
}

fields! {
    attempts: "max" | "attempts";
    forever: "max" | "attempts";
    base: "base";
    factor: "factor";
    cap: "cap";
    backoff: "backoff";
    jitter: "jitter";
    deadline: "deadline";
    timeout: "timeout";
    no_retry_after: "no_retry_after";
    reset_after: "reset_after";
    on: "on";
    idempotent: "idempotent";
    hint: "hint";
    hint_cap: "hint_cap";
    clamps_hint: "hint_cap";
    inherit: "inherit";
}

impl Fields {
    /// No setting.
    pub const NONE: Fields = Fields(0);

    /// The settings of these names; a name that is no setting of a policy is left out, and `policy` names all of them.
    pub fn named<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        Fields(names.into_iter().fold(0, |bits, name| bits | Fields::bits(name)))
    }

    /// The settings of this set that are not in the other one.
    pub(crate) fn without(self, other: Fields) -> Self {
        Fields(self.0 & !other.0)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn only_the_named_settings_are_taken_from_the_other_policy() {
        let own = Policy::new().max(1).base(Duration::from_secs(2));
        let other = Policy::new().max(7).deadline(Duration::from_secs(9)).base(Duration::ZERO);
        let mixed = own.with(Fields::named(["max", "deadline", "breaker"]), &other);
        assert_eq!(
            mixed,
            Policy::new().max(7).deadline(Duration::from_secs(9)).base(Duration::from_secs(2))
        );
        assert!(mixed.is_timed());
        assert_eq!(own.with(Fields::NONE, &other), own);
        assert_eq!(own.with(Fields::named(["policy"]), &other), other);
    }

    #[test]
    fn a_set_without_another_has_the_rest() {
        let all = Fields::named(["policy"]);
        assert_eq!(
            Fields::named(["max", "cap"]).without(Fields::named(["attempts"])),
            Fields::named(["cap"])
        );
        assert_eq!(all.without(all), Fields::NONE);
    }
}
