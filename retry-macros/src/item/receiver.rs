//! The receiver of a method, `self` in all its forms.

use quote::{ToTokens as _, quote};
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::{Attribute, Lifetime, Token, Type};

/// A receiver, read from its tokens: syn 2 and syn 3 have different fields for it.
pub(crate) struct Receiver {
    /// Whether it is `&self`, `&mut self` or either with a lifetime.
    pub(crate) is_short_reference: bool,
    /// The `mut` of `mut self`.
    pub(crate) mutable: Option<Token![mut]>,
    /// Its type; of the short forms `Self`, `&Self` or `&mut Self`.
    pub(crate) ty: Type,
}

impl Receiver {
    pub(crate) fn of(written: &syn::Receiver) -> Self {
        Receiver::parse.parse2(written.to_token_stream()).expect("syn has read it as a receiver")
    }
}

impl Parse for Receiver {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Attribute::parse_outer(input)?;
        let reference: Option<Token![&]> = input.parse()?;
        let lifetime: Option<Lifetime> = if reference.is_some() { input.parse()? } else { None };
        let mutable: Option<Token![mut]> = input.parse()?;
        input.parse::<Token![self]>()?;
        let ty = if input.parse::<Option<Token![:]>>()?.is_some() {
            input.parse()?
        } else if reference.is_some() {
            syn::parse2(quote!(#reference #lifetime #mutable Self))?
        } else {
            syn::parse_quote!(Self)
        };
        let is_short_reference = reference.is_some();
        Ok(Receiver { is_short_reference, mutable: mutable.filter(|_| !is_short_reference), ty })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_receiver_has_its_type() {
        let forms = [
            ("self", "Self", false, false),
            ("mut self", "Self", false, true),
            ("&self", "& Self", true, false),
            ("&'a mut self", "& 'a mut Self", true, false),
            ("mut self: Box<Self>", "Box < Self >", false, true),
            ("#[cfg(all())] self: &mut Self", "& mut Self", false, false),
        ];
        for (written, ty, is_short_reference, is_mutable) in forms {
            let Ok(syn::FnArg::Receiver(parsed)) = syn::parse_str(written) else {
                panic!("not a receiver: {written}");
            };
            let receiver = Receiver::of(&parsed);
            assert_eq!(receiver.ty.to_token_stream().to_string(), ty, "{written}");
            assert_eq!(receiver.is_short_reference, is_short_reference, "{written}");
            assert_eq!(receiver.mutable.is_some(), is_mutable, "{written}");
        }
    }
}
