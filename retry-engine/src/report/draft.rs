//! The draft of a report: the form in which a call notes its attempts, and in which the history keeps them.
//!
//! A [`Report`] is made to be read: an attempt takes 80 bytes there, and its text is an allocation of its own. Most
//! drafts are never read, since most failing calls have no observer, and few programs ask for the history. In a draft
//! an attempt takes 40 bytes, and the texts of all attempts are in one string.

use std::sync::Arc;
use std::time::Duration;

use super::reason::StopReason;
use super::record::{AttemptRecord, Delay, DelaySource, Report};
use super::stats::Failures;
use crate::failure::class::Kind;

/// The attempts and the end of one call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Draft {
    notes: Vec<Note>,
    texts: String,
    pub(crate) reason: StopReason,
    /// How long the whole call took, in nanoseconds.
    pub(crate) total: u64,
    /// The delay that the server asked for with the last failure, stored in parts as well.
    retry_after_secs: u64,
    /// [`NO_HINT`] if the server asked for none.
    retry_after_nanos: u32,
}

/// An attempt that has ended.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempted<'t> {
    pub(crate) number: u32,
    /// Nanoseconds from the start of the call.
    pub(crate) started: u64,
    /// Nanoseconds; `None` for an attempt that was not timed.
    pub(crate) duration: Option<u64>,
    /// The kind and the text of the failure.
    pub(crate) failure: Option<(Kind, &'t str)>,
}

/// An attempt of a [`Draft`]. A `Delay` is stored in parts, which need no padding.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Note {
    started: u64,
    /// [`UNTIMED`] for an attempt that was not timed.
    duration: u64,
    delay_secs: u64,
    delay_nanos: u32,
    number: u32,
    /// The end of the text in `texts`; the text starts where the one before ends.
    text_end: u32,
    has_text: bool,
    kind: Option<Kind>,
    /// `None` without a pause after the attempt.
    delay_source: Option<DelaySource>,
}

const UNTIMED: u64 = u64::MAX;
const NO_HINT: u32 = u32::MAX;

const _: () = assert!(size_of::<Note>() == 40);

impl Note {
    /// The pause after the attempt.
    fn delay(&self) -> Option<Delay> {
        let length = Duration::new(self.delay_secs, self.delay_nanos);
        self.delay_source.map(|source| Delay { length, source })
    }
}

impl Draft {
    pub(crate) const fn new() -> Self {
        Draft {
            notes: Vec::new(),
            texts: String::new(),
            reason: StopReason::Success,
            total: 0,
            retry_after_secs: 0,
            retry_after_nanos: NO_HINT,
        }
    }

    /// Notes an attempt. If there are too many, the first one is removed, and its kind returned.
    #[inline]
    pub(crate) fn push(&mut self, attempt: Attempted<'_>) -> Option<Kind> {
        let omitted = if self.notes.len() == Report::MAX_ATTEMPTS { self.omit() } else { None };
        let text = attempt.failure.map(|(_, text)| text);
        if self.notes.capacity() == 0 {
            // Many calls fail once and wait: no room is reserved for attempts that may never be made.
            self.notes.reserve_exact(1);
            self.texts.reserve_exact(text.map_or(0, str::len));
        }
        self.texts.push_str(text.unwrap_or_default());
        self.notes.push(Note {
            started: attempt.started,
            duration: attempt.duration.unwrap_or(UNTIMED),
            delay_secs: 0,
            delay_nanos: 0,
            number: attempt.number,
            text_end: self.texts.len() as u32,
            has_text: text.is_some(),
            kind: attempt.failure.map(|(kind, _)| kind),
            delay_source: None,
        });
        omitted
    }

    #[cold]
    fn omit(&mut self) -> Option<Kind> {
        let first = self.notes.remove(0);
        self.texts.drain(..first.text_end as usize);
        self.notes.iter_mut().for_each(|note| note.text_end -= first.text_end);
        first.kind
    }

    /// Sets the text of the last attempt, which has none.
    pub(crate) fn set_text(&mut self, text: &str) {
        if let Some(last) = self.notes.last_mut() {
            self.texts.push_str(text);
            last.text_end = self.texts.len() as u32;
            last.has_text = true;
        }
    }

    /// Sets the pause after the last attempt.
    #[inline]
    pub(crate) fn set_delay(&mut self, delay: Option<Delay>) {
        if let Some(last) = self.notes.last_mut() {
            last.delay_source = delay.map(|delay| delay.source);
            if let Some(Delay { length, .. }) = delay {
                (last.delay_secs, last.delay_nanos) = (length.as_secs(), length.subsec_nanos());
            }
        }
    }

    /// The pause before the last attempt, if the attempt before it is noted.
    #[inline]
    pub(crate) fn delay_before(&self) -> Option<Duration> {
        let before = self.notes.len().checked_sub(2)?;
        self.notes[before].delay().map(|delay| delay.length)
    }

    /// Sets the delay that the server asked for with the last failure.
    #[inline]
    pub(crate) fn set_retry_after(&mut self, delay: Option<Duration>) {
        self.retry_after_nanos = NO_HINT;
        if let Some(delay) = delay {
            self.retry_after_secs = delay.as_secs();
            self.retry_after_nanos = delay.subsec_nanos();
        }
    }

    fn retry_after(&self) -> Option<Duration> {
        let has_hint = self.retry_after_nanos != NO_HINT;
        has_hint.then(|| Duration::new(self.retry_after_secs, self.retry_after_nanos))
    }

    /// The number of the last attempt; 0 if none is noted.
    pub(crate) fn made(&self) -> u32 {
        self.notes.last().map_or(0, |last| last.number)
    }

    /// The number of attempts before those in `notes`. A resumed call notes one attempt, whatever its number.
    fn omitted(&self) -> u32 {
        let is_full = self.notes.len() == Report::MAX_ATTEMPTS;
        if is_full { self.notes[0].number - 1 } else { 0 }
    }

    /// Whether the first attempt was timed, and is noted.
    pub(crate) fn is_timed(&self) -> bool {
        self.notes.first().is_some_and(|first| first.duration != UNTIMED)
    }

    /// Counts the failed attempts that are noted.
    pub(crate) fn count_failures(&self, counts: &mut Failures) {
        self.notes.iter().filter_map(|note| note.kind).for_each(|kind| *counts.of(kind) += 1);
    }

    /// The texts of the failures, the last one first.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        (0..self.notes.len()).rev().filter_map(|at| self.text(at))
    }

    /// The last attempt.
    pub(crate) fn last(&self) -> Option<AttemptRecord> {
        Some(self.record(self.notes.len().checked_sub(1)?))
    }

    /// The text of the last attempt's failure.
    pub(crate) fn last_text(&self) -> Option<&str> {
        self.text(self.notes.len().checked_sub(1)?)
    }

    fn text(&self, at: usize) -> Option<&str> {
        let start = at.checked_sub(1).map_or(0, |before| self.notes[before].text_end);
        let note = &self.notes[at];
        note.has_text.then(|| &self.texts[start as usize..note.text_end as usize])
    }

    fn record(&self, at: usize) -> AttemptRecord {
        let note = &self.notes[at];
        AttemptRecord {
            number: note.number,
            started: Duration::from_nanos(note.started),
            duration: (note.duration != UNTIMED).then(|| Duration::from_nanos(note.duration)),
            error: self.text(at).map(Arc::from),
            kind: note.kind,
            delay: note.delay(),
        }
    }

    /// The report of the function with this name.
    pub(crate) fn report(&self, name: &'static str) -> Report {
        Report {
            name,
            reason: self.reason,
            attempts: (0..self.notes.len()).map(|at| self.record(at)).collect(),
            omitted: self.omitted(),
            total: Duration::from_nanos(self.total),
            retry_after: self.retry_after(),
        }
    }

    /// The size in memory beyond the struct itself, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.notes.capacity() * size_of::<Note>() + self.texts.capacity()
    }

    /// Begins the draft of another call, in the memory of this one if that is at most so many bytes.
    pub(crate) fn clear(&mut self, bytes: usize) {
        if self.bytes() > bytes {
            *self = Draft::new();
            return;
        }
        let Draft { notes, texts, reason, total, retry_after_secs, retry_after_nanos } = self;
        notes.clear();
        texts.clear();
        (*reason, *total) = (StopReason::Success, 0);
        (*retry_after_secs, *retry_after_nanos) = (0, NO_HINT);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn attempted(number: u32, text: &str) -> Attempted<'_> {
        let failure = Some((Kind::Transient, text));
        Attempted { number, started: 5, duration: None, failure }
    }

    #[test]
    fn a_first_failure_reserves_no_room_for_others() {
        let mut draft = Draft::new();
        draft.push(attempted(1, "refused"));
        assert_eq!(draft.bytes(), 40 + 7);
    }

    #[test]
    fn the_memory_of_a_large_draft_is_freed_and_that_of_a_small_one_kept_empty() {
        let mut draft = Draft::new();
        draft.push(attempted(1, "refused"));
        draft.reason = StopReason::Exhausted;
        let mut small = draft.clone();
        small.clear(46);
        assert_eq!(small.bytes(), 0);
        draft.clear(47);
        assert_eq!((draft.bytes(), draft.report("")), (47, Report::empty("")));
    }

    #[test]
    fn a_delay_that_the_server_asks_for_is_kept_exactly() {
        let mut draft = Draft::new();
        let mut kept = |delay| {
            draft.set_retry_after(delay);
            draft.report("").retry_after
        };
        let delays = [Duration::ZERO, Duration::from_nanos(1_500_000_001), Duration::MAX];
        for delay in delays.map(Some).into_iter().chain([None]) {
            assert_eq!(kept(delay), delay);
        }
    }

    proptest! {
        #[test]
        fn a_report_has_all_that_was_noted(
            attempts in prop::collection::vec(
                (any::<u64>(), prop::option::of(0..UNTIMED), prop::option::of("[a-zé]{0,6}"), prop::option::of(any::<Duration>())),
                0..150,
            ),
        ) {
            let (mut draft, mut expected, mut failed) = (Draft::new(), Vec::new(), 0);
            for (index, (started, duration, text, delay)) in attempts.iter().enumerate() {
                let (number, kind) = (index as u32 + 1, Kind::ALL[index % Kind::ALL.len()]);
                let failure = text.as_deref().map(|text| (kind, text));
                let omitted = draft.push(Attempted { number, started: *started, duration: *duration, failure });
                failed += u64::from(omitted.is_some());
                let delay = delay.map(|length| Delay { length, source: DelaySource::Hint });
                draft.set_delay(delay);
                expected.push(AttemptRecord {
                    number,
                    started: Duration::from_nanos(*started),
                    duration: duration.map(Duration::from_nanos),
                    error: text.as_deref().map(Arc::from),
                    kind: text.is_some().then_some(kind),
                    delay,
                });
                prop_assert_eq!(draft.last(), expected.last().cloned());
                prop_assert_eq!(draft.last_text(), text.as_deref());
            }
            let omitted = expected.len().saturating_sub(Report::MAX_ATTEMPTS);
            let report = draft.report("f");
            prop_assert_eq!(report.omitted as usize, omitted);
            prop_assert_eq!(&report.attempts[..], &expected[omitted..]);
            prop_assert_eq!(draft.made() as usize, expected.len());
            let all = expected.iter().filter(|attempt| attempt.kind.is_some()).count() as u64;
            let mut counts = Failures::default();
            draft.count_failures(&mut counts);
            prop_assert_eq!(counts.total() + failed, all);
            let texts: Vec<_> = report.attempts.iter().rev().filter_map(|attempt| attempt.error.as_deref()).collect();
            prop_assert!(draft.texts().eq(texts.iter().copied()));
        }
    }
}
