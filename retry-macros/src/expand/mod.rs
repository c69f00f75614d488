//! Step three: the tokens of the annotated function and of its loop.

pub(crate) mod fallback;

mod arguments;
mod call;
mod doc;
mod future;
mod owned;
mod plan;
mod policy;
mod protect;
mod recover;
mod spans;
mod task;
mod turn;
mod values;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::Ident;

use crate::expand::plan::{Attempt, ImportOf, Plan};
use crate::item::function::{Function, Mode};
use crate::item::tokens::statements;
use crate::read::args::Args;

// Input:
//     #[retryable(max = 3, task)] fn f(…) -> R { BODY }
// Output:
//     #[doc = "# Retries …"] fn f(…) -> R { CALL }
//     pub enum f {} impl f { pub fn task(…) -> Task<…> { … } }
pub(crate) fn expand(function: &Function, args: &Args) -> syn::Result<TokenStream> {
    let plan = Plan::new(function, args);
    let import = args.krate.as_ref().map(|krate| ImportOf::Runtime.import(&krate.value));
    let body = plan.body()?;
    let docs = match &args.docs {
        Some(docs) if !docs.value.value => TokenStream::new(),
        _ => doc::section(function, args),
    };
    let task = args.task.as_ref().map(|argument| task::expand(&plan, argument));
    let function = function.with_body(&plan.signature(), docs, quote!(#import #body));
    Ok(quote!(#function #task))
}

impl Plan<'_> {
    /// The body with a call in place of the attempt.
    fn body(&self) -> syn::Result<TokenStream> {
        let body = self.function.body.to_token_stream();
        let output = self.outcome();
        match self.function.mode() {
            // Input:
            //     fn f(…) -> R { BODY }
            // Output:
            //     fn f(…) -> R { CALL }
            Mode::Blocking => Ok(self.call(Attempt::new(body, output, false))),
            Mode::Async => Ok(self.call(Attempt::new(body, output, true))),
            Mode::Future(boxing) => self.returned_future(body, output, boxing),
            Mode::Wrapped(seam) => {
                let is_async = seam.is_async();
                let cloned = |name: &Ident| self.is_cloned(name);
                let body = seam.with_attempt(cloned, |body| {
                    match self.function.returned_future().filter(|_| !is_async) {
                        Some((_, boxing)) => self.returned_future(body, output, boxing),
                        None => Ok(self.call(Attempt::new(body, output, is_async))),
                    }
                });
                body.map(statements)
            }
        }
    }
}
