//! Reads `#[classify(…)]`: a list of words, some of which have a value.

use proc_macro2::TokenTree;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Error, Expr, Ident, Member, Meta, Path, Result, Token};

use super::values::{expr, field, kind, path, until_comma};
use super::words::{self, CHOICES, Kind};
use crate::errors::{Errors, Mistake, quoted};

/// The words of all `#[classify(…)]` attributes of a variant or a type.
#[derive(Default)]
pub(crate) struct Attrs {
    pub(crate) words: Vec<Word>,
    /// Whether a part could not be read. A word that is missing may then be in that part.
    pub(crate) broken: bool,
    /// Whether an attribute has almost the name `classify`. rustc reports it, and suggests the right name.
    pub(crate) misspelt: bool,
    /// The attributes whose name is a word of `#[classify(…)]`: `#[transient]`.
    pub(crate) alone: Vec<Ident>,
}

/// A word and its value.
pub(crate) struct Word {
    pub(crate) key: Ident,
    pub(crate) form: Form,
}

/// The meaning of a word, with its value.
pub(crate) enum Form {
    /// `transient`, or another kind
    Kind(Kind),
    /// `inherit`
    Inherit,
    /// `interruption`
    Interruption,
    /// `messages`
    Messages,
    /// `status = field`
    Status(Member),
    /// `kind = expr`
    Verdict(Box<Expr>),
    /// `after = field`
    After(Member),
    /// `default = permanent`
    Default(Kind),
    /// `crate = path`
    Crate(Path),
}

impl Form {
    /// Whether the word says what a failure means. The other words only add to the meaning.
    pub(crate) fn is_verdict(&self) -> bool {
        use Form::{Inherit, Kind, Messages, Status, Verdict};
        matches!(self, Kind(_) | Inherit | Messages | Status(_) | Verdict(_))
    }

    /// Whether the word is about the type as a whole.
    pub(crate) fn is_for_container(&self) -> bool {
        matches!(self, Form::Default(_) | Form::Crate(_))
    }
}

/// Whether the attribute is `#[classify]`.
pub(crate) fn is_classify(attribute: &Attribute) -> bool {
    attribute.path().is_ident("classify")
}

/// The words that the derive accepts as attributes, to say what to write: those that need no value.
const ALONE: [&str; 7] =
    ["transient", "throttled", "ambiguous", "overloaded", "permanent", "inherit", "interruption"];

/// The name of an attribute that is a word of `#[classify(…)]`.
pub(crate) fn word_alone(attribute: &Attribute) -> Option<&Ident> {
    attribute.path().get_ident().filter(|name| ALONE.iter().any(|word| *name == word))
}

/// Whether the attribute is `#[classify]`, or one of its words.
pub(crate) fn is_ours(attribute: &Attribute) -> bool {
    is_classify(attribute) || word_alone(attribute).is_some()
}

fn is_misspelt(attribute: &Attribute) -> bool {
    attribute.path().get_ident().is_some_and(|name| {
        name != "classify" && retry_text::within(&name.to_string(), &["classify"], |_| 1).is_some()
    })
}

// Input:
//     #[classify(throttled, after = wait)] #[classify(permanentt)]
// Output:
//     [throttled, after = wait], broken; and the mistake "did you mean `permanent`?"
pub(crate) fn read(attributes: &[Attribute], errors: &mut Errors) -> Attrs {
    let mut attrs = Attrs {
        misspelt: attributes.iter().any(is_misspelt),
        alone: attributes.iter().filter_map(word_alone).cloned().collect(),
        ..Attrs::default()
    };
    for attribute in attributes.iter().filter(|attribute| is_classify(attribute)) {
        let words = |input: ParseStream<'_>| {
            attrs.read_words(input, errors);
            Ok(())
        };
        let step = match &attribute.meta {
            Meta::List(list) if !list.tokens.is_empty() => words.parse2(list.tokens.clone()),
            _ => Err(attribute.mistake(format!(
                "`#[classify]` needs a word in parentheses\n\
                     help: write `#[classify(transient)]`, or another of {CHOICES}"
            ))),
        };
        attrs.broken |= errors.keep(step).is_none();
    }
    attrs
}

impl Attrs {
    /// Reads a list to its end. A mistake in one word does not keep the next from being read.
    fn read_words(&mut self, input: ParseStream<'_>, errors: &mut Errors) {
        while !input.is_empty() {
            match word(input).and_then(|word| nothing_more(&word.key, input).map(|()| word)) {
                Ok(word) => self.words.push(word),
                Err(error) => {
                    errors.push(error);
                    self.broken = true;
                    until_comma(input);
                }
            }
            let _comma: Option<Token![,]> = input.parse().unwrap_or_default();
        }
    }
}

/// Reads a word and its value.
fn word(input: ParseStream<'_>) -> Result<Word> {
    if !input.peek(Ident::peek_any) || input.peek2(Token![::]) {
        return Err(not_a_word(input));
    }
    let key = input.call(Ident::parse_any)?;
    let name = key.to_string();
    let form = match name.as_str() {
        "inherit" => Form::Inherit,
        "interruption" => Form::Interruption,
        "messages" => Form::Messages,
        "status" => Form::Status(field(&key, input)?),
        "kind" => Form::Verdict(Box::new(expr(&key, input)?)),
        "after" => Form::After(field(&key, input)?),
        "default" => Form::Default(kind(&key, input)?),
        "crate" => Form::Crate(path(&key, input)?),
        _ => match Kind::named(&name) {
            Some(kind) => Form::Kind(kind),
            None => return Err(unknown(&key, input)),
        },
    };
    Ok(Word { key, form })
}

/// A word ends at a comma; any other token after it is a mistake.
fn nothing_more(key: &Ident, input: ParseStream<'_>) -> Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    let help = if input.peek(syn::token::Paren) {
        let inside = parenthesized(input);
        match inside.contains('=') {
            true => format!("`{key}` takes no value in parentheses\nhelp: write `{key}, {inside}`"),
            false => format!("`{key}` takes no value\nhelp: write `{key}` alone"),
        }
    } else if input.peek(Token![=]) {
        format!("`{key}` takes no value\nhelp: write `{key}` alone")
    } else if input.peek(Token![|]) {
        format!(
            "expected `,` after `{key}`\nhelp: a failure has one kind; if it depends on a field, write `kind = expr`"
        )
    } else {
        format!("expected `,` after `{key}`\nhelp: words are separated by commas")
    };
    Err(until_comma(input).mistake(help))
}

/// The tokens in the parentheses that come next.
fn parenthesized(input: ParseStream<'_>) -> String {
    match input.fork().parse::<TokenTree>() {
        Ok(TokenTree::Group(group)) => quoted(group.stream()),
        _ => String::new(),
    }
}

/// The mistake of a word that does not exist.
fn unknown(key: &Ident, input: ParseStream<'_>) -> Error {
    let value = until_comma(input).to_string();
    let help = match words::nearest(&key.to_string()) {
        Some("transient") if value == "= false" => "did you mean `permanent`?".to_owned(),
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the words are {CHOICES}"),
    };
    key.mistake(format!("`#[classify]` has no word `{key}`\nhelp: {help}"))
}

/// The mistake of a value in place of a word: `Kind::Transient`, `"transient"`, `3`.
fn not_a_word(input: ParseStream<'_>) -> Error {
    let found = until_comma(input);
    let help = match words::nearest(&words::last_word(&found)) {
        Some(near) => format!("write `{near}`"),
        None => format!("the words are {CHOICES}"),
    };
    let found = if found.is_empty() { input.parse().unwrap_or_default() } else { found };
    found.mistake(format!("expected a plain word in lower case\nhelp: {help}"))
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;
    use syn::parse_quote;

    use super::*;

    /// Returns the words that are read, and the number of mistakes.
    fn read_back(attribute: Attribute) -> (Vec<String>, usize) {
        let mut errors = Errors::default();
        let attrs = read(&[attribute], &mut errors);
        let mistakes = errors.finish().to_string().matches("compile_error").count();
        (attrs.words.iter().map(|word| word.key.to_string()).collect(), mistakes)
    }

    #[test]
    fn a_mistake_costs_one_word_and_the_rest_is_read() {
        let (words, mistakes) =
            read_back(parse_quote!(#[classify(transiant, after = 0, status = a.b, 3, messages)]));
        assert_eq!(words, ["after", "messages"]);
        assert_eq!(mistakes, 3);
    }

    #[test]
    fn commas_inside_an_expression_belong_to_it() {
        let (words, mistakes) = read_back(
            parse_quote!(#[classify(kind = judge::<u8, u16>(a, |b, c| b), after = wait,)]),
        );
        assert_eq!(words, ["kind", "after"]);
        assert_eq!(mistakes, 0);
    }

    #[test]
    fn stray_commas_and_odd_tokens_are_mistakes_and_never_a_panic() {
        for (attribute, expected) in [
            (parse_quote!(#[classify(,)]), 1),
            (parse_quote!(#[classify(transient,,)]), 1),
            (parse_quote!(#[classify(= = =)]), 1),
            (parse_quote!(#[classify(kind = let)]), 1),
            (parse_quote!(#[classify(crate = ::)]), 1),
            (parse_quote!(#[classify(default = "")]), 1),
            (parse_quote!(#[classify(after = -1)]), 1),
            (parse_quote!(#[classify(after = 1.5)]), 1),
            (parse_quote!(#[classify(transient {})]), 1),
        ] {
            let attribute: Attribute = attribute;
            let text = attribute.to_token_stream().to_string();
            assert_eq!(read_back(attribute).1, expected, "{text}");
        }
    }
}
