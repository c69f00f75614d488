//! What was annotated: a function, and what kind of function it is.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{
    Attribute, FnArg, Ident, Pat, ReceiverKind, ReturnType, Signature, Token, Type, Visibility,
};

use crate::check::{check, only_functions_are_retried};
use crate::errors::{Errors, beside, fallback};
use crate::expand::call::expand;
use crate::item::outputs::{Boxing, future_output};
use crate::item::wrapped::{self, Moved, Seam};
use crate::read::args::Args;

/// An annotated function, taken apart.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) defaultness: Option<Token![default]>,
    pub(crate) sig: Signature,
    /// The attributes at the start of the body: `#![allow(…)]`.
    pub(crate) inner: TokenStream,
    /// The braces and what else is in them, as written: it is parsed only where that is needed.
    pub(crate) body: Group,
}

/// How the function runs its attempts.
pub(crate) enum Kind {
    /// A plain function: an attempt is a closure.
    Blocking,
    /// An `async fn`: an attempt is an `async` block.
    Async,
    /// A function that returns a future: its last expression is the attempt.
    Future(Boxing),
    /// Another attribute has wrapped the body; the attempt is inside.
    Wrapped(Box<Seam>),
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
                let (inner, body) = without_inner_attributes(&braces(body));
                Ok(Function { attrs, vis, defaultness, sig, inner, body })
            }
            other => Err(syn::Error::new_spanned(other, "expected a function body")),
        }
    }
}

impl Function {
    pub(crate) fn kind(&self) -> Kind {
        if let Some(seam) = wrapped::find(self) {
            return Kind::Wrapped(Box::new(seam));
        }
        if self.sig.asyncness.is_some() {
            return Kind::Async;
        }
        match self.returned_future() {
            Some((_, boxing)) => Kind::Future(boxing),
            None => Kind::Blocking,
        }
    }

    /// Whether its attempts are awaited.
    pub(crate) fn is_async(&self) -> bool {
        match self.kind() {
            Kind::Blocking => false,
            Kind::Async | Kind::Future(..) => true,
            Kind::Wrapped(seam) => seam.is_async() || self.returned_future().is_some(),
        }
    }

    /// The output of the future that is written after the arrow.
    pub(crate) fn returned_future(&self) -> Option<(Type, Boxing)> {
        self.output().and_then(future_output)
    }

    /// The type of what an attempt returns.
    pub(crate) fn outcome(&self) -> Option<Type> {
        let written = match self.kind() {
            Kind::Wrapped(seam) => seam.output().cloned(),
            _ => None,
        };
        let future = || self.returned_future().map(|(output, _)| output);
        written.or_else(future).or_else(|| self.output().cloned())
    }

    /// The type that is written after the arrow.
    pub(crate) fn output(&self) -> Option<&Type> {
        match &self.sig.output {
            ReturnType::Type(_, output) => Some(output),
            ReturnType::Default => None,
        }
    }

    /// The parameters as the user wrote them, also when a wrapper has moved them into its future.
    pub(crate) fn parameters(&self) -> Vec<Parameter<'_>> {
        let seam = match self.kind() {
            Kind::Wrapped(seam) => Some(seam),
            _ => None,
        };
        let moved: &[Moved] = seam.as_ref().map_or(&[], |seam| seam.moved());
        let moved = |name: &Ident| moved.iter().find(|moved| moved.argument == *name);
        let inputs = self.sig.inputs.iter().map(|input| match input {
            FnArg::Receiver(receiver) => {
                let name = Ident::new("self", receiver.self_token.span);
                let is_reference = match &receiver.kind {
                    ReceiverKind::Reference(..) => true,
                    ReceiverKind::Typed(_, ty) => matches!(**ty, Type::Reference(_)),
                    _ => false,
                };
                match moved(&name) {
                    Some(Moved { pat: Pat::Ident(this), .. }) => Parameter::Receiver {
                        name,
                        is_reference,
                        this: this.ident.clone(),
                        mutable: match receiver.kind {
                            // The wrapper has made the reference's `mut` its own.
                            ReceiverKind::Reference(..) => None,
                            _ => this.mutability.map(|token| token.to_token_stream()),
                        },
                    },
                    _ => Parameter::Receiver {
                        this: name.clone(),
                        name,
                        is_reference,
                        mutable: receiver.mutability.map(|token| token.to_token_stream()),
                    },
                }
            }
            FnArg::Typed(typed) => {
                let pat = match &*typed.pat {
                    Pat::Ident(ident) => moved(&ident.ident).map(|moved| moved.pat.clone()),
                    _ => None,
                };
                Parameter::Typed { pat: pat.unwrap_or_else(|| (*typed.pat).clone()), ty: &typed.ty }
            }
        });
        inputs.collect()
    }

    /// Every name that the parameters bind, in order.
    pub(crate) fn bindings(&self) -> Vec<Binding<'_>> {
        let mut bindings = Vec::new();
        for parameter in self.parameters() {
            match parameter {
                Parameter::Receiver { name, mutable, is_reference, .. } => {
                    bindings.push(Binding { name, mutable, ty: None, is_reference });
                }
                Parameter::Typed { pat, ty } => bind(&pat, Some(ty), &mut bindings),
            }
        }
        bindings
    }

    /// The function with other statements in its body, and with parameters that differ at most in their
    /// `mut`s and in what they throw away.
    pub(crate) fn with_body(
        &self,
        sig: &Signature,
        docs: TokenStream,
        body: TokenStream,
    ) -> TokenStream {
        let Function { attrs, vis, defaultness, inner, .. } = self;
        let outer = attrs.iter();
        // Braces with the span of the body's, so that errors about the whole body point there.
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

/// A parameter.
pub(crate) enum Parameter<'a> {
    /// `self`, and what the body calls it.
    Receiver { name: Ident, this: Ident, mutable: Option<TokenStream>, is_reference: bool },
    /// A pattern and its type.
    Typed { pat: Pat, ty: &'a Type },
}

/// A name that a parameter binds.
pub(crate) struct Binding<'a> {
    pub(crate) name: Ident,
    /// The `mut`, when it binds by value and mutably.
    pub(crate) mutable: Option<TokenStream>,
    /// The parameter's type, when the name binds all of it.
    pub(crate) ty: Option<&'a Type>,
    /// Whether it is a reference, as far as its declaration says so.
    pub(crate) is_reference: bool,
}

/// The braces in the invisible groups that `macro_rules!` puts around a `$body:block`.
fn braces(body: Group) -> Group {
    let mut inner = body.stream().into_iter();
    match (body.delimiter(), inner.next(), inner.next()) {
        (Delimiter::None, Some(TokenTree::Group(inner)), None) => braces(inner),
        _ => body,
    }
}

/// A body's inner attributes, and the body without them: an attempt cannot carry them.
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
                is_reference: matches!(ty, Some(Type::Reference(_))),
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
