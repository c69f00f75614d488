//! Dashboards and alert rules, from the list of metrics.

pub(crate) mod alerts;
pub(crate) mod dashboard;
mod panels;
pub(crate) mod query;
