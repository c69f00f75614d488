//! Enums whose variants have stable names.

/// Declares an enum without fields and the name of each variant.
macro_rules! named {
    ($(#[$attribute:meta])* $vis:vis enum $enum:ident {
        $($(#[$of_variant:meta])* $variant:ident = $name:literal,)*
    }) => {
        $(#[$attribute])*
        $vis enum $enum {
            $($(#[$of_variant])* $variant,)*
        }

        impl $enum {
            /// All values, in the order of their declaration.
            pub const ALL: [$enum; [$($name),*].len()] = [$($enum::$variant),*];

            /// The stable name of the value.
            pub const fn name(self) -> &'static str {
                match self {
                    $($enum::$variant => $name,)*
                }
            }

            /// The value with this name.
            pub fn named(name: &str) -> Option<Self> {
                $enum::ALL.into_iter().find(|value| value.name() == name)
            }
        }

        impl std::fmt::Display for $enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}
pub(crate) use named;
