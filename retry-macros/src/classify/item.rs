//! The annotated type: its cases, their fields, and the attributes of each.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Fields, Ident, Member, Type};

use super::read::{self, Attrs, Form, Word};
use crate::errors::Errors;

/// The annotated type.
pub(crate) struct Input<'a> {
    pub(crate) node: &'a DeriveInput,
    pub(crate) shape: Shape,
    /// The words about the type as a whole. Above an enum, these are all the words.
    pub(crate) container: Attrs,
    /// The variants, or the struct itself.
    pub(crate) cases: Vec<Case<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Struct,
    Enum,
    Union,
}

/// A variant of an enum, or a struct.
pub(crate) struct Case<'a> {
    /// The name of the variant or the struct.
    pub(crate) ident: &'a Ident,
    pub(crate) attrs: Attrs,
    pub(crate) fields: Vec<Field<'a>>,
    /// Whether thiserror displays only the cause: `#[error(transparent)]`.
    pub(crate) transparent: bool,
}

/// A field of a case.
pub(crate) struct Field<'a> {
    pub(crate) node: &'a syn::Field,
    pub(crate) member: Member,
}

impl<'a> Input<'a> {
    /// Gathers the type from its syntax; words that cannot be read are added to the errors.
    pub(crate) fn from_syn(node: &'a DeriveInput, errors: &mut Errors) -> Self {
        let mut container = read::read(&node.attrs, errors);
        let (shape, cases) = match &node.data {
            Data::Struct(data) => {
                let (above, own) =
                    container.words.into_iter().partition(|word| word.form.is_for_container());
                let attrs = Attrs { words: own, ..container };
                let (broken, misspelt) = (attrs.broken, attrs.misspelt);
                container = Attrs { words: above, broken, misspelt, alone: Vec::new() };
                let (fields, transparent) = (Field::all(&data.fields), is_transparent(&node.attrs));
                let case = Case { ident: &node.ident, attrs, fields, transparent };
                (Shape::Struct, vec![case])
            }
            Data::Enum(data) => {
                let case = |variant: &'a syn::Variant| Case {
                    ident: &variant.ident,
                    attrs: read::read(&variant.attrs, errors),
                    fields: Field::all(&variant.fields),
                    transparent: is_transparent(&variant.attrs),
                };
                (Shape::Enum, data.variants.iter().map(case).collect())
            }
            Data::Union(_) => (Shape::Union, Vec::new()),
        };
        Input { node, shape, container, cases }
    }
}

/// Whether one of the attributes is `#[error(transparent)]`.
fn is_transparent(attrs: &[Attribute]) -> bool {
    let errors = attrs.iter().filter(|attribute| attribute.path().is_ident("error"));
    errors
        .filter_map(|attribute| attribute.parse_args::<Ident>().ok())
        .any(|word| word == "transparent")
}

impl<'a> Case<'a> {
    /// The field of that name or position.
    pub(crate) fn field(&self, wanted: &Member) -> Option<&Field<'a>> {
        self.fields.iter().find(|field| field.member == *wanted)
    }

    /// The word `interruption`, if the case has it.
    pub(crate) fn interruption(&self) -> Option<&Word> {
        self.attrs.words.iter().find(|word| matches!(word.form, Form::Interruption))
    }

    /// The failure inside: the marked field, else the one named `source`, else the only one if it can be a failure.
    pub(crate) fn cause(&self) -> Option<&Field<'a>> {
        let marked = self.fields.iter().find(|field| field.cause_marker().is_some());
        let named = || self.fields.iter().find(|field| field.is_named_source());
        let only =
            || self.fields.first().filter(|field| self.fields.len() == 1 && !field.is_plain());
        marked.or_else(named).or_else(only)
    }

    /// The names or positions of the fields, as `after = …` writes them.
    pub(crate) fn field_names(&self) -> Vec<String> {
        self.fields.iter().map(|field| name(&field.member)).collect()
    }
}

impl<'a> Field<'a> {
    fn all(fields: &'a Fields) -> Vec<Self> {
        fields.members().zip(fields).map(|(member, node)| Field { node, member }).collect()
    }

    pub(crate) fn ty(&self) -> &'a Type {
        &self.node.ty
    }

    /// The span for mistakes about the type: the last segment of its path.
    pub(crate) fn type_span(&self) -> Span {
        match &self.node.ty {
            Type::Path(path) => path.path.segments.last().map(|segment| segment.ident.span()),
            _ => None,
        }
        .unwrap_or_else(|| self.node.ty.span())
    }

    /// The marker of the cause: `#[source]`, which works without thiserror too, or `#[from]`.
    pub(crate) fn cause_marker(&self) -> Option<&'a Attribute> {
        let is_marker = |attribute: &&Attribute| {
            attribute.path().is_ident("source") || attribute.path().is_ident("from")
        };
        self.node.attrs.iter().find(is_marker)
    }

    /// Whether the type is certainly no failure: a number, a text, a reference, a tuple.
    fn is_plain(&self) -> bool {
        let Type::Path(path) = self.ty() else { return true };
        let name = path.path.segments.last().map(|last| last.ident.to_string());
        name.is_none_or(|name| name == "String" || name.starts_with(char::is_lowercase))
    }

    /// Whether the field is named `source`. Like thiserror, the derive takes such a field for the cause.
    pub(crate) fn is_named_source(&self) -> bool {
        matches!(&self.member, Member::Named(name) if name == "source")
    }
}

/// The name or the position of a field.
pub(crate) fn name(member: &Member) -> String {
    match member {
        Member::Named(name) => name.to_string(),
        Member::Unnamed(position) => position.index.to_string(),
    }
}
