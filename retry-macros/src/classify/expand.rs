//! The tokens of `impl Classify`.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{DeriveInput, Ident, Member, Type};

use crate::manifest::runtime_path;

use super::bounds::with_bounds;
use super::inject::impl_inject;
use super::item::{Field, Shape};
use super::plan::{Arm, Plan, Use, Verdict};
use super::read::Form;
use super::words::Kind;

// Input:
//     enum PayError<E> { #[classify(transient)] Busy, #[classify(inherit)] Other(E) }
// Output:
//     impl<E> Classify for PayError<E> where E: Classify { fn classify … fn describe … }
pub(crate) fn expand(plan: &Plan<'_>) -> TokenStream {
    let rt = &runtime(plan);
    let ident = &plan.input.node.ident;
    let generics = with_bounds(plan, rt);
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let (body, description) = (body(plan, rt), description(plan, rt));
    let interruption = interruption(plan, rt);
    let allowed = allowed(plan);
    let inject = impl_inject(plan.input.node, rt);
    let from_interruption = from_interruption(plan, rt);
    quote! {
        #inject
        #from_interruption

        #[automatically_derived]
        #allowed
        impl #impl_generics #rt::Classify for #ident #ty_generics #where_clause {
            fn classify(&self) -> #rt::Class {
                #body
            }

            fn describe(&self) -> #rt::Cow<'static, str> {
                #description
            }

            #interruption
        }
    }
}

// Input:
//     enum PayError { #[classify(interruption)] Interrupted(Interruption), … }
// Output:
//     impl From<Interruption> for PayError { fn from(…) -> Self { Self::Interrupted { 0: From::from(…) } } }
fn from_interruption(plan: &Plan<'_>, rt: &TokenStream) -> Option<TokenStream> {
    let (arm, field) = plan.arms.iter().find_map(|arm| Some((arm, arm.interruption?)))?;
    let DeriveInput { ident, generics, .. } = plan.input.node;
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let variant = match plan.input.shape {
        Shape::Enum => {
            let variant = arm.case.ident;
            quote!(Self::#variant)
        }
        Shape::Struct | Shape::Union => quote!(Self),
    };
    let given = Ident::new("interruption", Span::mixed_site());
    let value = field.map(|used| {
        let (member, span) = (&used.field.member, hygienic(used.span));
        let value = quote_spanned!(span=> #rt::From::from(#given));
        quote!(#member: #value)
    });
    Some(quote! {
        #[automatically_derived]
        #[allow(deprecated, unused_variables)]
        impl #impl_generics #rt::From<#rt::Interruption> for #ident #ty_generics #where_clause {
            fn from(#given: #rt::Interruption) -> Self {
                #variant { #value }
            }
        }
    })
}

// Input:
//     a type with a mistake
// Output:
//     an impl that compiles, so that rustc reports the mistake only, and not a missing impl
pub(crate) fn fallback(plan: &Plan<'_>) -> TokenStream {
    let rt = runtime(plan);
    let DeriveInput { ident, generics, .. } = plan.input.node;
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics #rt::Classify for #ident #ty_generics #where_clause {
            fn classify(&self) -> #rt::Class {
                loop {}
            }
        }
    }
}

/// The path of the module that generated code names.
fn runtime(plan: &Plan<'_>) -> TokenStream {
    let path = plan.input.container.words.iter().find_map(|word| match &word.form {
        Form::Crate(path) => Some(quote!(#path)),
        _ => None,
    });
    let path = path.unwrap_or_else(runtime_path);
    quote!(#path::__private)
}

/// Allows the lints that a crate may deny and that the fields of the type can trigger in generated code.
fn allowed(plan: &Plan<'_>) -> TokenStream {
    let has_expr = plan.arms.iter().any(|arm| matches!(arm.verdict, Verdict::Expr(_)));
    // An expression has all fields in scope and need not use them.
    let unused = has_expr.then(|| quote!(, unused_variables));
    quote!(#[allow(deprecated #unused)])
}

// Input:
//     enum E { Busy, Limited(Duration) }
// Output:
//     match self { Self::Busy { .. } => …, Self::Limited { 0: __0, .. } => … }
fn body(plan: &Plan<'_>, rt: &TokenStream) -> TokenStream {
    match (plan.input.shape, plan.arms.as_slice()) {
        (_, []) => quote!(match *self {}),
        (Shape::Struct, [arm]) => {
            let (pattern, class) = (pattern(arm, plan), class(arm, rt));
            let bind = (!bindings(arm).is_empty()).then(|| quote!(let #pattern = self;));
            quote!(#bind #class)
        }
        (_, arms) => {
            let patterns = arms.iter().map(|arm| pattern(arm, plan));
            let classes = arms.iter().map(|arm| class(arm, rt));
            quote!(match self { #(#patterns => #classes,)* })
        }
    }
}

// Input:
//     enum E { #[error(transparent)] #[classify(inherit)] Http(HttpError), … }
// Output, since the `describe` of `HttpError` may leave secrets out:
//     let words = match self { Self::Http { 0: __0, .. } => Classify::describe(__0), _ => "" };
//     if !words.is_empty() { return words; }
//     OWN_WORDS
fn description(plan: &Plan<'_>, rt: &TokenStream) -> TokenStream {
    let own_words = quote!(#rt::describe_with(self, |lookup| lookup.retry_describe()));
    let inherited = plan.arms.iter().filter(|arm| arm.case.transparent).filter_map(|arm| {
        let Verdict::Inherit(inner) = &arm.verdict else { return None };
        let (pattern, local) = (pattern(arm, plan), arm.local_at(*inner));
        let span = hygienic(inner.span);
        let words = quote_spanned!(span=> #rt::Classify::describe(#local));
        Some(quote!(#pattern => #words,))
    });
    let inherited: Vec<TokenStream> = inherited.collect();
    if inherited.is_empty() {
        return own_words;
    }
    quote! {
        #[allow(unreachable_patterns)]
        let words = match self {
            #(#inherited)*
            _ => #rt::Cow::Borrowed(""),
        };
        if !words.is_empty() {
            return words;
        }
        #own_words
    }
}

// Input:
//     enum E { #[classify(inherit)] Interrupted(#[from] Interruption), #[classify(transient)] Load(#[source] LoadError) }
// Output:
//     fn interruption(&self) -> Option<Interruption> {
//         match self {
//             Self::Interrupted { 0: carrier, .. } => Classify::interruption(carrier),
//             Self::Load { 0: carrier, .. } => carried_with(carrier, |lookup| lookup.retry_carried()),
//             _ => None,
//         }
//     }
fn interruption(plan: &Plan<'_>, rt: &TokenStream) -> TokenStream {
    let carried = plan.arms.iter().filter_map(|arm| {
        let (carrier, is_classified) = match (arm.carrier(), arm.case.cause()) {
            (Some(carrier), _) => (carrier, true),
            (None, cause) => (cause?, false),
        };
        let (variant, member) = (arm.case.ident, &carrier.member);
        let this = match plan.input.shape {
            Shape::Enum => quote!(Self::#variant),
            Shape::Struct | Shape::Union => quote!(Self),
        };
        // With the span of the question for the class: rustc reports a field without a class once.
        let span = match &arm.verdict {
            Verdict::Inherit(used) => hygienic(used.span),
            _ => Span::mixed_site(),
        };
        let local = Ident::new("carrier", span);
        let carried = match is_classified {
            true => quote_spanned!(span=> #rt::Classify::interruption(#local)),
            false => quote!(#rt::carried_with(#local, |lookup| lookup.retry_carried())),
        };
        Some(quote!(#this { #member: #local, .. } => #carried,))
    });
    let carried: Vec<TokenStream> = carried.collect();
    if carried.is_empty() {
        return TokenStream::new();
    }
    quote! {
        fn interruption(&self) -> #rt::Option<#rt::Interruption> {
            #[allow(unreachable_patterns)]
            match self {
                #(#carried)*
                _ => #rt::Option::None,
            }
        }
    }
}

/// `Self::Variant { … }` for a variant, `Self { … }` for a struct.
fn pattern(arm: &Arm<'_>, plan: &Plan<'_>) -> TokenStream {
    let (variant, fields) = (arm.case.ident, bindings(arm));
    match plan.input.shape {
        Shape::Enum => quote!(Self::#variant { #fields .. }),
        Shape::Struct | Shape::Union => quote!(Self { #fields .. }),
    }
}

// Input:
//     #[classify(status = code, after = wait)]
// Output:
//     code: __code, wait: __wait,
fn bindings(arm: &Arm<'_>) -> TokenStream {
    let bound = arm.case.fields.iter().filter(|field| arm.binds(field));
    let bound = bound.map(|field| {
        let (member, local) = (&field.member, arm.local(&field.member));
        match member {
            Member::Named(name) if *name == local => quote!(#local,),
            _ => quote!(#member: #local,),
        }
    });
    bound.collect()
}

// Input:
//     #[classify(throttled, after = wait)]
// Output:
//     or_hint(Class::new(Kind::Throttled), RetryAfterHint::hint(__wait))
fn class(arm: &Arm<'_>, rt: &TokenStream) -> TokenStream {
    let hint = arm.after.map(|after| {
        let (local, span) = (arm.local_at(after), hygienic(after.span));
        quote_spanned!(span=> #rt::RetryAfterHint::hint(#local))
    });
    let class = match &arm.verdict {
        Verdict::Status(status) => {
            let (local, span) = (arm.local_at(*status), hygienic(status.span));
            let hint = hint.unwrap_or_else(|| quote!(#rt::Option::None));
            return quote_spanned!(span=> #rt::of_status_field(#local, #hint));
        }
        Verdict::Kind(Kind { variant, .. }, span) => {
            let variant = Ident::new(variant, hygienic(*span));
            quote!(#rt::Class::new(#rt::Kind::#variant))
        }
        Verdict::Inherit(inner) => {
            let (local, span) = (arm.local_at(*inner), hygienic(inner.span));
            quote_spanned!(span=> #rt::Classify::classify(#local))
        }
        Verdict::Expr(expr) => {
            let span = hygienic(expr.span());
            quote_spanned!(span=> #rt::IntoClass::into_class(#expr))
        }
        Verdict::Messages(span) => {
            let this = Ident::new("self", Span::call_site().located_at(*span));
            let span = hygienic(*span);
            quote_spanned!(span=> #rt::of_display(#this))
        }
    };
    match hint {
        Some(hint) => quote!(#rt::or_hint(#class, #hint)),
        None => class,
    }
}

impl Arm<'_> {
    /// Whether the arm binds the field: an expression needs all fields, the other forms the fields they name.
    fn binds(&self, field: &Field<'_>) -> bool {
        let refers = |used: &Use<'_>| used.field.member == field.member;
        let by_verdict = match &self.verdict {
            Verdict::Inherit(used) | Verdict::Status(used) => refers(used),
            Verdict::Expr(_) => true,
            Verdict::Kind(..) | Verdict::Messages(_) => false,
        };
        by_verdict || self.after.as_ref().is_some_and(refers)
    }

    /// The field that may carry an interruption: the one that is asked for its class, or one of type `Interruption`.
    fn carrier(&self) -> Option<&Field<'_>> {
        match &self.verdict {
            Verdict::Inherit(used) => Some(used.field),
            _ => self.case.fields.iter().find(|field| match &field.node.ty {
                Type::Path(ty) => {
                    ty.path.segments.last().is_some_and(|last| last.ident == "Interruption")
                }
                _ => false,
            }),
        }
    }

    /// The variable for a field. Only the expression of the user can see it.
    fn local(&self, member: &Member) -> Ident {
        match (&self.verdict, member) {
            (Verdict::Expr(_), Member::Named(name)) => name.clone(),
            (Verdict::Expr(_), Member::Unnamed(position)) => {
                format_ident!("_{}", position.index, span = Span::call_site())
            }
            (_, Member::Named(name)) => {
                format_ident!("__{}", name.unraw(), span = Span::mixed_site())
            }
            (_, Member::Unnamed(position)) => {
                format_ident!("__{}", position.index, span = Span::mixed_site())
            }
        }
    }

    /// The variable for a field, with the span for mistakes about the type of the field.
    fn local_at(&self, used: Use<'_>) -> Ident {
        let mut local = self.local(&used.field.member);
        local.set_span(local.span().located_at(used.span));
        local
    }
}

/// The location of the user's tokens with the hygiene of the macro, by which lints know generated code.
fn hygienic(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(input: TokenStream) -> String {
        let node = syn::parse2(input).expect("an item");
        crate::classify::derive(&node).to_string()
    }

    #[test]
    fn a_mistake_leaves_an_impl_to_go_on_with() {
        let tokens = expanded(quote!(
            #[classify(crate = mine)]
            enum E {
                Uncovered,
            }
        ));
        assert!(tokens.contains("compile_error"), "{tokens}");
        assert!(tokens.contains("impl mine :: __private :: Classify for E"), "{tokens}");
    }

    #[test]
    fn only_asked_fields_of_a_parameters_type_are_bounded() {
        let tokens = expanded(quote!(
            #[classify(default = permanent)]
            enum E<T, U> {
                #[classify(inherit)]
                Asked(Vec<T>),
                #[classify(inherit)]
                Plain(Io),
                #[classify(inherit)]
                Itself(Box<E<T, U>>),
                Other(U),
            }
        ));
        let bounds = tokens.split("where").last().and_then(|rest| rest.split('{').next());
        let expected = "Vec < T > : :: retry_runtime :: __private :: Classify";
        assert_eq!(bounds.map(str::trim), Some(expected), "{tokens}");
    }
}
