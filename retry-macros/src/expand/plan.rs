//! The plan of an expansion: the function, its arguments, and the names that every step needs.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Expr, FnArg, Ident, Pat, Path, Signature, Type, parse_quote};

use crate::item::function::Function;
use crate::item::outputs::without_opaque;
use crate::item::parameters::Parameter;
use crate::item::pattern::without_mut;
use crate::item::tokens::{mentions, renamed};
use crate::manifest::runtime_path;
use crate::read::args::Args;

/// The input of every step.
pub(crate) struct Plan<'a> {
    pub(crate) function: &'a Function,
    pub(crate) args: &'a Args,
    /// The path of the module that generated code names.
    pub(crate) private: TokenStream,
    /// The parameters as the user wrote them, with a name for each `_` that `recover` gets.
    pub(crate) parameters: Vec<Parameter<'a>>,
}

/// An attempt: its code, its type, and whether it is awaited.
pub(crate) struct Attempt {
    pub(crate) body: TokenStream,
    pub(crate) output: Type,
    pub(crate) is_async: bool,
    /// The statements that run once before the first attempt, and may move arguments.
    pub(crate) setup: TokenStream,
}

impl Attempt {
    pub(crate) fn new(body: TokenStream, output: Type, is_async: bool) -> Self {
        Attempt { body, output, is_async, setup: TokenStream::new() }
    }
}

impl<'a> Plan<'a> {
    pub(crate) fn new(function: &'a Function, args: &'a Args) -> Self {
        let private = match &args.krate {
            Some(_) => ImportOf::Runtime.name().to_token_stream(),
            None => private(args),
        };
        let mut parameters = function.parameters();
        for (position, parameter) in parameters.iter_mut().enumerate() {
            if let (Parameter::Typed { pat, .. }, Some(_)) = (parameter, &args.recover) {
                named(pat, position);
            }
        }
        Plan { function, args, private, parameters }
    }

    /// The signature of the function, without the `mut` of parameters that each attempt clones, and with a
    /// name for each `_` that `recover` gets.
    pub(crate) fn signature(&self) -> Signature {
        let mut sig = self.function.sig.clone();
        for (position, input) in sig.inputs.iter_mut().enumerate() {
            if let FnArg::Typed(typed) = input {
                without_mut(&mut typed.pat, |name| self.is_cloned(name));
                if self.args.recover.is_some() {
                    named(&mut typed.pat, position);
                }
            }
        }
        sig
    }

    /// Whether each attempt gets a clone of the argument.
    pub(crate) fn is_cloned(&self, name: &Ident) -> bool {
        self.args.clone.as_ref().is_some_and(|names| names.value.iter().any(|it| it == name))
    }

    /// The type of an attempt's outcome, with `_` for opaque types, so that an expression can name it.
    pub(crate) fn outcome(&self) -> Type {
        self.function.outcome().map_or_else(|| parse_quote!(()), |ty| without_opaque(&ty))
    }

    /// The name of the function in reports: `name = …`, or its path.
    pub(crate) fn name(&self) -> TokenStream {
        let private = &self.private;
        match &self.args.name {
            Some(name) => name.value.to_token_stream(),
            None => {
                let text = self.own_name();
                quote!(#private::concat!(#private::module_path!(), "::", #text))
            }
        }
    }

    // Output, for a method without `name = …`:
    //     static __RETRY_NAME: MethodName =
    //         MethodName::new(module_path!(), "method", { struct __RetryHere; || type_name::<__RetryHere>() });
    //
    // The attribute does not see the type of the `impl`. An item in the body has a path that contains the type.
    pub(crate) fn method_name(&self) -> Option<TokenStream> {
        self.is_named_by_its_type().then(|| {
            let (private, text) = (&self.private, self.own_name());
            quote! {
                static __RETRY_NAME: #private::MethodName = #private::MethodName::new(
                    #private::module_path!(),
                    #text,
                    {
                        struct __RetryHere;
                        || #private::type_name::<__RetryHere>()
                    },
                );
            }
        })
    }

    /// Whether the function belongs to a type, as far as its tokens tell, and the attribute does not name it.
    pub(crate) fn is_named_by_its_type(&self) -> bool {
        let function = self.function;
        let names_self = || {
            mentions(&function.sig.to_token_stream(), "Self")
                || mentions(&function.body.stream(), "Self")
        };
        self.args.name.is_none() && (function.sig.receiver().is_some() || names_self())
    }

    fn own_name(&self) -> String {
        let text = self.function.sig.ident.to_string();
        text.trim_start_matches("r#").to_owned()
    }

    /// An expression of the attribute, with the name that the body has for `self`: a wrapper may rename it.
    pub(crate) fn in_body(&self, expr: &Expr) -> TokenStream {
        match self.this() {
            Some(this) => renamed(expr.to_token_stream(), this),
            None => expr.to_token_stream(),
        }
    }

    /// The name that the body has for an argument: a wrapper may rename `self`.
    pub(crate) fn name_in_body(&self, name: &Ident) -> Ident {
        self.this().filter(|_| name == "self").unwrap_or(name).clone()
    }

    fn this(&self) -> Option<&Ident> {
        self.parameters.iter().find_map(|parameter| match parameter {
            Parameter::Receiver { name, this, .. } if this != name => Some(this),
            _ => None,
        })
    }
}

/// A local variable of generated code, which the user's code cannot see.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

/// The path of the module that generated code names.
pub(crate) fn private(args: &Args) -> TokenStream {
    match &args.krate {
        Some(krate) => {
            let path = &krate.value;
            quote!(#path::__private)
        }
        None => {
            let path = runtime_path();
            quote!(#path::__private)
        }
    }
}

// Input:
//     #[retryable(crate = facade::retry)]
// Output, at the start of the body:
//     use facade::retry::__private as __retry_runtime;
//
// rustc reports a path of the attribute that leads nowhere once, at this import, and not where the name is used.
#[derive(Clone, Copy)]
pub(crate) enum ImportOf {
    Runtime,
    Tasks,
}

impl ImportOf {
    pub(crate) fn name(self) -> Ident {
        let name = match self {
            ImportOf::Runtime => "__retry_runtime",
            ImportOf::Tasks => "__retry_tasks",
        };
        Ident::new(name, Span::call_site())
    }

    pub(crate) fn import(self, krate: &Path) -> TokenStream {
        let name = self.name();
        quote!(use #krate::__private as #name;)
    }
}

/// Gives the parameter `_` a name.
fn named(pat: &mut Pat, position: usize) {
    if let Pat::Wild(_) = pat {
        let name = local(&format!("ignored{position}"));
        *pat = parse_quote!(#name);
    }
}
