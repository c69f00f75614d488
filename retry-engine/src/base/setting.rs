//! The error for an invalid setting: it names the field, the value and the remedy.

use std::fmt;
use std::time::Duration;

/// An invalid setting of a breaker or a budget; the message says what is allowed.
///
/// The error can be created in `const` code, so that an invalid literal stops the build: the compiler then prints
/// [`SettingError::message`]. For a value that comes from a file, `Display` adds the value:
///
/// ```
/// use retry_runtime::budget::BudgetSettings;
///
/// let error = BudgetSettings::new().cost(f64::NAN).validate().unwrap_err();
/// assert_eq!(error.field(), "cost");
/// assert_eq!(error.to_string(), "`cost` (NaN) must be a number of tokens from 0 to 100000");
/// assert_eq!(error.message(), "`cost` must be a number of tokens from 0 to 100000");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SettingError {
    pub(crate) field: &'static str,
    pub(crate) value: Given,
    pub(crate) message: &'static str,
}

/// The invalid value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Given {
    Number(f64),
    Count(u32),
    Time(Duration),
}

impl SettingError {
    /// The setting's name, which is the name of the builder method.
    #[inline]
    pub const fn field(&self) -> &'static str {
        self.field
    }

    /// The message without the value, for a `panic!` in `const` code.
    pub const fn message(&self) -> &'static str {
        self.message
    }
}

impl fmt::Display for SettingError {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The message starts with the field in backticks; the value goes right behind it.
        let (_, remedy) = self.message.split_at(self.field.len() + 2);
        match self.value {
            Given::Number(value) => write!(f, "`{}` ({value}){remedy}", self.field),
            Given::Count(value) => write!(f, "`{}` ({value}){remedy}", self.field),
            Given::Time(value) => write!(f, "`{}` ({value:?}){remedy}", self.field),
        }
    }
}

impl std::error::Error for SettingError {}

/// Declares a struct of settings: its fields, their defaults in `new`, and the builder methods.
///
/// `field(argument: Type): FieldType = default;` declares a field and its method. `as Some` stores the argument in an
/// `Option`. The field in `without_method` gets none.
macro_rules! settings {
    (
        $(#[$attribute:meta])*
        pub struct $Settings:ident {
            $(
                $(#[$doc:meta])*
                $field:ident($argument:ident: $given:ty $(as $Some:ident)?): $type:ty = $default:expr;
            )*
        }
        $(without_method { $plain:ident: $plain_type:ty = $plain_default:expr; })?
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[must_use]
        #[non_exhaustive]
        #[allow(missing_docs, reason = "each field is documented at the builder method of its name")]
        pub struct $Settings {
            $(pub $field: $type,)*
            $(pub $plain: $plain_type,)?
        }

        impl $Settings {
            /// The defaults of the table above.
            pub const fn new() -> Self {
                $Settings { $($field: $default,)* $($plain: $plain_default,)? }
            }

            $(
                $(#[$doc])*
                pub const fn $field(self, $argument: $given) -> Self {
                    $Settings { $field: $($Some)?($argument), ..self }
                }
            )*
        }

        impl Default for $Settings {
            fn default() -> Self {
                $Settings::new()
            }
        }
    };
}

/// Returns the error of the first row whose condition is false:
/// `pattern in value => condition, "field", Number(value), "must be …";`. Values without the pattern pass.
macro_rules! require {
    ($($given:pat in $setting:expr =>
        $valid:expr, $field:literal, $kind:ident($value:expr), $remedy:literal;)*) => {
        $(match $setting {
            $given => {
                let valid: bool = $valid;
                if !valid {
                    return Err($crate::base::setting::SettingError {
                        field: $field,
                        value: $crate::base::setting::Given::$kind($value),
                        message: concat!("`", $field, "` ", $remedy),
                    });
                }
            }
            #[allow(unreachable_patterns, reason = "a pattern may match every value")]
            _ => {}
        })*
    };
}

pub(crate) use {require, settings};
