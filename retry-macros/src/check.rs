//! What must hold of an annotation: one small function for each rule.

use quote::ToTokens;
use syn::{Expr, FnArg, Ident, Type};

use crate::args::{Args, Backoff, Idents, On, Time};
use crate::duration::human;
use crate::errors::Errors;
use crate::function::{Function, Kind};
use crate::future_type::lifetimes;
use crate::keyed::Keyed;
use crate::pattern::as_expression;
use crate::schedule::{self, literal};
use crate::value;

/// Every rule, in the order in which their messages appear.
pub(crate) fn check(function: &Function, args: &Args, errors: &mut Errors) {
    const_functions_cannot_wait(function, errors);
    callers_are_not_tracked(function, errors);
    there_is_an_outcome(function, errors);
    nothing_is_borrowed_from_a_mutable_reference(function, errors);
    max_and_attempts_exclude_each_other(args, errors);
    counts_are_whole_numbers(args, errors);
    unlimited_attempts_need_a_deadline(args, errors);
    the_factor_is_at_least_one(args, errors);
    numbers_are_not_texts(args, errors);
    the_cap_is_not_below_the_base(args, errors);
    limits_are_above_zero(args, errors);
    a_timeout_needs_async(function, args, errors);
    a_timeout_needs_a_word_on_idempotency(args, errors);
    a_timeout_fits_into_the_deadline(args, errors);
    the_first_retry_can_start(args, errors);
    on_lists_what_can_be_retried(args, errors);
    idempotency_is_not_contradicted(args, errors);
    listed_arguments_exist(function, args, errors);
    mutable_arguments_are_decided(function, args, errors);
    the_context_hides_no_argument(function, args, errors);
    recover_gets_every_argument(function, args, errors);
    the_site_knows_no_arguments(function, args, errors);
}

fn const_functions_cannot_wait(function: &Function, errors: &mut Errors) {
    if let Some(token) = function.sig.constness {
        errors.at(token, "a `const fn` cannot be retried: nothing can wait at compile time\nhelp: remove `const`");
    }
}

fn callers_are_not_tracked(function: &Function, errors: &mut Errors) {
    for attribute in
        function.attrs.iter().filter(|attribute| attribute.path().is_ident("track_caller"))
    {
        errors.at(
            attribute,
            "`#[track_caller]` has no effect on a retried body: an attempt's caller is the retry loop\n\
             help: remove it",
        );
    }
}

fn there_is_an_outcome(function: &Function, errors: &mut Errors) {
    let message = |what: &str| {
        format!(
            "a function that returns {what} cannot fail, so there is nothing to retry\n\
             help: return a `Result` or an `Option`"
        )
    };
    match function.output() {
        None => errors.at(&function.sig.ident, message("nothing")),
        Some(Type::Never(never)) => errors.at(never, message("`!`")),
        Some(Type::Tuple(unit)) if unit.elems.is_empty() => errors.at(unit, message("`()`")),
        Some(_) => {}
    }
}

fn nothing_is_borrowed_from_a_mutable_reference(function: &Function, errors: &mut Errors) {
    let kind = function.kind();
    let output = match &kind {
        Kind::Future(output, _) => Some(output),
        Kind::Wrapped(seam) => seam.output().or_else(|| function.output()),
        Kind::Blocking | Kind::Async => function.output(),
    };
    let Some(output) = output else { return };
    let borrowed = lifetimes(output);
    if borrowed.is_empty() {
        return;
    }
    let (mut receiver, mut arguments) = (None, Vec::new());
    for input in &function.sig.inputs {
        match input {
            FnArg::Receiver(it) => receiver = mutable_reference(&receiver_type(it)),
            FnArg::Typed(typed) => arguments.push((&*typed.ty, mutable_reference(&typed.ty))),
        }
    }
    let has_receiver = function.sig.receiver().is_some();
    // An elided lifetime of the output is the receiver's, else that of the only reference.
    let elided = match (&receiver, has_receiver, &arguments[..]) {
        (Some(_), _, _) => true,
        (None, false, [(_, Some(None))]) => true,
        _ => false,
    };
    let named: Vec<String> = receiver
        .into_iter()
        .chain(arguments.into_iter().filter_map(|(_, lifetime)| lifetime))
        .flatten()
        .collect();
    let conflict = borrowed.iter().any(|lifetime| match lifetime {
        None => elided,
        Some(name) => named.contains(name),
    });
    if conflict {
        errors.at(
            output,
            "the output borrows from a `&mut` argument, and a failed attempt would keep that borrow while the \
             next one needs it\nhelp: return an owned value (clone it), or retry a function that takes `&self`",
        );
    }
}

fn receiver_type(receiver: &syn::Receiver) -> Type {
    match &receiver.kind {
        syn::ReceiverKind::Reference(and, lifetime, mutability) => {
            syn::parse_quote!(#and #lifetime #mutability Self)
        }
        syn::ReceiverKind::Typed(_, ty) => (**ty).clone(),
        _ => syn::parse_quote!(Self),
    }
}

/// The lifetime of a `&mut` or `Pin<&mut _>`: `None` for no such type, `Some(None)` for one left out.
fn mutable_reference(ty: &Type) -> Option<Option<String>> {
    match ty {
        Type::Reference(reference) if reference.mutability.is_some() => Some(
            reference
                .lifetime
                .as_ref()
                .map(|lifetime| lifetime.ident.to_string())
                .filter(|name| name != "_"),
        ),
        Type::Path(path) => {
            let last = path.path.segments.last().filter(|last| last.ident == "Pin")?;
            let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else {
                return None;
            };
            arguments.args.iter().find_map(|argument| match argument {
                syn::GenericArgument::Type(ty) => mutable_reference(ty),
                _ => None,
            })
        }
        _ => None,
    }
}

fn max_and_attempts_exclude_each_other(args: &Args, errors: &mut Errors) {
    if let (Some(_), Some(attempts)) = (&args.max, &args.attempts) {
        errors.at(
            attempts,
            "`max` and `attempts` say the same thing twice: `max = 3` is `attempts = 4`\nhelp: remove one of them",
        );
    }
}

fn counts_are_whole_numbers(args: &Args, errors: &mut Errors) {
    for count in [&args.max, &args.attempts].into_iter().flatten() {
        let key = &count.key;
        let literal = matches!(count.value, Expr::Lit(_) | Expr::Unary(_));
        let unlimited = matches!(&count.value, Expr::Path(path) if path.path.is_ident("unlimited"));
        match value::literal_count(&count.value) {
            Some(0) if key == "attempts" => errors.at(
                &count.value,
                "`attempts` (0) must be at least 1, which means no retry\nhelp: write `attempts = 1` or `max = 0`",
            ),
            Some(number) if number > u64::from(u32::MAX - 2) => errors.at(
                &count.value,
                format!("`{key}` ({number}) is too large\nhelp: write `attempts = unlimited` with a `deadline`"),
            ),
            Some(_) => {}
            None if unlimited && key == "max" => errors.at(
                &count.value,
                "`max = unlimited` is written `attempts = unlimited`, and needs a `deadline`",
            ),
            None if literal => errors.at(
                &count.value,
                format!("`{key}` must be a whole number from {}\nhelp: write `{key} = 3`", u8::from(key == "attempts")),
            ),
            None => {}
        }
    }
}

fn unlimited_attempts_need_a_deadline(args: &Args, errors: &mut Errors) {
    let Some(attempts) = &args.attempts else { return };
    let unlimited = matches!(&attempts.value, Expr::Path(path) if path.path.is_ident("unlimited"));
    if unlimited && args.deadline.is_none() && args.policy.is_none() {
        errors.at(
            attempts,
            "`attempts = unlimited` needs a `deadline`, or the call may never end\nhelp: add `deadline = \"30s\"`",
        );
    }
}

fn the_factor_is_at_least_one(args: &Args, errors: &mut Errors) {
    let Some(factor) = &args.factor else { return };
    if let Some(number) = value::literal_number(&factor.value) {
        if !(number.is_finite() && number >= 1.0) {
            errors.at(
                &factor.value,
                format!("`factor` ({number}) must be a finite number of at least 1\nhelp: 1 keeps the delay, 2 doubles it"),
            );
        }
    }
}

fn numbers_are_not_texts(args: &Args, errors: &mut Errors) {
    let Some(factor) = &args.factor else { return };
    if let Expr::Lit(syn::ExprLit { lit, .. }) = &factor.value {
        if value::literal_number(&factor.value).is_none() {
            errors.at(lit, "`factor` must be a number\nhelp: write `factor = 2.0`");
        }
    }
}

fn the_cap_is_not_below_the_base(args: &Args, errors: &mut Errors) {
    if args.policy.is_some() {
        return;
    }
    let cap = args.cap.as_ref().map_or(Some(schedule::CAP), |cap| literal(&cap.value));
    let Some(cap) = cap else { return };
    let entries: Vec<&Time> =
        match (&args.base, args.backoff.as_ref().map(|backoff| &backoff.value)) {
            (_, Some(Backoff::List(entries, _))) => entries.iter().collect(),
            (Some(base), _) => vec![&base.value],
            (None, _) => Vec::new(),
        };
    for entry in entries {
        let Some(delay) = literal(entry).filter(|delay| *delay > cap) else { continue };
        let (cap, delay) = (human(cap), human(delay));
        match &args.cap {
            Some(key) => errors.at(
                key,
                format!("`cap` ({cap}) must not be less than `base` ({delay})\nhelp: raise `cap` or lower the delay"),
            ),
            None => errors.at(
                entry,
                format!("the delay ({delay}) is above the default `cap` ({cap})\nhelp: write `cap = …` as well"),
            ),
        }
    }
    if let (Some(cap), None, None) = (&args.cap, &args.base, &args.backoff) {
        if literal(&cap.value).is_some_and(|cap| cap.as_secs() < 1) {
            errors.at(
                cap,
                format!("`cap` ({}) is less than the default `base` (1 s)\nhelp: write `base = …` as well", human(literal(&cap.value).unwrap_or_default())),
            );
        }
    }
}

fn limits_are_above_zero(args: &Args, errors: &mut Errors) {
    for limit in [&args.deadline, &args.timeout].into_iter().flatten() {
        if literal(&limit.value).is_some_and(|limit| limit.is_zero()) {
            let key = &limit.key;
            errors.at(
                &limit.value,
                format!("`{key}` must be above 0\nhelp: leave it out for no {key}"),
            );
        }
    }
}

fn a_timeout_needs_async(function: &Function, args: &Args, errors: &mut Errors) {
    if let Some(timeout) = &args.timeout {
        if !function.is_async() {
            errors.at(
                timeout,
                "`timeout` cannot end an attempt of a function that is not `async`: nothing can stop a running thread\n\
                 help: set a timeout on the operation itself (`TcpStream::set_read_timeout`, a client's option), or make \
                 the function `async`",
            );
        }
    }
}

fn a_timeout_needs_a_word_on_idempotency(args: &Args, errors: &mut Errors) {
    let Some(timeout) = &args.timeout else { return };
    let listed = match args.on.as_ref().map(|on| &on.value) {
        Some(On::Kinds(kinds)) => kinds.iter().any(|kind| kind == "Ambiguous"),
        Some(On::Expr(_)) => true,
        Some(On::Any(_)) | None => false,
    };
    if args.idempotent.is_none() && args.policy.is_none() && !listed {
        errors.at(
            timeout,
            "an attempt that is cut off by `timeout` may have taken effect: say whether it may be repeated\n\
             help: add `idempotent` (repeat it) or `idempotent = false` (give up)",
        );
    }
}

fn a_timeout_fits_into_the_deadline(args: &Args, errors: &mut Errors) {
    let (Some(timeout), Some(deadline)) = (&args.timeout, &args.deadline) else { return };
    if let (Some(one), Some(all)) = (literal(&timeout.value), literal(&deadline.value)) {
        if one > all {
            errors.at(
                timeout,
                format!(
                    "`timeout` ({}) must not be above `deadline` ({}): an attempt is part of the call\n\
                     help: lower `timeout` or raise `deadline`",
                    human(one),
                    human(all)
                ),
            );
        }
    }
}

fn the_first_retry_can_start(args: &Args, errors: &mut Errors) {
    let Some(deadline) = &args.deadline else { return };
    let Some(limit) = literal(&deadline.value).filter(|limit| !limit.is_zero()) else { return };
    let Some(first) = schedule::pauses(args).and_then(|pauses| pauses.first().copied()) else {
        return;
    };
    if first.shortest > limit.as_secs_f64() {
        let delay = std::time::Duration::try_from_secs_f64(first.shortest)
            .unwrap_or(std::time::Duration::MAX);
        errors.at(
            deadline,
            format!(
                "no retry could ever start: the first one waits {} and `deadline` is {}\n\
                 help: raise `deadline` or lower the first delay",
                human(delay),
                human(limit)
            ),
        );
    }
}

fn on_lists_what_can_be_retried(args: &Args, errors: &mut Errors) {
    let Some(On::Kinds(kinds)) = args.on.as_ref().map(|on| &on.value) else { return };
    for kind in kinds.iter().filter(|kind| *kind == "Permanent" || *kind == "Overloaded") {
        errors.at(kind, format!("`{kind}` failures are never retried\nhelp: remove it from `on`"));
    }
}

fn idempotency_is_not_contradicted(args: &Args, errors: &mut Errors) {
    let Some(On::Kinds(kinds)) = args.on.as_ref().map(|on| &on.value) else { return };
    let (Some(kind), Some(idempotent)) =
        (kinds.iter().find(|kind| *kind == "Ambiguous"), &args.idempotent)
    else {
        return;
    };
    if idempotent.value.to_token_stream().to_string() == "false" {
        errors.at(
            kind,
            "`Ambiguous` in `on` declares the function idempotent, and `idempotent = false` says that it is not\n\
             help: remove one of them",
        );
    }
}

fn listed_arguments_exist(function: &Function, args: &Args, errors: &mut Errors) {
    let bindings = function.bindings();
    let known: Vec<String> = bindings.iter().map(|binding| binding.name.to_string()).collect();
    for (list, other) in [(&args.clone, &args.keep), (&args.keep, &args.clone)] {
        let Some(list) = list else { continue };
        for (position, name) in list.value.iter().enumerate() {
            let key = &list.key;
            let Some(binding) = bindings.iter().find(|binding| binding.name == *name) else {
                let known =
                    if known.is_empty() { "there are none".to_owned() } else { known.join(", ") };
                errors.at(
                    name,
                    format!(
                        "`{name}` is no argument of this function\nhelp: the arguments are: {known}"
                    ),
                );
                continue;
            };
            if list.value.iter().take(position).any(|earlier| earlier == name) {
                errors.at(name, format!("`{name}` is listed twice\nhelp: remove one of them"));
            }
            if key == "keep" && contains(other.as_ref(), name) {
                errors.at(
                    name,
                    format!("`{name}` is in `keep` and in `clone`: its changes cannot carry over to a fresh clone\nhelp: remove one of them"),
                );
            }
            if key == "keep" && binding.mutable.is_none() {
                errors.at(
                    name,
                    format!("`{name}` does not change, so there is nothing to keep\nhelp: remove it from `keep`, or declare it `mut {name}`"),
                );
            }
            if key == "clone" && name == "self" {
                errors.at(name, "`self` cannot be replaced by a clone\nhelp: clone it in the body: `let this = self.clone();`");
            }
            if key == "clone" && matches!(binding.ty, Some(Type::Reference(_))) {
                errors.at(
                    name,
                    format!("`{name}` is a reference, which every attempt can use as it is\nhelp: remove it from `clone`"),
                );
            }
        }
    }
}

fn contains(list: Option<&Keyed<Idents>>, name: &Ident) -> bool {
    list.is_some_and(|list| list.value.iter().any(|listed| listed == name))
}

fn mutable_arguments_are_decided(function: &Function, args: &Args, errors: &mut Errors) {
    for binding in function.bindings() {
        let Some(mutable) = &binding.mutable else { continue };
        let name = &binding.name;
        if contains(args.clone.as_ref(), name) || contains(args.keep.as_ref(), name) {
            continue;
        }
        let clone = if name == "self" {
            String::new()
        } else {
            format!("`clone({name})` (a fresh copy for each attempt) or ")
        };
        let mut tokens = mutable.clone();
        name.to_tokens(&mut tokens);
        errors.at(
            tokens,
            format!(
                "what one attempt changes in `{name}`, does the next one see it?\n\
                 help: add {clone}`keep({name})` (changes carry over) to `#[retryable(…)]`"
            ),
        );
    }
}

fn the_context_hides_no_argument(function: &Function, args: &Args, errors: &mut Errors) {
    let Some(attempt) = &args.attempt else { return };
    if function.bindings().iter().any(|binding| binding.name == attempt.value) {
        let name = &attempt.value;
        errors.at(
            name,
            format!(
                "`attempt = {name}` would hide the argument `{name}`\nhelp: choose another name"
            ),
        );
    }
}

fn recover_gets_every_argument(function: &Function, args: &Args, errors: &mut Errors) {
    let Some(recover) = &args.recover else { return };
    for input in &function.sig.inputs {
        let FnArg::Typed(typed) = input else { continue };
        if as_expression(&typed.pat).is_none() {
            let path = recover.value.to_token_stream();
            errors.at(
                &typed.pat,
                format!("`recover = {path}` is called with every argument, and this one cannot be put together again\nhelp: give it a name and take it apart in the body"),
            );
        }
    }
}

/// Arguments that are evaluated once for the site, before there is any call.
fn the_site_knows_no_arguments(function: &Function, args: &Args, errors: &mut Errors) {
    let names: Vec<String> = function
        .bindings()
        .iter()
        .map(|binding| binding.name.to_string())
        .chain(["self".to_owned(), "Self".to_owned()])
        .chain(function.sig.generics.type_params().map(|param| param.ident.to_string()))
        .chain(function.sig.generics.const_params().map(|param| param.ident.to_string()))
        .collect();
    for (key, tokens) in site_values(args) {
        if let Some(word) = first_of(tokens, &names) {
            let (why, help) = match word.to_string().as_str() {
                "Self" => {
                    ("a static cannot name `Self`".to_owned(), "write the type's name".to_owned())
                }
                name => (
                    format!("`{name}` is known only in a call"),
                    "use a constant, or settings from configuration".to_owned(),
                ),
            };
            errors
                .at(word, format!("`{key}` is set once for the function, and {why}\nhelp: {help}"));
        }
    }
}

fn site_values(args: &Args) -> Vec<(String, proc_macro2::TokenStream)> {
    fn of<T: ToTokens>(value: &Option<Keyed<T>>) -> Option<(String, proc_macro2::TokenStream)> {
        value.as_ref().map(|value| (value.key.to_string(), value.value.to_token_stream()))
    }
    let values = [
        of(&args.max),
        of(&args.attempts),
        of(&args.backoff),
        of(&args.base),
        of(&args.factor),
        of(&args.cap),
        of(&args.jitter),
        of(&args.deadline),
        of(&args.timeout),
        of(&args.on),
        of(&args.idempotent),
        of(&args.name),
        of(&args.policy),
    ];
    values.into_iter().flatten().collect()
}

/// The first of the words in the tokens that is not a field, a method or a path's later segment.
fn first_of(tokens: proc_macro2::TokenStream, words: &[String]) -> Option<Ident> {
    let mut qualified = false;
    for token in tokens {
        match token {
            proc_macro2::TokenTree::Ident(ident) => {
                if !qualified && words.iter().any(|word| ident == word) {
                    return Some(ident);
                }
                qualified = false;
            }
            proc_macro2::TokenTree::Group(group) => {
                if let Some(found) = first_of(group.stream(), words) {
                    return Some(found);
                }
                qualified = false;
            }
            proc_macro2::TokenTree::Punct(punct) => {
                qualified = matches!(punct.as_char(), '.' | ':')
            }
            proc_macro2::TokenTree::Literal(_) => qualified = false,
        }
    }
    None
}
