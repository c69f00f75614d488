pub(crate) mod function;
pub(crate) mod outputs;
pub(crate) mod pattern;
pub(crate) mod tokens;
pub(crate) mod wrapped;
