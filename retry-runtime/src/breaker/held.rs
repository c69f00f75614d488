//! What a permit holds, in one word that is written at once.

use super::ticket::Ticket;

/// Nothing (any more), the admission of a call, or a place among the probes.
///
/// ```text
/// 63 … 32      31     30 … 0
/// generation   call   a call's: anything; a probe's: its number, from 1
/// ```
///
/// Nothing is 0. The state word of a breaker that admits has the same two fields in the same places: it is
/// an admission as it stands, and is kept without a second thought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held(u64);

impl Held {
    pub(super) const NOTHING: Held = Held(0);

    /// Set in what a call holds.
    pub(super) const CALL: u64 = 1 << 31;

    /// The admission that a breaker's state word, in which [`CALL`](Self::CALL) is set, stands for.
    #[inline(always)]
    pub(super) const fn admission(word: u64) -> Self {
        debug_assert!(word & Held::CALL != 0);
        Held(word)
    }

    pub(super) const fn ticket(self) -> Ticket {
        let generation = (self.0 >> 32) as u32;
        Ticket { generation, probe: self.probe() }
    }

    pub(super) const fn probe(self) -> Option<u32> {
        match self.0 as u32 {
            0 => None,
            _ if self.0 & Held::CALL != 0 => None,
            number => Some(number - 1),
        }
    }

    #[inline(always)]
    pub(super) const fn is_something(self) -> bool {
        self.0 != Held::NOTHING.0
    }
}

impl From<Ticket> for Held {
    fn from(ticket: Ticket) -> Self {
        let low = match ticket.probe {
            // There are never as many: `probes` is checked, and abandoned ones leave their numbers.
            Some(number) => u64::from(number.saturating_add(1)).min(Held::CALL - 1),
            None => Held::CALL,
        };
        Held(u64::from(ticket.generation) << 32 | low)
    }
}

#[cfg(all(test, not(retry_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_comes_out_as_it_was_put_in() {
        for generation in [0, 1, u32::MAX] {
            for probe in [None, Some(0), Some(1), Some(1000)] {
                let held = Held::from(Ticket { generation, probe });
                assert!(held.is_something());
                assert_eq!(held.ticket(), Ticket { generation, probe });
            }
        }
        assert!(!Held::NOTHING.is_something());
    }

    #[test]
    fn a_state_word_that_admits_is_an_admission_whatever_else_it_says() {
        for more in [0, 7, (1 << 31) - 1] {
            let held = Held::admission(3 << 32 | Held::CALL | more);
            assert_eq!(held.ticket(), Ticket { generation: 3, probe: None });
        }
    }
}
