//! The data of the API: what is shown, as values that serialize and deserialize.

pub(crate) mod delta;
pub(crate) mod model;
pub(crate) mod rates;
pub(crate) mod shift;
pub(crate) mod sum;
