//! The annotated function, and how it runs its attempts.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, ReturnType, Signature, Token, Type, Visibility};

use crate::errors::Mistake;
use crate::item::outputs::{Boxing, boxed, future_output, may_be_an_alias};
use crate::item::tail::boxes_a_future;
use crate::item::wrapped::{self, Seam};

/// A function, parsed except for its body.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) defaultness: Option<Token![default]>,
    pub(crate) sig: Signature,
    /// The inner attributes at the start of the body: `#![allow(…)]`.
    pub(crate) inner: TokenStream,
    /// The braces and the rest of the body. Only steps that need statements parse it.
    pub(crate) body: Group,
}

/// How the function runs its attempts.
pub(crate) enum Mode {
    /// A plain function: an attempt is a closure.
    Blocking,
    /// An `async fn`: an attempt is an `async` block.
    Async,
    /// A function that returns a future: its last expression is the attempt.
    Future(Boxing),
    /// A function whose body another attribute has wrapped: the attempt is inside the wrapping.
    Wrapped(Box<Seam>),
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let is_default = input.peek(Token![default]) && !input.peek2(Token![!]);
        let defaultness = is_default.then(|| input.parse()).transpose()?;
        let sig = input.parse()?;
        if input.peek(Token![;]) {
            return Err(input.parse::<Token![;]>()?.mistake(
                "a function without a body has nothing to retry\n\
                 help: put `#[retryable]` on the methods of the implementations, or on a function that calls this one",
            ));
        }
        match input.parse::<TokenTree>()? {
            TokenTree::Group(body) if input.is_empty() => {
                let (inner, body) = without_inner_attributes(&braces(body));
                Ok(Function { attrs, vis, defaultness, sig, inner, body })
            }
            other => Err(other.mistake("expected a function body")),
        }
    }
}

impl Function {
    /// The names that mean something in a call only: parameters, `self`, `Self`, and generic parameters.
    pub(crate) fn names_of_a_call(&self) -> Vec<String> {
        let bindings = self.bindings();
        let generics = &self.sig.generics;
        let names = bindings.iter().map(|binding| binding.name.to_string());
        names
            .chain(["self".to_owned(), "Self".to_owned()])
            .chain(generics.type_params().map(|param| param.ident.to_string()))
            .chain(generics.const_params().map(|param| param.ident.to_string()))
            .collect()
    }

    /// How the function runs its attempts.
    pub(crate) fn mode(&self) -> Mode {
        if let Some(seam) = wrapped::find(&self.body, self.sig.asyncness.is_some()) {
            return Mode::Wrapped(Box::new(seam));
        }
        if self.sig.asyncness.is_some() {
            return Mode::Async;
        }
        match self.returned_future() {
            Some((_, boxing)) => Mode::Future(boxing),
            None => Mode::Blocking,
        }
    }

    /// Whether the attempts are awaited.
    pub(crate) fn is_async(&self) -> bool {
        match self.mode() {
            Mode::Blocking => false,
            Mode::Async | Mode::Future(..) => true,
            Mode::Wrapped(seam) => seam.is_async() || self.returned_future().is_some(),
        }
    }

    /// The output of the future after the arrow, if the type there is one.
    pub(crate) fn returned_future(&self) -> Option<(Type, Boxing)> {
        let output = self.output()?;
        future_output(output).or_else(|| {
            // The body tells where the name of an alias does not.
            let is_alias = self.sig.asyncness.is_none() && may_be_an_alias(output);
            (is_alias && boxes_a_future(&self.body)).then(|| boxed(output))
        })
    }

    /// The type that an attempt returns.
    pub(crate) fn outcome(&self) -> Option<Type> {
        let written = match self.mode() {
            Mode::Wrapped(seam) => seam.output,
            _ => None,
        };
        let future = || self.returned_future().map(|(output, _)| output);
        written.or_else(future).or_else(|| self.output().cloned())
    }

    /// The type after the arrow.
    pub(crate) fn output(&self) -> Option<&Type> {
        match &self.sig.output {
            ReturnType::Type(_, output) => Some(output),
            ReturnType::Default => None,
        }
    }

    /// The function with another body, more documentation, and another signature.
    pub(crate) fn with_body(
        &self,
        sig: &Signature,
        docs: TokenStream,
        body: TokenStream,
    ) -> TokenStream {
        let Function { attrs, vis, defaultness, inner, .. } = self;
        let outer = attrs.iter();
        // The new braces take the span of the old ones, so that errors about the whole body point there.
        let mut braced = Group::new(Delimiter::Brace, quote!(#inner #body));
        braced.set_span(self.body.span());
        quote! { #(#outer)* #docs #vis #defaultness #sig #braced }
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.with_body(&self.sig, TokenStream::new(), self.body.stream()));
    }
}

/// Removes the invisible groups that `macro_rules!` puts around a `$body:block`.
fn braces(body: Group) -> Group {
    let mut inner = body.stream().into_iter();
    match (body.delimiter(), inner.next(), inner.next()) {
        (Delimiter::None, Some(TokenTree::Group(inner)), None) => braces(inner),
        _ => body,
    }
}

/// Splits a body into its inner attributes, which an attempt cannot carry, and the rest.
fn without_inner_attributes(body: &Group) -> (TokenStream, Group) {
    let mut tokens: Vec<TokenTree> = body.stream().into_iter().collect();
    let mut end = 0;
    while let Some([TokenTree::Punct(hash), TokenTree::Punct(bang), TokenTree::Group(_)]) =
        tokens.get(end..end + 3)
    {
        if hash.as_char() != '#' || bang.as_char() != '!' {
            break;
        }
        end += 3;
    }
    if end == 0 {
        return (TokenStream::new(), body.clone());
    }
    let rest = tokens.split_off(end);
    let mut stripped = Group::new(body.delimiter(), rest.into_iter().collect());
    stripped.set_span(body.span());
    (tokens.into_iter().collect(), stripped)
}
