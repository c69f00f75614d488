//! `#[derive(Classify)]`, in four steps: `read` the attributes, gather the `item`, `check` it into a `plan`,
//! `expand` the plan.

use proc_macro2::TokenStream;
use syn::DeriveInput;

use crate::errors::Errors;

mod bounds;
mod check;
mod expand;
mod inject;
mod item;
mod plan;
mod read;
mod values;
mod words;

// Input:
//     the annotated type
// Output:
//     its `impl Classify`; or every mistake, and an impl that always compiles
pub(crate) fn derive(node: &DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let input = item::Input::from_syn(node, &mut errors);
    let plan = check::check(&input, &mut errors);
    let correct = errors.is_empty();
    let mut tokens = errors.finish();
    tokens.extend(if correct { expand::expand(&plan) } else { expand::fallback(&plan) });
    tokens
}
