//! The plan of an expansion: the meaning of each case, with the fields that its words name.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Expr, Member, Type};

use super::item::{self, Case, Field, Input, Shape};
use super::read::{Form, Word};
use super::words::{self, Kind};
use crate::errors::{Errors, Mistake, quoted};

/// The meanings that could be read. The plan is expanded if there are no mistakes.
pub(crate) struct Plan<'a> {
    pub(crate) input: &'a Input<'a>,
    pub(crate) arms: Vec<Arm<'a>>,
}

/// The meaning of a case.
pub(crate) struct Arm<'a> {
    pub(crate) case: &'a Case<'a>,
    pub(crate) verdict: Verdict<'a>,
    pub(crate) after: Option<Use<'a>>,
    /// Present if the engine's interruptions become this case; with the field that holds them, if it has one.
    pub(crate) interruption: Option<Option<Use<'a>>>,
}

/// The source of a failure's kind.
pub(crate) enum Verdict<'a> {
    Kind(Kind, Span),
    Inherit(Use<'a>),
    Status(Use<'a>),
    Expr(&'a Expr),
    Messages(Span),
}

/// A field that a word names, and the span for mistakes about the type of the field.
#[derive(Clone, Copy)]
pub(crate) struct Use<'a> {
    pub(crate) field: &'a Field<'a>,
    pub(crate) span: Span,
}

// Input:
//     [throttled, after = wait] on Limited { wait: Duration }
// Output:
//     Kind(throttled), after the field `wait`; and the mistakes: missing fields, cases without a meaning
pub(crate) fn plan<'a>(input: &'a Input<'a>, errors: &mut Errors) -> Plan<'a> {
    let arms = input.cases.iter().filter_map(|case| arm(input, case, errors)).collect();
    Plan { input, arms }
}

/// The meaning of a case; `None` if there is a mistake.
fn arm<'a>(input: &'a Input<'a>, case: &'a Case<'a>, errors: &mut Errors) -> Option<Arm<'a>> {
    let words = &case.attrs.words;
    let after = words.iter().find_map(|word| match &word.form {
        Form::After(member) => Some(named_field(word, member, case, errors)),
        _ => None,
    });
    let interruption = case.interruption().map(|word| held(word, case, errors));
    let verdict = match words.iter().find(|word| word.form.is_verdict()) {
        Some(word) => verdict(word, case, errors),
        None if case.fields.len() > 1 && interruption.is_some() => None,
        None if interruption.is_some() => {
            case.interruption().and_then(|word| inner(word, case, errors)).map(Verdict::Inherit)
        }
        // A server that asks for a delay asks to slow down.
        None => match words.iter().find(|word| matches!(word.form, Form::After(_))) {
            Some(word) => Some(Verdict::Kind(Kind::THROTTLED, word.key.span())),
            None => covered(input, case, errors),
        },
    };
    let after = match after {
        Some(found) => Some(found?),
        None => None,
    };
    let interruption = match interruption {
        Some(found) => Some(found?),
        None => None,
    };
    Some(Arm { case, verdict: verdict?, after, interruption })
}

/// The field that holds the interruption: the only one, or none.
fn held<'a>(word: &Word, case: &'a Case<'a>, errors: &mut Errors) -> Option<Option<Use<'a>>> {
    match case.fields.as_slice() {
        [] => Some(None),
        // One mistake here, and not one for each trait that the type lacks.
        [field] if is_number_or_text(field.ty()) => {
            errors.push(field.ty().mistake(format!(
                "`interruption` fills this field with an `Interruption`, and `{}` cannot hold one\n\
                 help: write `{}(retry_runtime::Interruption)`",
                quoted(field.ty()),
                case.ident
            )));
            None
        }
        [field] => Some(Some(Use { field, span: field.type_span() })),
        fields => {
            let (name, count) = (case.ident, fields.len());
            errors.push(word.key.mistake(format!(
                "`interruption` fills one field, and `{name}` has {count}\n\
                 help: write `{name}(Interruption)`, or `impl From<Interruption>` by hand"
            )));
            None
        }
    }
}

/// Whether a type is written like one of the standard library's that surely holds no interruption.
fn is_number_or_text(ty: &Type) -> bool {
    const NAMES: [&str; 18] = [
        "String", "str", "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize",
        "u8", "u16", "u32", "u64", "u128", "usize",
    ];
    match ty {
        Type::Path(path) => NAMES.iter().any(|name| path.path.is_ident(name)),
        Type::Reference(reference) => is_number_or_text(&reference.elem),
        Type::Group(group) => is_number_or_text(&group.elem),
        Type::Paren(paren) => is_number_or_text(&paren.elem),
        _ => false,
    }
}

/// The meaning of a word.
fn verdict<'a>(word: &'a Word, case: &'a Case<'a>, errors: &mut Errors) -> Option<Verdict<'a>> {
    let span = word.key.span();
    match &word.form {
        Form::Kind(kind) => Some(Verdict::Kind(*kind, span)),
        Form::Messages => Some(Verdict::Messages(span)),
        Form::Verdict(expr) => Some(Verdict::Expr(expr)),
        Form::Status(member) => named_field(word, member, case, errors).map(Verdict::Status),
        Form::Inherit => {
            let used = inner(word, case, errors)?;
            if is_number_or_text(used.field.ty()) {
                errors.push(used.field.ty().mistake(format!(
                    "`inherit` asks this field for its kind, and `{}` has none\n\
                     help: write a kind in place of `inherit`, such as `permanent`, or `kind = expr` to compute one",
                    quoted(used.field.ty())
                )));
                return None;
            }
            Some(Verdict::Inherit(used))
        }
        Form::Interruption | Form::After(_) | Form::Default(_) | Form::Crate(_) => None,
    }
}

/// The default of the enum, for a case without a word. Without a default, the case is a mistake.
fn covered<'a>(
    input: &'a Input<'a>,
    case: &'a Case<'a>,
    errors: &mut Errors,
) -> Option<Verdict<'a>> {
    for word in &input.container.words {
        if let Form::Default(kind) = word.form {
            return Some(Verdict::Kind(kind, word.key.span()));
        }
    }
    // A word that could not be read, or that stands in the wrong place, may be the missing one.
    let misplaced_here = case.attrs.words.iter().any(|word| word.form.is_for_container());
    let misplaced_above = input.container.words.iter().any(|word| !word.form.is_for_container());
    let on_a_field =
        case.fields.iter().any(|field| field.node.attrs.iter().any(super::read::is_ours));
    if case.attrs.broken
        || input.container.broken
        || !case.attrs.alone.is_empty()
        || !input.container.alone.is_empty()
        || misplaced_here
        || misplaced_above
        || on_a_field
    {
        return None;
    }
    // rustc reports a misspelt attribute, and nothing else is wrong: any kind makes the variant complete.
    if case.attrs.misspelt {
        return Some(Verdict::Kind(Kind::THROTTLED, case.ident.span()));
    }
    let (case_is, default) = match input.shape {
        Shape::Enum => {
            let above = &input.node.ident;
            ("variant", format!(",\n      or `#[classify(default = permanent)]` above `{above}`"))
        }
        _ => ("struct", String::new()),
    };
    errors.push(case.ident.mistake(format!(
        "the {case_is} `{}` does not say whether it is retried\n\
         help: write `#[classify(…)]` above it with one of {}{default}",
        case.ident,
        words::CHOICES,
    )));
    None
}

/// Finds the field of `after = field` or `status = field`.
fn named_field<'a>(
    word: &Word,
    member: &Member,
    case: &'a Case<'a>,
    errors: &mut Errors,
) -> Option<Use<'a>> {
    if let Some(field) = case.field(member) {
        return Some(Use { field, span: member.span() });
    }
    let (key, wanted, names) = (&word.key, item::name(member), case.field_names());
    let help = match nearest_field(&wanted, &names) {
        _ if names.is_empty() => format!("add a field, or leave `{key}` out"),
        Some(near) => format!("did you mean `{key} = {near}`?"),
        None if names.len() == 1 => format!("the only field is {}", words::list(&names)),
        None => format!("the fields are {}", words::list(&names)),
    };
    errors.push(member.mistake(format!("`{}` has no field `{wanted}`\nhelp: {help}", case.ident)));
    None
}

/// The field that a wrong name stands for. In a tuple, that is `0` for `_0`, the name in `kind = expr`.
fn nearest_field<'n>(wanted: &str, names: &'n [String]) -> Option<&'n str> {
    let is_tuple = names.iter().all(|name| name.parse::<usize>().is_ok());
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if is_tuple {
        return names.into_iter().find(|name| wanted.strip_prefix('_') == Some(name));
    }
    retry_text::nearest(wanted, &names)
}

/// Finds the field of `inherit`: the marked one, else the one named `source`, else the only one.
fn inner<'a>(word: &Word, case: &'a Case<'a>, errors: &mut Errors) -> Option<Use<'a>> {
    let marked: Vec<&Field<'a>> =
        case.fields.iter().filter(|field| field.cause_marker().is_some()).collect();
    let found = match (marked.as_slice(), case.fields.as_slice()) {
        ([field], _) => Some(*field),
        ([], [field]) => Some(field),
        ([], fields) => fields.iter().find(|field| field.is_named_source()),
        _ => None,
    };
    if let Some(field) = found {
        return Some(Use { field, span: field.type_span() });
    }
    let name = case.ident;
    let message = match marked.as_slice() {
        [] if matches!(word.form, Form::Interruption) && case.fields.is_empty() => format!(
            "`{name}` has no field for the interruption\n\
             help: write `{name}(retry_runtime::Interruption)`, or add a kind beside `interruption`"
        ),
        [] if case.fields.is_empty() => format!(
            "`{name}` has no inner failure to inherit from\n\
             help: add a field, as in `{name}(std::io::Error)`, or write a kind in place of `inherit`"
        ),
        [] => format!(
            "`inherit` is ambiguous: {} of `{name}` can each be the inner failure\n\
             help: put `#[source]` on the one that is the cause",
            words::list(&case.field_names()),
        ),
        marked => format!(
            "`inherit` is ambiguous: {} of `{name}` are all marked as the cause\n\
             help: keep `#[source]` or `#[from]` on one of them",
            words::list(&marked.iter().map(|field| item::name(&field.member)).collect::<Vec<_>>())
        ),
    };
    errors.push(word.key.mistake(message));
    None
}
