//! The orders to a breaker that follow from the words of others.

/// A breaker of this process obeys this order, which follows from the words of others.
///
/// ```
/// use retry_fleet::Order;
/// use retry_runtime::breaker::Breaker;
///
/// /// Orders to a breaker, for the log of a simulation.
/// fn told(breaker: &Breaker, order: Order) -> String {
///     match order {
///         Order::Follow => format!("{} opens", breaker.name()),
///         Order::PutOff => format!("{} probes later", breaker.name()),
///         Order::Hasten => format!("{} probes soon", breaker.name()),
///         Order::Lean(part) => format!("{} opens at {part} of its thresholds", breaker.name()),
///     }
/// }
/// # let bank = Breaker::new("bank", retry_runtime::breaker::BreakerSettings::new());
/// # assert_eq!(told(&bank, Order::Lean(0.5)), "bank opens at 0.5 of its thresholds");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    /// Opens, if it is closed.
    Follow,
    /// Opens for longer, unless it probes itself: the probes of another process failed.
    PutOff,
    /// Probes soon, if it is open: the probes of another process succeeded.
    Hasten,
    /// Lowers its thresholds to this part: above 0, up to 1.
    Lean(f64),
}

/// An order to the breaker of a name.
///
/// ```
/// use retry_fleet::{Order, Told};
///
/// let told = Told::new("bank", Order::Follow);
/// assert_eq!((told.breaker.as_str(), told.order), ("bank", Order::Follow));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The breaker's name.
    pub breaker: String,
    /// The order.
    pub order: Order,
}

impl Told {
    /// An order to the breaker of this name.
    pub fn new(breaker: impl Into<String>, order: Order) -> Self {
        Told { breaker: breaker.into(), order }
    }
}
