#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// | file | holds |
// |---|---|
// | `word` | what processes tell each other, and its text |
// | `fleet` | `Fleet`: who said what, and what follows from it; pure, `now` is an argument |
// | `order` | the orders to breakers |
// | `transport` | `Transport`, which carries words and turns, and the inbox for words of others |
// | `member` | `join`: the thread between the breakers, the fleet and the transport |
// | `bus` | the transport in memory |
// | `postgres` | the transport over a PostgreSQL database |
// | `redis` | the transport over a Redis server |

mod bus;
mod fleet;
mod member;
mod order;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
mod transport;
mod word;

#[cfg(feature = "redis")]
#[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
pub use self::redis::Redis;
pub use bus::{Bus, Seat};
pub use fleet::Fleet;
pub use member::{Figures, Member, join};
pub use order::{Order, Told};
#[cfg(feature = "postgres")]
#[cfg_attr(docsrs, doc(cfg(feature = "postgres")))]
pub use postgres::Postgres;
pub use transport::{Inbox, Transport};
pub use word::{Instance, Says, Word, WordError};
