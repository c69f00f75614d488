//! A fleet as one process sees it: the words of all processes, and the orders that follow from them.

use std::collections::HashMap;
use std::time::Duration;

use retry_runtime::breaker::Stance;

use crate::order::{Order, Told};
use crate::word::{Instance, LONGEST, Says, Word};

/// The view that one process has of its fleet: pure, without a clock or a transport. `now` is the time since any start and
/// never runs backwards.
///
/// - A process opens a breaker when half of the processes seen in the last minute, and at least two others, say that their own
///   results opened theirs. Words of fewer lower its thresholds.
/// - A process whose breaker opened on the word of others says nothing: rumours do not echo.
/// - A word counts once: after a breaker has closed by its own probes, only later openings count.
/// - Nothing closes a breaker but its own probes. When those of another process succeed, it probes sooner; when they fail in a
///   fleet of which half says open, it probes later.
///
/// ```
/// use retry_fleet::{Fleet, Instance, Order, Says, Told, Word};
/// use std::time::Duration;
///
/// let secs = Duration::from_secs;
/// let mut fleet = Fleet::new(Instance(0), secs(0));
/// let open = |instance| {
///     let says = Says::Open { breaker: "bank".into(), number: 1, again: 0 };
///     Word { instance: Instance(instance), says }
/// };
/// let lowered = fleet.hear(secs(10), &open(1));
/// assert_eq!(lowered, [Told::new("bank", Order::Lean(0.5))]);
/// let told = fleet.hear(secs(10), &open(2));
/// assert_eq!(told, [Told::new("bank", Order::Follow)]);
/// ```
#[derive(Clone, Debug)]
pub struct Fleet {
    me: Instance,
    since: Duration,
    seen: HashMap<Instance, Duration>,
    topics: HashMap<String, Topic>,
    /// Counts the openings of all breakers of this process.
    openings: u32,
    beat_at: Duration,
    review_at: Duration,
}

/// The words about the breakers of one name.
#[derive(Clone, Debug)]
struct Topic {
    own: Option<Own>,
    words: HashMap<Instance, Heard>,
    leaning: f64,
}

/// The last word of this process.
#[derive(Clone, Copy, Debug)]
struct Own {
    number: u32,
    again: u32,
    /// The time at which the breaker closed; `None` while it is open.
    closed: Option<Duration>,
}

/// The last word of another process.
#[derive(Clone, Copy, Debug)]
struct Heard {
    number: u32,
    again: u32,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    Open,
    /// Open, from before this process's own probes closed its breaker.
    Spent,
    Closed,
}

/// A process that has not been heard of for this long does not count.
const SEEN: Duration = Duration::from_secs(60);

/// The time between two words of a process that say that it is there: two may be lost within [`SEEN`].
const BEAT: Duration = Duration::from_secs(20);

/// A process answers one that it did not know after this time or up to twice as long, so that a fleet does not answer in one
/// instant. It also answers no more often.
const ANSWER: Duration = Duration::from_secs(1);

/// A new process listens for this long, until all others have answered: before, it does not know how many half of the fleet are.
const LISTEN: Duration = Duration::from_secs(3);

/// The limits of the memory that others can make a process use.
const MOST_INSTANCES: usize = 4096;
const MOST_TOPICS: usize = 1024;
const MOST_WORDS: usize = 65_536;

impl Fleet {
    /// A fleet of which nothing has been heard. The first word is due at once.
    pub fn new(me: Instance, now: Duration) -> Self {
        let (seen, topics) = (HashMap::new(), HashMap::new());
        let review_at = now.saturating_add(LISTEN);
        Fleet { me, since: now, seen, topics, openings: 0, beat_at: now, review_at }
    }

    /// The processes seen in the last minute, this one included.
    pub fn instances(&self, now: Duration) -> usize {
        1 + self.seen.values().filter(|at| is_fresh(now, **at)).count()
    }

    /// The processes that must say that a breaker is open for others to follow: half of those seen, and at least two.
    pub fn quorum(&self, now: Duration) -> usize {
        self.instances(now).div_ceil(2).max(2)
    }

    /// The time at which [`due`](Self::due) or [`review`](Self::review) has the next thing to do.
    pub fn next(&self) -> Duration {
        self.beat_at.min(self.review_at)
    }

    /// The words that are due: that the process is there, and what it says of its breakers, in case that it was not heard.
    pub fn due(&mut self, now: Duration) -> Vec<Word> {
        if now < self.beat_at {
            return Vec::new();
        }
        self.beat_at = now.saturating_add(BEAT);
        self.forget(now);
        let own = self.topics.iter().filter_map(|(breaker, topic)| {
            let own = topic.own.filter(|own| own.is_due(now))?;
            Some(own.says(breaker))
        });
        [Says::Here].into_iter().chain(own).map(|says| self.word(says)).collect()
    }

    /// The last word.
    pub fn leave(&self) -> Word {
        self.word(Says::Left)
    }

    /// Brings the next words forward: the last ones did not get through.
    pub fn repeat(&mut self, now: Duration) {
        self.beat_at = self.beat_at.min(now.saturating_add(ANSWER));
    }

    /// The breaker of this name has changed its state: the word that says so, and orders to the breaker.
    #[doc(hidden)]
    pub fn stand(
        &mut self,
        now: Duration,
        breaker: &str,
        stance: Stance,
    ) -> (Option<Word>, Vec<Told>) {
        let says = match stance {
            Stance::Following | Stance::Probing => None,
            Stance::Open if breaker.len() > LONGEST => None,
            Stance::Open => {
                let number = self.openings.saturating_add(1);
                let Some(topic) = self.topic(breaker) else { return (None, Vec::new()) };
                let own = match topic.own {
                    Some(own) if own.is_open() => Own { again: own.again.saturating_add(1), ..own },
                    _ => Own { number, again: 0, closed: None },
                };
                topic.own = Some(own);
                self.openings = self.openings.max(own.number);
                Some(own.says(breaker))
            }
            Stance::Closed => self.topics.get_mut(breaker).and_then(|topic| {
                topic.spend();
                let own = topic.own.as_mut().filter(|own| own.is_open())?;
                own.closed = Some(now);
                Some(own.says(breaker))
            }),
        };
        (says.map(|says| self.word(says)), self.lean(now, breaker).into_iter().collect())
    }

    /// Takes a word of another process: orders to breakers of this one.
    pub fn hear(&mut self, now: Duration, word: &Word) -> Vec<Told> {
        let instance = word.instance;
        if instance == self.me || !self.see(now, instance, &word.says) {
            return Vec::new();
        }
        match &word.says {
            Says::Here | Says::Left => Vec::new(),
            Says::Closed { breaker, number } => {
                let Some(topic) = self.topics.get_mut(breaker) else { return Vec::new() };
                // Kept although nothing was open here: the word of the opening may come late.
                let known = topic.words.get(&instance).copied();
                let mut told = Vec::new();
                if known.is_none_or(|known| known.number <= *number) {
                    let closed = Heard { number: *number, again: 0, state: State::Closed };
                    topic.words.insert(instance, closed);
                    if known.is_some_and(|known| known.state != State::Closed) {
                        told.push(Told::new(breaker, Order::Hasten));
                    }
                }
                told.extend(self.lean(now, breaker));
                told
            }
            Says::Open { breaker, number, again } => {
                self.hear_open(now, instance, breaker, (*number, *again))
            }
        }
    }

    /// Orders that follow from the time alone: processes have not been heard of for a minute, or all have answered.
    pub fn review(&mut self, now: Duration) -> Vec<Told> {
        if now < self.review_at {
            return Vec::new();
        }
        self.review_at = now.saturating_add(BEAT);
        let names: Vec<String> = self.topics.keys().cloned().collect();
        let mut told = Vec::new();
        for breaker in names {
            told.extend(self.lean(now, &breaker));
            if self.follows(now, &breaker) {
                told.push(Told::new(breaker, Order::Follow));
            }
        }
        told
    }

    fn hear_open(
        &mut self,
        now: Duration,
        instance: Instance,
        breaker: &str,
        (number, again): (u32, u32),
    ) -> Vec<Told> {
        let words: usize = self.topics.values().map(|topic| topic.words.len()).sum();
        let Some(topic) = self.topic(breaker) else { return Vec::new() };
        let known = topic.words.get(&instance).copied();
        if known.is_none() && words >= MOST_WORDS {
            return Vec::new();
        }
        // A word that was repeated, or comes late.
        if known.is_some_and(|known| (known.number, known.again) >= (number, again)) {
            return Vec::new();
        }
        let same = known.filter(|known| known.number == number);
        if same.is_some_and(|known| known.state == State::Closed) {
            return Vec::new();
        }
        let state = same.map_or(State::Open, |known| known.state);
        topic.words.insert(instance, Heard { number, again, state });
        let has_failed_again = again > 0;
        let is_open = topic.own.is_some_and(|own| own.is_open());
        let said = self.said(now, breaker) + usize::from(is_open);
        if self.follows(now, breaker) {
            let mut told = vec![Told::new(breaker, Order::Follow)];
            told.extend(has_failed_again.then(|| Told::new(breaker, Order::PutOff)));
            return told;
        }
        if has_failed_again && said >= self.quorum(now) {
            return vec![Told::new(breaker, Order::PutOff)];
        }
        self.lean(now, breaker).into_iter().collect()
    }

    /// The other processes that say that this breaker is open, since it last closed here.
    fn said(&self, now: Duration, breaker: &str) -> usize {
        let is_seen = |it: &Instance| self.seen.get(it).is_some_and(|at| is_fresh(now, *at));
        let words = self.topics.get(breaker).map(|topic| topic.words.iter());
        let open = words.into_iter().flatten().filter(|(_, heard)| heard.state == State::Open);
        open.filter(|(instance, _)| is_seen(instance)).count()
    }

    fn follows(&self, now: Duration, breaker: &str) -> bool {
        now.saturating_sub(self.since) >= LISTEN && self.said(now, breaker) >= self.quorum(now)
    }

    /// The order that lowers or raises the thresholds of this breaker, if they change: in proportion to the words that are
    /// missing for opening.
    fn lean(&mut self, now: Duration, breaker: &str) -> Option<Told> {
        let quorum = self.quorum(now);
        let listens = now.saturating_sub(self.since) < LISTEN;
        let said = if listens { 0 } else { self.said(now, breaker).min(quorum - 1) };
        let part = 1.0 - said as f64 / quorum as f64;
        let topic = self.topics.get_mut(breaker)?;
        let before = std::mem::replace(&mut topic.leaning, part);
        (before != part).then(|| Told::new(breaker, Order::Lean(part)))
    }

    /// Notes that the process was heard of; false if there are too many.
    fn see(&mut self, now: Duration, instance: Instance, says: &Says) -> bool {
        if let Says::Left = says {
            self.seen.remove(&instance);
            return true;
        }
        let is_new = !self.seen.contains_key(&instance);
        if is_new && self.seen.len() >= MOST_INSTANCES {
            return false;
        }
        self.seen.insert(instance, now);
        if is_new {
            // Spread by the number, which is random.
            let spread = ANSWER.mul_f64(self.me.0 as f64 / u64::MAX as f64);
            self.beat_at = self.beat_at.min(now.saturating_add(ANSWER + spread));
        }
        true
    }

    fn topic(&mut self, breaker: &str) -> Option<&mut Topic> {
        if !self.topics.contains_key(breaker) {
            if self.topics.len() >= MOST_TOPICS {
                return None;
            }
            let new = Topic { own: None, words: HashMap::new(), leaning: 1.0 };
            self.topics.insert(breaker.to_owned(), new);
        }
        self.topics.get_mut(breaker)
    }

    /// Forgets processes that have not been heard of, and names of which nothing is said.
    fn forget(&mut self, now: Duration) {
        self.seen.retain(|_, at| is_fresh(now, *at));
        for topic in self.topics.values_mut() {
            topic.words.retain(|instance, _| self.seen.contains_key(instance));
        }
        self.topics.retain(|_, topic| {
            let says = topic.own.is_some_and(|own| own.is_due(now));
            says || topic.leaning < 1.0 || !topic.words.is_empty()
        });
    }

    fn word(&self, says: Says) -> Word {
        Word { instance: self.me, says }
    }
}

impl Own {
    fn is_open(&self) -> bool {
        self.closed.is_none()
    }

    /// Whether the word is repeated: while the breaker is open, and for a minute after it has closed.
    fn is_due(&self, now: Duration) -> bool {
        self.closed.is_none_or(|at| is_fresh(now, at))
    }

    fn says(&self, breaker: &str) -> Says {
        let (breaker, number) = (breaker.to_owned(), self.number);
        match self.closed {
            None => Says::Open { breaker, number, again: self.again },
            Some(_) => Says::Closed { breaker, number },
        }
    }
}

impl Topic {
    /// The breaker has closed by its own probes: what was said before does not open it again.
    fn spend(&mut self) {
        for heard in self.words.values_mut().filter(|heard| heard.state == State::Open) {
            heard.state = State::Spent;
        }
    }
}

fn is_fresh(now: Duration, at: Duration) -> bool {
    now.saturating_sub(at) <= SEEN
}

#[cfg(test)]
#[path = "fleet_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "simulation_tests.rs"]
mod simulation;
