//! The function that is not retried because its attribute has mistakes.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Ident, Type};

use crate::expand::plan::private;
use crate::item::function::{Function, Mode};
use crate::item::outputs::without_opaque;
use crate::item::tokens::mentions;
use crate::read::args::Args;

// Input:
//     #[retryable(bse = "1s", attempt = context, report)]
//     fn f(…) -> R { BODY }
// Output, which defines all that the body may name, so that the mistake causes no further errors:
//     fn f(…) -> R {
//         let context = absent::<Attempt>();
//         absent_for((|| -> <R as Reported>::Body { BODY })())
//     }
pub(crate) fn fallback(function: &Function, args: &Args) -> TokenStream {
    let private = private(args);
    let hides = |name: &Ident| function.bindings().iter().any(|binding| binding.name == *name);
    let context = args.attempt.as_ref().filter(|attempt| !hides(&attempt.value)).map(|attempt| {
        let name = &attempt.value;
        quote!(#[allow(unused_variables)] let #name = #private::absent::<#private::Attempt>();)
    });
    // Under a wrong name `report` is a guess, and the return type tells whether it is meant.
    let reports = |output: &&Type| mentions(&output.to_token_stream(), "RetryError");
    let is_written = args.report.is_some() || args.misread(&["report"]);
    let report = function.output().filter(|output| is_written && reports(output));
    let report = report.map(without_opaque);
    let report = report.map(|output| quote!(<#output as #private::Reported>::Body));
    if context.is_none() && report.is_none() {
        return function.to_token_stream();
    }
    let code = &function.body;
    let body = match (report, function.mode()) {
        (Some(body), Mode::Blocking) => quote!(#private::absent_for((|| -> #body #code)())),
        (Some(body), Mode::Async) => quote! {
            #private::absent_for(async {
                if false { return #private::absent::<#body>(); }
                #code
            }.await)
        },
        // The body of any other kind contains the code that makes its future.
        _ => code.stream(),
    };
    function.with_body(&function.sig, TokenStream::new(), quote!(#context #body))
}
