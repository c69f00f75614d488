//! The call of the function that `recover` names.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, Path};

use crate::expand::plan::Plan;
use crate::expand::spans::replaced;
use crate::item::parameters::Parameter;
use crate::item::pattern::as_expression;

/// The greatest number of parameters that the runtime's `Recovers` counts.
const COUNTED: usize = 12;

impl Plan<'_> {
    // Input:
    //     recover = fallback
    // Output:
    //     recovering({
    //         let function = <_ as Recovers<_, (_, _, _, _)>>::itself(fallback);
    //         let failed = Failure::from_retry_error(failure);
    //         function(self, failed, argument, …)
    //     }).await
    //
    // As an argument of the call, the conversion would be a second mistake of a function with too few parameters. If
    // `itself` refuses the function, rustc does not know its type, and the call is no second mistake either.
    pub(crate) fn recover(&self, path: &Path, is_async: bool) -> TokenStream {
        let mut arguments: Vec<TokenStream> = Vec::new();
        let mut receiver = None;
        for parameter in &self.parameters {
            match parameter {
                Parameter::Receiver { this, .. } => receiver = Some(quote!(#this,)),
                Parameter::Typed { pat, .. } => arguments.extend(as_expression(pat)),
            }
        }
        // A function with other parameters is a mistake at its path.
        let at = path.span();
        let private = replaced(&self.private, at);
        let named = |name: &str| Ident::new(name, Span::mixed_site().located_at(at));
        let (failure, failed, function) = (named("failure"), named("failed"), named("function"));
        let count = 1 + arguments.len() + usize::from(receiver.is_some());
        // The parameters, and the output.
        let types = std::iter::repeat_n(quote!(_), count + 1);
        let itself = match count {
            0..=COUNTED => {
                quote_spanned!(at=> <_ as #private::Recovers<_, (#(#types),*)>>::itself(#path))
            }
            _ => quote!(#path),
        };
        let recovered = quote_spanned!(at=> {
            let #function = #itself;
            let #failed = <_ as #private::Failure<_>>::from_retry_error(#failure);
            #function(#receiver #failed, #(#arguments),*)
        });
        if is_async {
            quote_spanned!(at=> #private::recovering(#recovered).await)
        } else {
            quote_spanned!(at=> #private::recovered(|| #recovered))
        }
    }
}
