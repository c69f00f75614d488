//! The type that `task` adds next to the function. Its function `task` makes a call that can be submitted.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Ident, Type};

use crate::expand::plan::{ImportOf, Plan, local};
use crate::expand::spans::respanned;
use crate::item::parameters::name;
use crate::read::key::Keyed;
use crate::read::task::Task;

// Input:
//     #[retryable(task(state(pool)))]
//     pub async fn send(order: Order, pool: &Pool) -> Result<Receipt, E> { BODY }
// Output, next to the function:
//     pub enum send {}
//     impl send {
//         pub fn task(order: Order) -> Task<Receipt> {
//             static FUNCTION: Function = Function::new("module::send", send::run, &[Need::of::<Pool>()]);
//             inventory::submit! { Entry(&FUNCTION) }
//             Task::new(&FUNCTION, arguments().with("order", (stored::<Order>().written)(&order)), &[])
//         }
//
//         fn run(input: Input) -> Running {
//             let order = (stored::<Order>().read)(&mut input, "order", &[])?;
//             complete(&input)?;
//             let pool = state::<Pool>(&input);
//             drive(input, async move { send(order, &pool).await })
//         }
//     }
//
// `run` stands next to `task`, and not inside: a parameter of `task` may have the name of the function.
//
// With `task(crate = tasks)`, a constant contains an import of the path and the `impl`.
//
// An `impl` or a trait cannot contain a type. The type has the span of the word `task`, so that rustc points
// there. The attribute `beside` writes the `impl` after the type: rustc would report each of them.
pub(crate) fn expand(plan: &Plan<'_>, argument: &Keyed<Task>) -> TokenStream {
    let task = &argument.value;
    let word = argument.key.span();
    let function = plan.function;
    let (vis, ident) = (&function.vis, &function.sig.ident);
    let private = match &task.krate {
        Some(_) => ImportOf::Tasks.name().to_token_stream(),
        None => quote!(::retry_tasks::__private),
    };
    let site = plan.name();
    let outcome = plan.outcome();
    let parts = Parts::new(plan, task, &private);
    let Parts { stored, types, writes, needs, reads, call } = &parts;
    let redacted: Vec<_> = task.redact.iter().map(text).collect();
    let redacts = (!redacted.is_empty()).then(|| quote!(.redacted(&[#(#redacted),*])));
    let limit = task.concurrency.as_ref();
    let limit = limit.map(|limit| quote_spanned!(limit.span()=> .concurrency(#limit)));
    let any = plan.args.retries_any().then(|| quote!(.on_any()));
    let out = quote_spanned!(outcome.span()=> <#outcome as #private::Outcome>::Value);
    let input = local("input");
    // If the output cannot be stored, rustc points at the output.
    let at = outcome.span();
    let of_drive = respanned(&private, at);
    let drive = match function.is_async() {
        true => quote_spanned!(at=> #of_drive::drive(#input, async move { #call.await })),
        false => quote_spanned!(at=> #of_drive::drive_blocking(#input, move || #call)),
    };
    let conditions: Vec<_> =
        function.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg")).collect();
    let of_type = format!("Tasks that call the function `{ident}`.");
    let of_function =
        format!("A call of `{ident}` in the background: it runs once it is submitted.");
    let content = quote! {
        #[doc = #of_function]
        #[allow(dead_code, clippy::too_many_arguments)]
        #vis fn task(#(#stored: #types),*) -> #private::Task<#out> {
            static __RETRY_TASK: #private::Function = #private::Function::new(
                #site,
                #ident::__retry_run,
                &[#(#private::Need::of::<#needs>()),*],
            )#redacts #limit #any;
            #private::inventory::submit! { #private::Entry(&__RETRY_TASK) }
            #private::Task::new(
                &__RETRY_TASK,
                #private::arguments()#writes,
                &[#(#redacted),*],
            )
        }

        #[allow(unused_mut)]
        fn __retry_run(mut #input: #private::Input) -> #private::Running {
            #reads
            #drive
        }
    };
    let functions = quote_spanned!(word=> impl #ident { #content });
    let functions = match &task.krate {
        Some(krate) => {
            let import = ImportOf::Tasks.import(krate);
            quote_spanned!(word=> const _: () = { #import #functions };)
        }
        None => functions,
    };
    // With `task(crate = …)`, the import tells a path that leads nowhere.
    let (attribute, after) = match &task.krate {
        Some(_) => (None, Some(quote_spanned!(word=> #(#conditions)* #functions))),
        None => (Some(quote_spanned!(word=> #[#private::beside(#functions)])), None),
    };
    quote_spanned! {word=>
        #(#conditions)*
        #[doc = #of_type]
        #[allow(non_camel_case_types, clippy::empty_enums)]
        #attribute
        #vis enum #ident {}
        #after
    }
}

/// The parts that the parameters contribute.
#[derive(Default)]
struct Parts<'a> {
    /// The names of the stored parameters.
    stored: Vec<&'a Ident>,
    /// The types of the stored parameters.
    types: Vec<&'a Type>,
    /// The method calls that store them.
    writes: TokenStream,
    /// The types of the states, which the worker supplies.
    needs: Vec<Type>,
    /// The statements that read the stored parameters and the states.
    reads: TokenStream,
    /// The call of the function.
    call: TokenStream,
}

impl<'a> Parts<'a> {
    fn new(plan: &Plan<'a>, task: &Task, private: &TokenStream) -> Self {
        let mut parts = Parts::default();
        let mut values = Vec::new();
        let input = local("input");
        for (position, parameter) in plan.function.typed().enumerate() {
            let (Some(name), ty) = (name(parameter), &*parameter.ty) else { continue };
            let value = local(&format!("argument{position}"));
            if task.is_state(name) {
                values.push(parts.state(ty, &value, private));
                continue;
            }
            let key = text(name);
            // If a type cannot be stored, rustc points at the type.
            let at = ty.span();
            let of_type = respanned(private, at);
            let before = task.was.iter().filter(|(of, _)| of == name).map(|(_, before)| before);
            let read = quote_spanned!(at=> (#of_type::stored::<#ty>().read)(&mut #input, #key, &[#(#before),*]));
            parts.reads.extend(quote! {
                let #value = match #read {
                    #private::Ok(value) => value,
                    #private::Err(error) => return #private::unreadable(error),
                };
            });
            parts.writes.extend(
                quote_spanned!(at=> .with(#key, (#of_type::stored::<#ty>().written)(&#name))),
            );
            parts.stored.push(name);
            parts.types.push(ty);
            values.push(quote!(#value));
        }
        parts.reads.extend(quote! {
            if let #private::Err(error) = #private::complete(&#input) {
                return #private::unreadable(error);
            }
        });
        let function = &plan.function.sig.ident;
        parts.call = quote!(#function(#(#values),*));
        parts
    }

    /// Adds a state, and returns the argument for it: a borrow for a reference, else a clone.
    fn state(&mut self, ty: &Type, value: &Ident, private: &TokenStream) -> TokenStream {
        let (of, given) = match ty {
            Type::Reference(reference) => ((*reference.elem).clone(), quote!(&*#value)),
            other => {
                let span = other.span();
                (other.clone(), quote_spanned!(span=> <#other as #private::Clone>::clone(&*#value)))
            }
        };
        let input = local("input");
        let of_type = respanned(private, of.span());
        let state = quote_spanned!(of.span()=> #of_type::state::<#of>(&#input));
        self.reads.extend(quote!(let #value = #state;));
        self.needs.push(of);
        given
    }
}

/// The name under which an argument is stored.
fn text(name: &Ident) -> String {
    let plain = format_ident!("{name}").to_string();
    plain.strip_prefix("r#").unwrap_or(&plain).to_owned()
}
