//! The annotated function: its signature, parameters and output, and the place of the attempt in its body.

pub(crate) mod function;
pub(crate) mod moves;
pub(crate) mod outputs;
pub(crate) mod parameters;
pub(crate) mod pattern;
pub(crate) mod receiver;
pub(crate) mod tail;
pub(crate) mod tokens;
pub(crate) mod wrapped;
