//! What was annotated: a function, and what kind of function it is.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, FnArg, Ident, Pat, ReturnType, Signature, Token, Type, Visibility};

use crate::args::Args;
use crate::check::{check, only_functions_are_retried};
use crate::errors::{Errors, beside, fallback};
use crate::expand::expand;
use crate::future_type::{Boxing, future_output};
use crate::wrapped::{self, Seam};

/// An annotated function, taken apart.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) defaultness: Option<Token![default]>,
    pub(crate) sig: Signature,
    /// The braces and what is in them, as written: it is parsed only where that is needed.
    pub(crate) body: Group,
}

/// How the function runs its attempts.
pub(crate) enum Kind {
    /// A plain function: an attempt is a closure.
    Blocking,
    /// An `async fn`: an attempt is an `async` block.
    Async,
    /// A function that returns a future of this output: its last expression is the attempt.
    Future(Type, Boxing),
    /// Another attribute has wrapped the body; the attempt is inside.
    Wrapped(Seam),
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let defaultness = if input.peek(Token![default]) && !input.peek2(Token![!]) {
            Some(input.parse()?)
        } else {
            None
        };
        let sig = input.parse()?;
        if input.peek(Token![;]) {
            return Err(syn::Error::new_spanned(
                input.parse::<Token![;]>()?,
                "a trait method without a body has nothing to retry\n\
                 help: put `#[retryable]` on the methods of the implementations",
            ));
        }
        match input.parse::<TokenTree>()? {
            TokenTree::Group(body) if input.is_empty() => {
                Ok(Function { attrs, vis, defaultness, sig, body })
            }
            other => Err(syn::Error::new_spanned(other, "expected a function body")),
        }
    }
}

impl Function {
    pub(crate) fn kind(&self) -> Kind {
        if let Some(seam) = wrapped::find(self) {
            return Kind::Wrapped(seam);
        }
        if self.sig.asyncness.is_some() {
            return Kind::Async;
        }
        match &self.sig.output {
            ReturnType::Type(_, output) => match future_output(output) {
                Some((output, boxing)) => Kind::Future(output, boxing),
                None => Kind::Blocking,
            },
            ReturnType::Default => Kind::Blocking,
        }
    }

    /// Whether its attempts are awaited.
    pub(crate) fn is_async(&self) -> bool {
        match self.kind() {
            Kind::Blocking => false,
            Kind::Async | Kind::Future(..) => true,
            Kind::Wrapped(seam) => seam.is_async(),
        }
    }

    /// The type that is written after the arrow.
    pub(crate) fn output(&self) -> Option<&Type> {
        match &self.sig.output {
            ReturnType::Type(_, output) => Some(output),
            ReturnType::Default => None,
        }
    }

    /// Every name that the parameters bind, in order.
    pub(crate) fn bindings(&self) -> Vec<Binding<'_>> {
        let mut bindings = Vec::new();
        for input in &self.sig.inputs {
            match input {
                FnArg::Receiver(receiver) => bindings.push(Binding {
                    name: Ident::new("self", receiver.self_token.span),
                    mutable: receiver.mutability.map(|token| token.to_token_stream()),
                    ty: None,
                }),
                FnArg::Typed(typed) => bind(&typed.pat, Some(&typed.ty), &mut bindings),
            }
        }
        bindings
    }

    /// The function with another body and with parameters that differ at most in their `mut`s.
    pub(crate) fn with_body(
        &self,
        sig: &Signature,
        docs: TokenStream,
        body: TokenStream,
    ) -> TokenStream {
        let Function { attrs, vis, defaultness, .. } = self;
        let outer = attrs.iter();
        quote! { #(#outer)* #docs #vis #defaultness #sig #body }
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.with_body(&self.sig, TokenStream::new(), self.body.to_token_stream()));
    }
}

/// A name that a parameter binds.
pub(crate) struct Binding<'a> {
    pub(crate) name: Ident,
    /// The `mut`, when it binds by value and mutably.
    pub(crate) mutable: Option<TokenStream>,
    /// The parameter's type, when the name binds all of it.
    pub(crate) ty: Option<&'a Type>,
}

/// The names in a pattern.
fn bind<'a>(pat: &Pat, ty: Option<&'a Type>, bindings: &mut Vec<Binding<'a>>) {
    match pat {
        Pat::Ident(ident) => {
            bindings.push(Binding {
                name: ident.ident.clone(),
                mutable: match ident.by_ref {
                    Some(_) => None,
                    None => ident.mutability.map(|token| token.to_token_stream()),
                },
                ty,
            });
            if let Some((_, inner)) = &ident.subpat {
                bind(inner, None, bindings);
            }
        }
        Pat::Tuple(tuple) => tuple.elems.iter().for_each(|pat| bind(pat, None, bindings)),
        Pat::TupleStruct(tuple) => tuple.elems.iter().for_each(|pat| bind(pat, None, bindings)),
        Pat::Struct(fields) => {
            fields.fields.iter().for_each(|field| bind(&field.pat, None, bindings))
        }
        Pat::Slice(slice) => slice.elems.iter().for_each(|pat| bind(pat, None, bindings)),
        Pat::Reference(reference) => bind(&reference.pat, None, bindings),
        Pat::Paren(paren) => bind(&paren.pat, ty, bindings),
        Pat::Type(typed) => bind(&typed.pat, ty, bindings),
        _ => {}
    }
}

/// The annotated item, retried; with mistakes, these and the item as it was written, so that the rest of
/// the program still finds it.
pub(crate) fn retry(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let args = Args::parse(attribute, &mut errors);
    let function = errors.keep(parse(item.clone()));
    if let Some(function) = &function {
        check(function, &args, &mut errors);
    }
    let expanded = match &function {
        Some(function) if errors.is_empty() => errors.keep(expand(function, &args)),
        _ => None,
    };
    let reports = errors.finish();
    match (expanded, &function) {
        (Some(expanded), _) => quote!(#reports #expanded),
        (None, Some(function)) => beside(reports, fallback(function, &args)),
        (None, None) => beside(reports, item),
    }
}

/// Reads an annotated item; anything but a function is refused.
fn parse(item: TokenStream) -> syn::Result<Function> {
    only_functions_are_retried(&item)?;
    syn::parse2(item)
}
