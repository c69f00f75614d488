//! Configurations of a running program. A process has one configuration, so these tests have a binary of
//! their own, and take turns.

mod environment;
mod good;
mod layers;
mod listening;
mod program;
mod protection;
mod remembered;
mod shapes;
mod swap;
mod switch;
mod watch;
mod wrong;
