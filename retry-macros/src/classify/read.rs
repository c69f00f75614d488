//! `#[classify(…)]` as it was written: a list of words, each with its span.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Error, Expr, Ident, LitStr, Member, Meta, Path, Result, Token};

use super::words::{self, Kind};
use crate::errors::Errors;

/// All words of one item's `#[classify(…)]` attributes.
#[derive(Default)]
pub(crate) struct Attrs {
    pub(crate) words: Vec<Word>,
    /// Some of it could not be read, so that nothing can be concluded from a word's absence.
    pub(crate) broken: bool,
}

/// One word, and what followed it.
pub(crate) struct Word {
    pub(crate) key: Ident,
    pub(crate) form: Form,
}

pub(crate) enum Form {
    /// `transient`, and the other kinds
    Kind(Kind),
    /// `inherit`
    Inherit,
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
    /// Does it say what the failure means (and not only something about that)?
    pub(crate) fn is_verdict(&self) -> bool {
        use Form::{Inherit, Kind, Messages, Status, Verdict};
        matches!(self, Kind(_) | Inherit | Messages | Status(_) | Verdict(_))
    }

    /// Does it belong to the type as a whole?
    pub(crate) fn is_for_container(&self) -> bool {
        matches!(self, Form::Default(_) | Form::Crate(_))
    }
}

pub(crate) fn is_classify(attribute: &Attribute) -> bool {
    attribute.path().is_ident("classify")
}

// Input:  #[classify(throttled, after = wait)] #[classify(permanentt)]
// Output: [throttled, after = wait], broken; "did you mean `permanent`?" among the errors
pub(crate) fn read(attributes: &[Attribute], errors: &mut Errors) -> Attrs {
    let mut attrs = Attrs::default();
    for attribute in attributes.iter().filter(|attribute| is_classify(attribute)) {
        let words = |input: ParseStream<'_>| {
            attrs.read_words(input, errors);
            Ok(())
        };
        let step = match &attribute.meta {
            Meta::List(list) if !list.tokens.is_empty() => words.parse2(list.tokens.clone()),
            _ => Err(Error::new_spanned(
                attribute,
                format!(
                    "`#[classify]` needs a word in parentheses\n\
                     help: write `#[classify(transient)]`, or another of {}",
                    words::CHOICES
                ),
            )),
        };
        attrs.broken |= errors.keep(step).is_none();
    }
    attrs
}

impl Attrs {
    /// Reads a list to its end; a word that cannot be read costs only itself.
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

/// One word and its value.
fn word(input: ParseStream<'_>) -> Result<Word> {
    if !input.peek(Ident::peek_any) || input.peek2(Token![::]) {
        return Err(not_a_word(input));
    }
    let key = input.call(Ident::parse_any)?;
    let name = key.to_string();
    let form = match name.as_str() {
        "inherit" => Form::Inherit,
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

/// `= field`: a name, or a tuple field's position.
fn field(key: &Ident, input: ParseStream<'_>) -> Result<Member> {
    let eq: Option<Token![=]> = input.parse()?;
    let value = until_comma(input);
    let member = syn::parse2::<Member>(value.clone());
    if let (Some(_), Ok(member)) = (eq, member) {
        return Ok(member);
    }
    let meant = match words::last_word(&value) {
        word if syn::parse_str::<Member>(&word).is_ok() => format!("write `{key} = {word}`"),
        _ => format!(
            "write `{key} = name_of_the_field`, or `{key} = 0` for the first field of a tuple"
        ),
    };
    if value.is_empty() {
        return Err(Error::new_spanned(
            key,
            format!("`{key}` needs the name of a field\nhelp: {meant}"),
        ));
    }
    let message = format!(
        "`{key}` takes the bare name of a field\n\
         help: {meant}; what has to be computed belongs in `kind = expr`"
    );
    Err(Error::new_spanned(value, message))
}

/// `= permanent`, or another kind.
fn kind(key: &Ident, input: ParseStream<'_>) -> Result<Kind> {
    let kinds = words::list(&Kind::ALL.map(|kind| kind.word));
    let help = format!("help: write `{key} = permanent`; the kinds are {kinds}");
    let value = value(key, input, &format!("`{key}` needs a kind\n{help}"))?;
    let name = syn::parse2::<Ident>(value.clone()).map(|word| word.to_string());
    let kind = name.as_deref().ok().and_then(Kind::named);
    kind.ok_or_else(|| {
        let written = words::last_word(&value);
        let help = match retry_text::nearest(&written, &Kind::ALL.map(|kind| kind.word)) {
            Some(near) => format!("help: did you mean `{key} = {near}`?"),
            None => help,
        };
        Error::new_spanned(value, format!("`{key}` takes one of the kinds\n{help}"))
    })
}

/// `= my_crate::reexport`, with or without quotes.
fn path(key: &Ident, input: ParseStream<'_>) -> Result<Path> {
    let help = "help: write `crate = my_crate::retry_runtime`";
    let missing = format!("`{key}` needs the path under which the runtime is found\n{help}");
    let value = value(key, input, &missing)?;
    let quoted = syn::parse2::<LitStr>(value.clone());
    quoted
        .and_then(|path| path.parse_with(Path::parse_mod_style))
        .or_else(|_| Path::parse_mod_style.parse2(value.clone()))
        .map_err(|_| Error::new_spanned(value, format!("`{key}` takes a path\n{help}")))
}

/// `= expr`: the only value that may hold commas of its own.
fn expr(key: &Ident, input: ParseStream<'_>) -> Result<Expr> {
    let help = "help: write an expression of type `Kind` or `Class`, as in \
                `kind = if *code == 7 { Kind::Transient } else { Kind::Permanent }`";
    let eq: Option<Token![=]> = input.parse()?;
    if eq.is_none() || input.is_empty() {
        return Err(Error::new_spanned(key, format!("`{key}` needs an expression\n{help}")));
    }
    let start = input.fork();
    input.parse().map_err(|_| {
        let found = until_comma(&start);
        let found = if found.is_empty() { key.to_token_stream() } else { found };
        Error::new_spanned(found, format!("`{key}` needs an expression\n{help}"))
    })
}

/// The tokens after `=`, which must be there.
fn value(key: &Ident, input: ParseStream<'_>, missing: &str) -> Result<TokenStream> {
    let eq: Option<Token![=]> = input.parse()?;
    let value = until_comma(input);
    if eq.is_none() || value.is_empty() {
        return Err(Error::new_spanned(key, missing));
    }
    Ok(value)
}

/// A word ends at a comma.
fn nothing_more(key: &Ident, input: ParseStream<'_>) -> Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    let help = if input.peek(Token![=]) || input.peek(syn::token::Paren) {
        format!("`{key}` takes no value\nhelp: write `{key}` alone")
    } else {
        format!("expected `,` after `{key}`\nhelp: words are separated by commas")
    };
    Err(Error::new_spanned(until_comma(input), help))
}

fn unknown(key: &Ident, input: ParseStream<'_>) -> Error {
    until_comma(input);
    let help = match words::nearest(&key.to_string()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the words are {}", words::CHOICES),
    };
    Error::new_spanned(key, format!("`#[classify]` does not know `{key}`\nhelp: {help}"))
}

/// `Kind::Transient`, `"transient"`, `3`: the word that is meant, if one can be made out.
fn not_a_word(input: ParseStream<'_>) -> Error {
    let found = until_comma(input);
    let help = match words::nearest(&words::last_word(&found)) {
        Some(near) => format!("write `{near}`"),
        None => format!("the words are {}", words::CHOICES),
    };
    let found = if found.is_empty() { input.parse().unwrap_or_default() } else { found };
    Error::new_spanned(found, format!("expected a plain word in lower case\nhelp: {help}"))
}

fn until_comma(input: ParseStream<'_>) -> TokenStream {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend(input.parse::<TokenTree>());
    }
    tokens
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    /// The words that could be read, and the number of mistakes.
    fn read_back(attribute: Attribute) -> (Vec<String>, usize) {
        let mut errors = Errors::new();
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
