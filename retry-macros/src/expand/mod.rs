pub(crate) mod arguments;
pub(crate) mod call;
pub(crate) mod doc;
pub(crate) mod future;
pub(crate) mod policy;
pub(crate) mod spans;
pub(crate) mod task;
pub(crate) mod turn;
