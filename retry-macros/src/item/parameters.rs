//! The parameters of a function, and the names that they bind.

use syn::{FnArg, Ident, Pat, PatType, Token, Type};

use crate::item::function::{Function, Mode};
use crate::item::pattern::{Place, each_binding};
use crate::item::receiver::Receiver;
use crate::item::wrapped::Moved;

/// A parameter.
pub(crate) enum Parameter<'a> {
    /// `self`; the body calls it `this` where a wrapper has renamed it.
    Receiver { name: Ident, this: Ident, mutable: Option<Token![mut]>, is_reference: bool },
    /// A pattern and its type.
    Typed { pat: Pat, ty: &'a Type },
}

/// A name that a parameter binds.
pub(crate) struct Binding<'a> {
    pub(crate) name: Ident,
    /// The `mut` of a binding whose changes stay in the function: `mut name` or `ref mut name`.
    pub(crate) mutable: Option<Token![mut]>,
    /// The `ref` of a binding that borrows its value.
    pub(crate) by_ref: Option<Token![ref]>,
    /// The type of the parameter, if the name binds all of it.
    pub(crate) ty: Option<&'a Type>,
    /// Whether the declared type is a reference.
    pub(crate) is_reference: bool,
}

impl Function {
    /// The parameters as the user wrote them, even if a wrapper has moved them into its future.
    pub(crate) fn parameters(&self) -> Vec<Parameter<'_>> {
        let seam = match self.mode() {
            Mode::Wrapped(seam) => Some(seam),
            _ => None,
        };
        let moved: &[Moved] = seam.as_ref().map_or(&[], |seam| &seam.moved);
        let moved = |name: &Ident| moved.iter().find(|moved| moved.argument == *name);
        let inputs = self.sig.inputs.iter().map(|input| match input {
            FnArg::Receiver(written) => {
                let name = Ident::new("self", written.self_token.span);
                let receiver = Receiver::of(written);
                let is_reference = matches!(receiver.ty, Type::Reference(_));
                let (this, mutable) = match moved(&name) {
                    // The `mut` belongs to the reference that the wrapper has made.
                    Some(Moved { pat: Pat::Ident(this), .. }) => {
                        let by_value = !receiver.is_short_reference;
                        (this.ident.clone(), this.mutability.filter(|_| by_value))
                    }
                    _ => (name.clone(), receiver.mutable),
                };
                Parameter::Receiver { name, this, mutable, is_reference }
            }
            FnArg::Typed(typed) => {
                let pat = match &*typed.pat {
                    Pat::Ident(ident) => moved(&ident.ident).map(|moved| moved.pat.clone()),
                    _ => None,
                };
                Parameter::Typed { pat: pat.unwrap_or_else(|| (*typed.pat).clone()), ty: &typed.ty }
            }
        });
        inputs.collect()
    }

    /// The names that the parameters bind, in order.
    pub(crate) fn bindings(&self) -> Vec<Binding<'_>> {
        let mut bindings = Vec::new();
        for parameter in self.parameters() {
            match parameter {
                Parameter::Receiver { name, mutable, is_reference, .. } => {
                    let by_ref = None;
                    bindings.push(Binding { name, mutable, by_ref, ty: None, is_reference });
                }
                Parameter::Typed { mut pat, ty } => {
                    each_binding(&mut pat, Place::Whole, &mut |ident, place| {
                        // `ref mut` behind a reference changes the caller's value, as `&mut` does.
                        let behind = place == Place::Behind
                            || place == Place::Part && matches!(ty, Type::Reference(_));
                        let ty = Some(ty).filter(|_| place == Place::Whole);
                        bindings.push(Binding {
                            name: ident.ident.clone(),
                            mutable: ident
                                .mutability
                                .filter(|_| !(behind && ident.by_ref.is_some())),
                            by_ref: ident.by_ref,
                            ty,
                            is_reference: matches!(ty, Some(Type::Reference(_))),
                        });
                    })
                }
            }
        }
        bindings
    }

    /// The parameters other than `self`, as declared.
    pub(crate) fn typed(&self) -> impl Iterator<Item = &PatType> {
        self.sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(typed) => Some(typed),
            FnArg::Receiver(_) => None,
        })
    }
}

/// The name of a parameter, unless the parameter is a pattern.
pub(crate) fn name(parameter: &PatType) -> Option<&Ident> {
    match &*parameter.pat {
        Pat::Ident(ident) if ident.by_ref.is_none() && ident.subpat.is_none() => Some(&ident.ident),
        _ => None,
    }
}
