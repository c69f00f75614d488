//! What `#[classify(…)]` must not say. What refers to a field, and what is missing, is found by [`plan`].
//!
//! | rule | about |
//! |---|---|
//! | [`no_union`] | the type |
//! | [`only_defaults_above_an_enum`], [`no_default_on_a_struct`] | what is written above the type |
//! | [`nothing_of_the_container`] | what is written on a variant |
//! | [`nothing_on_fields`] | what is written on a field |
//! | [`each_word_once`], [`one_verdict`], [`no_kind_as_expression`] | words that contradict each other |

use std::collections::HashMap;

use syn::{Expr, Ident, Member};

use super::item::{self, Case, Input, Shape};
use super::plan::{self, Plan};
use super::read::{self, Attrs, Form};
use super::words::Kind;
use crate::errors::Errors;

// Input:  the type as written
// Output: what each case means; every broken rule among the errors
pub(crate) fn check<'a>(input: &'a Input<'a>, errors: &mut Errors) -> Plan<'a> {
    no_union(input, errors);
    only_defaults_above_an_enum(input, errors);
    no_default_on_a_struct(input, errors);
    each_word_once(&input.container, errors);
    for case in &input.cases {
        nothing_of_the_container(case, errors);
        nothing_on_fields(case, errors);
        each_word_once(&case.attrs, errors);
        one_verdict(&case.attrs, errors);
        no_kind_as_expression(case, errors);
    }
    plan::plan(input, errors)
}

/// A union does not know which of its fields is alive.
fn no_union(input: &Input<'_>, errors: &mut Errors) {
    if input.shape == Shape::Union {
        let message = "`Classify` cannot be derived for a union: nothing says which of its fields is alive\n\
                       help: make it an enum, or write `impl Classify` by hand";
        errors.at(&input.node.ident, message);
    }
}

/// Above an enum, a kind could mean "all variants" or "those without an attribute": it has to be said.
fn only_defaults_above_an_enum(input: &Input<'_>, errors: &mut Errors) {
    if input.shape != Shape::Enum {
        return;
    }
    for word in input.container.words.iter().filter(|word| !word.form.is_for_container()) {
        let key = &word.key;
        let help = match &word.form {
            Form::Kind(kind) => format!(
                "help: write `default = {}` to cover the variants without an attribute of their own",
                kind.word
            ),
            _ => "help: write it above the variants that it is meant for; above the enum only \
                  `default = permanent` (or another kind) and `crate = path` have a meaning"
                .to_owned(),
        };
        errors.at(key, format!("`{key}` belongs on a variant, not on the enum\n{help}"));
    }
}

/// A struct has nothing but itself to cover.
fn no_default_on_a_struct(input: &Input<'_>, errors: &mut Errors) {
    if input.shape != Shape::Struct {
        return;
    }
    for word in &input.container.words {
        if let Form::Default(kind) = word.form {
            let message = format!(
                "`default` is for the variants of an enum, and a struct has none\n\
                 help: write `#[classify({})]`",
                kind.word
            );
            errors.at(&word.key, message);
        }
    }
}

/// The words about the type as a whole have no meaning on one of its variants.
fn nothing_of_the_container(case: &Case<'_>, errors: &mut Errors) {
    for word in case.attrs.words.iter().filter(|word| word.form.is_for_container()) {
        let key = &word.key;
        let help = match word.form {
            Form::Default(kind) => format!("write `#[classify({})]` here", kind.word),
            _ => format!("write it once, above the enum: `#[classify({key} = …)]`"),
        };
        let message = format!("`{key}` belongs on the enum, not on a variant\nhelp: {help}");
        errors.at(key, message);
    }
}

/// A failure is one case as a whole: a field is only referred to.
fn nothing_on_fields(case: &Case<'_>, errors: &mut Errors) {
    for field in &case.fields {
        for attribute in field.node.attrs.iter().filter(|attribute| read::is_classify(attribute)) {
            let name = item::name(&field.member);
            let message = format!(
                "`#[classify]` belongs on `{}` as a whole, not on its field `{name}`\n\
                 help: write above it `inherit`, `status = {name}` or `after = {name}`, which refer \
                 to a field",
                case.ident
            );
            errors.at(attribute, message);
        }
    }
}

/// Of two equal words one is a leftover, and with values nobody knows which.
fn each_word_once(attrs: &Attrs, errors: &mut Errors) {
    let mut seen: HashMap<String, &Ident> = HashMap::new();
    for word in &attrs.words {
        let key = &word.key;
        if seen.insert(key.to_string(), key).is_some() {
            let message = format!(
                "`{key}` is written twice, and only one of them could count\nhelp: remove the other"
            );
            errors.at(key, message);
        }
    }
}

/// A failure means one thing.
fn one_verdict(attrs: &Attrs, errors: &mut Errors) {
    let mut verdicts = attrs.words.iter().filter(|word| word.form.is_verdict());
    let Some(first) = verdicts.next() else { return };
    for other in verdicts.filter(|other| other.key != first.key) {
        let (first, other) = (&first.key, &other.key);
        let message = format!(
            "`{other}` contradicts `{first}`: a failure has one meaning\n\
             help: keep one of the two; if it depends on a field, write `kind = expr`"
        );
        errors.at(other, message);
    }
}

/// `kind = transient`, which rustc would look for among the values in scope.
fn no_kind_as_expression(case: &Case<'_>, errors: &mut Errors) {
    for word in &case.attrs.words {
        let Form::Verdict(expr) = &word.form else { continue };
        let Expr::Path(path) = &**expr else { continue };
        let Some(name) = path.path.get_ident() else { continue };
        let is_field = case.field(&Member::Named(name.clone())).is_some();
        if let Some(kind) = Kind::named(&name.to_string().to_lowercase()).filter(|_| !is_field) {
            let message = format!(
                "`kind = …` takes an expression, and `{name}` is a word of its own\n\
                 help: write `#[classify({})]`",
                kind.word
            );
            errors.at(expr, message);
        }
    }
}
