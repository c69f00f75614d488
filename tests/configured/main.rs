//! Configuring a running program. A process has one configuration, so these tests have their own binary and
//! run one at a time.

mod declared;
mod environment;
mod good;
mod layers;
mod listening;
mod program;
mod protection;
mod remembered;
mod shapes;
mod short_names;
mod swap;
mod switch;
mod watch;
mod wrong;
