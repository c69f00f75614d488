//! The rules of `#[classify(…)]`, one function for each. [`plan`] checks words that name a field, and finds
//! cases without a meaning.
//!
//! | rule | about |
//! |---|---|
//! | [`no_union`] | the type |
//! | [`only_defaults_above_an_enum`], [`no_default_on_a_struct`] | words above the type |
//! | [`nothing_of_the_container`] | words on a variant |
//! | [`nothing_on_fields`] | words on a field |
//! | [`no_word_alone`] | words outside of `#[classify(…)]` |
//! | [`each_word_once`], [`one_verdict`], [`no_kind_as_expression`] | words that contradict each other |
//! | [`one_case_for_interruptions`] | the conversion that `interruption` writes |

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Expr, Member, Type};

use super::item::{self, Case, Input, Shape};
use super::plan::{self, Plan};
use super::read::{self, Attrs, Form, Word};
use super::words::Kind;
use crate::errors::{Errors, Mistake, given_twice, quoted};
use crate::manifest;

// Input:
//     the annotated type
// Output:
//     the meaning of each case; and the mistakes
pub(crate) fn check<'a>(input: &'a Input<'a>, errors: &mut Errors) -> Plan<'a> {
    the_runtime_has_its_name(input, errors);
    no_union(input, errors);
    no_word_alone(&input.container, "default = ", errors);
    only_defaults_above_an_enum(input, errors);
    no_default_on_a_struct(input, errors);
    each_word_once(&input.container, errors);
    for case in &input.cases {
        nothing_of_the_container(case, errors);
        nothing_on_fields(case, errors);
        no_word_alone(&case.attrs, "", errors);
        each_word_once(&case.attrs, errors);
        one_verdict(&case.attrs, errors);
        no_kind_as_expression(case, errors);
    }
    one_case_for_interruptions(input, errors);
    plan::plan(input, errors)
}

/// Generated code names the runtime.
fn the_runtime_has_its_name(input: &Input<'_>, errors: &mut Errors) {
    let names_it = input.container.words.iter().any(|word| matches!(word.form, Form::Crate(_)));
    if !names_it && !input.container.broken {
        manifest::runtime_mistake("classify").into_iter().for_each(|error| errors.push(error));
    }
}

/// A union does not record which of its fields is active.
fn no_union(input: &Input<'_>, errors: &mut Errors) {
    if input.shape == Shape::Union {
        errors.push(input.node.ident.mistake(
            "`Classify` cannot be derived for a union: it does not record which field is active\n\
                       help: use an enum, or write `impl Classify` by hand",
        ));
    }
}

/// Above an enum, a kind could be for all variants or for those without an attribute. `default` says which.
fn only_defaults_above_an_enum(input: &Input<'_>, errors: &mut Errors) {
    if input.shape != Shape::Enum {
        return;
    }
    for word in input.container.words.iter().filter(|word| !word.form.is_for_container()) {
        let key = &word.key;
        let help = match &word.form {
            Form::Kind(Kind { word, .. }) => format!(
                "help: write `default = {word}` to cover the variants without their own attribute"
            ),
            _ => "help: write it on the variants; above an enum, only `default = permanent` (or another kind) \
                  and `crate = path` have a meaning"
                .to_owned(),
        };
        errors.push(key.mistake(format!("`{key}` belongs on a variant, not on the enum\n{help}")));
    }
}

/// A struct has no variants that `default` could cover.
fn no_default_on_a_struct(input: &Input<'_>, errors: &mut Errors) {
    if input.shape != Shape::Struct {
        return;
    }
    for word in &input.container.words {
        if let Form::Default(Kind { word: kind, .. }) = word.form {
            errors.push(word.key.mistake(format!(
                "`default` is for the variants of an enum, and a struct has no variants\n\
                 help: write `#[classify({kind})]`"
            )));
        }
    }
}

/// The words about the type as a whole have no meaning on one of its variants.
fn nothing_of_the_container(case: &Case<'_>, errors: &mut Errors) {
    for word in case.attrs.words.iter().filter(|word| word.form.is_for_container()) {
        let key = &word.key;
        let help = match word.form {
            Form::Default(Kind { word, .. }) => format!("write `#[classify({word})]` here"),
            _ => format!("write it once, above the enum: `#[classify({key} = …)]`"),
        };
        errors.push(
            key.mistake(format!("`{key}` belongs on the enum, not on a variant\nhelp: {help}")),
        );
    }
}

/// An attribute describes a variant or a struct as a whole; its words can name a field.
fn nothing_on_fields(case: &Case<'_>, errors: &mut Errors) {
    for field in &case.fields {
        for attribute in field.node.attrs.iter().filter(|attribute| read::is_ours(attribute)) {
            let (name, word) = (item::name(&field.member), quoted(attribute.path()));
            errors.push(attribute.mistake(format!(
                "`#[{word}]` belongs on `{}`, not on its field `{name}`\n\
                 help: write `inherit`, `status = {name}` or `after = {name}` above `{0}` to use the field",
                case.ident
            )));
        }
    }
}

/// A word as an attribute of its own would have no effect: `#[transient]`. Above an enum, a kind comes after `before`.
fn no_word_alone(attrs: &Attrs, before: &str, errors: &mut Errors) {
    for word in &attrs.alone {
        let before = Kind::named(&word.to_string()).map_or("", |_| before);
        errors.push(word.mistake(format!(
            "`{word}` is a word of `#[classify(…)]`, and no attribute of its own\n\
             help: write `#[classify({before}{word})]`"
        )));
    }
}

/// A word is written once; a second one may have another value.
fn each_word_once(attrs: &Attrs, errors: &mut Errors) {
    for (at, word) in attrs.words.iter().enumerate() {
        if attrs.words[..at].iter().any(|before| before.key == word.key) {
            errors.push(given_twice(&word.key));
        }
    }
}

/// A failure has one meaning.
fn one_verdict(attrs: &Attrs, errors: &mut Errors) {
    let mut verdicts = attrs.words.iter().filter(|word| word.form.is_verdict());
    let Some(first) = verdicts.next() else { return };
    for other in verdicts.filter(|other| other.key != first.key) {
        let (first, other) = (&first.key, &other.key);
        errors.push(other.mistake(format!(
            "`{other}` contradicts `{first}`: a failure has one meaning\n\
             help: keep one of the two; if it depends on a field, write `kind = expr`"
        )));
    }
}

/// There is one `From<Interruption>`, and thiserror's `#[from]` writes it, too.
fn one_case_for_interruptions(input: &Input<'_>, errors: &mut Errors) {
    let mut first = None;
    for case in &input.cases {
        let Some(Word { key, .. }) = case.interruption() else { continue };
        let marker = case.fields.iter().find_map(item::Field::cause_marker);
        if marker.is_some_and(|marker| marker.path().is_ident("from")) {
            errors.push(key.mistake(
                "`#[from]` on the field writes `From<Interruption>` already\n\
                 help: keep `#[from]` and write `inherit`, or remove `#[from]`",
            ));
        }
        if let Some(other) = input.cases.iter().find(|other| converts_interruptions(other)) {
            errors.push(key.mistake(format!(
                "`#[from]` on `{}` writes `From<Interruption>` already\n\
                 help: remove `interruption` here, or remove `#[from]` there",
                other.ident
            )));
        }
        match first {
            None => first = Some(case.ident),
            Some(first) => errors.push(key.mistake(format!(
                "interruptions become `{first}` already\nhelp: keep `interruption` on one of the two"
            ))),
        }
    }
}

/// Whether a case without the word `interruption` has thiserror's conversion of interruptions: `#[from] Interruption`.
fn converts_interruptions(case: &Case<'_>) -> bool {
    let is_interruption = |ty: &Type| match ty {
        Type::Path(path) => {
            path.path.segments.last().is_some_and(|last| last.ident == "Interruption")
        }
        _ => false,
    };
    let is_from = |field: &item::Field<'_>| {
        field.cause_marker().is_some_and(|marker| marker.path().is_ident("from"))
    };
    case.interruption().is_none()
        && case.fields.iter().any(|field| is_from(field) && is_interruption(field.ty()))
}

/// The first `transient` or other kind in `if *code > 500 { transient } else { permanent }` that is no field, no
/// function, and no part of a path.
fn kind_in_lower_case(tokens: TokenStream, case: &Case<'_>) -> Option<Ident> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    tokens.iter().enumerate().find_map(|(at, token)| match token {
        TokenTree::Group(group) => kind_in_lower_case(group.stream(), case),
        TokenTree::Ident(name) => {
            let is_field = case.field(&Member::Named(name.clone())).is_some();
            let before = at.checked_sub(1).and_then(|at| tokens.get(at));
            let joined =
                [before, tokens.get(at + 1)].into_iter().flatten().any(|beside| match beside {
                    TokenTree::Punct(punct) => matches!(punct.as_char(), ':' | '.' | '='),
                    TokenTree::Group(group) => group.delimiter() == Delimiter::Parenthesis,
                    TokenTree::Ident(word) => word == "let",
                    TokenTree::Literal(_) => false,
                });
            (!is_field && !joined && Kind::named(&name.to_string()).is_some()).then(|| name.clone())
        }
        _ => None,
    })
}

/// In `kind = transient`, rustc would look for a variable `transient`.
fn no_kind_as_expression(case: &Case<'_>, errors: &mut Errors) {
    for word in &case.attrs.words {
        let Form::Verdict(expr) = &word.form else { continue };
        let Expr::Path(path) = &**expr else {
            if let Some(name) = kind_in_lower_case(expr.to_token_stream(), case) {
                let kind = Kind::named(&name.to_string()).map_or("Transient", |kind| kind.variant);
                errors.push(name.mistake(format!(
                    "`{name}` is a word of `#[classify]`, and `kind = …` takes an expression\n\
                     help: write `Kind::{kind}` for the value"
                )));
            }
            continue;
        };
        let Some(name) = path.path.get_ident() else { continue };
        let is_field = case.field(&Member::Named(name.clone())).is_some();
        let kind = Kind::named(&name.to_string().to_lowercase()).filter(|_| !is_field);
        if let Some(Kind { word: kind, .. }) = kind {
            errors.push(expr.mistake(format!(
                "`kind = …` takes an expression; `{name}` is a word of `#[classify]`\n\
                 help: write `#[classify({kind})]`"
            )));
        }
    }
}
