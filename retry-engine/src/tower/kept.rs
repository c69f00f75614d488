//! The frames of a body that were sent, and the rest of it: what the copies of a body share. A pure state machine; the
//! copies hold its lock.

use std::pin::Pin;
use std::task::Waker;

use bytes::Bytes;
use http::HeaderMap;
use http_body::Frame;

/// A frame that was read from the source.
#[derive(Clone)]
pub(super) enum Kept {
    Data(Bytes),
    Trailers(HeaderMap),
}

impl Kept {
    pub(super) fn len(&self) -> usize {
        match self {
            Kept::Data(data) => data.len(),
            Kept::Trailers(_) => 0,
        }
    }

    pub(super) fn frame(self) -> Frame<Bytes> {
        match self {
            Kept::Data(data) => Frame::data(data),
            Kept::Trailers(trailers) => Frame::trailers(trailers),
        }
    }
}

/// The next step of a copy that is polled.
pub(super) enum Step<B> {
    /// Gives this frame.
    Give(Kept),
    /// Ends.
    End,
    /// Fails: a newer copy is sent, or the beginning of the body is gone.
    Fail,
    /// Reads from the source, and hands it back.
    Read(Pin<Box<B>>),
    /// Waits until an older copy has handed the source back.
    Wait,
}

pub(super) struct Shared<B> {
    /// The rest of the body. `None` while a copy polls it, and when it has ended or failed.
    pub(super) rest: Option<Pin<Box<B>>>,
    pub(super) kept: Vec<Kept>,
    /// The number of frames that were read, and their bytes, which `most` bounds.
    frames: usize,
    bytes: usize,
    most: usize,
    pub(super) ended: bool,
    /// Whether frames are not kept any more: they were too long, or the source failed.
    pub(super) gave_up: bool,
    /// Whether a copy is about to be sent, which needs what is kept.
    claimed: bool,
    /// The epochs of the newest copy, and of the newest one that was polled.
    made: u64,
    polled: u64,
    /// Wakes the copy that read from the source last.
    pub(super) reader: Option<Waker>,
    /// Wakes the copy that waits for the source.
    pub(super) waiting: Option<Waker>,
}

impl<B> Shared<B> {
    pub(super) fn new(rest: Option<Pin<Box<B>>>, most: usize, gave_up: bool) -> Self {
        Shared {
            ended: rest.is_none(),
            rest,
            kept: Vec::new(),
            frames: 0,
            bytes: 0,
            most,
            gave_up,
            claimed: false,
            made: 0,
            polled: 0,
            reader: None,
            waiting: None,
        }
    }

    /// The epoch of a new copy; `None` if the beginning of the body is not kept.
    pub(super) fn copy(&mut self) -> Option<u64> {
        if self.gave_up {
            return None;
        }
        self.made += 1;
        Some(self.made)
    }

    /// Whether a copy can be sent from its beginning. If so, older copies may not make the body give up any more.
    pub(super) fn claim(&mut self) -> bool {
        self.claimed = !self.gave_up;
        self.claimed
    }

    /// The step of the copy of this epoch, which has given `at` frames; and whom to wake, since the copy is newer.
    pub(super) fn step(&mut self, epoch: u64, at: usize) -> (Step<B>, Option<Waker>) {
        if self.polled > epoch {
            return (Step::Fail, None);
        }
        let mut replaced = None;
        if self.polled < epoch {
            (self.polled, self.claimed) = (epoch, false);
            replaced = self.reader.take();
        }
        let lost = self.gave_up && at < self.frames;
        let outgrown = self.claimed && self.bytes > self.most;
        let step = match self.kept.get(at) {
            _ if lost => Step::Fail,
            Some(frame) => Step::Give(frame.clone()),
            None if self.ended => Step::End,
            None if outgrown => Step::Fail,
            None => self.rest.take().map_or(Step::Wait, Step::Read),
        };
        (step, replaced)
    }

    /// The copy of this epoch has read a frame. Whether it may give the frame: it is still the newest.
    pub(super) fn push(&mut self, epoch: u64, frame: Kept) -> bool {
        let is_newest = self.polled <= epoch;
        self.frames += 1;
        self.bytes = self.bytes.saturating_add(frame.len());
        if self.bytes > self.most && is_newest && !self.claimed {
            self.gave_up = true;
        }
        if self.gave_up {
            self.kept = Vec::new();
        } else {
            self.kept.push(frame);
        }
        is_newest && !(self.claimed && self.bytes > self.most)
    }

    /// The source has ended, or failed.
    pub(super) fn end(&mut self, failed: bool) {
        self.ended = true;
        self.gave_up |= failed;
    }

    /// Whether a copy that has given `at` frames is at the end.
    pub(super) fn is_at_end(&self, at: usize) -> bool {
        self.ended && at >= self.frames
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type State = Shared<()>;

    fn shared(most: usize) -> State {
        Shared::new(Some(Box::pin(())), most, false)
    }

    fn data(text: &'static str) -> Kept {
        Kept::Data(Bytes::from_static(text.as_bytes()))
    }

    /// Polls a copy, which reads this frame if it reads from the source.
    fn poll(state: &mut State, epoch: u64, at: usize, frame: &'static str) -> Option<String> {
        match state.step(epoch, at).0 {
            Step::Give(Kept::Data(data)) => String::from_utf8(data.to_vec()).ok(),
            Step::Read(source) => {
                state.rest = Some(source);
                state.push(epoch, data(frame)).then(|| frame.to_owned())
            }
            _ => None,
        }
    }

    #[test]
    fn a_copy_gives_what_was_sent_and_then_reads_on() {
        let mut state = shared(10);
        let copy = state.copy().expect("nothing was sent");
        assert_eq!(poll(&mut state, 0, 0, "one").as_deref(), Some("one"));
        assert!(state.claim());
        assert_eq!(poll(&mut state, copy, 0, "two").as_deref(), Some("one"));
        assert_eq!(poll(&mut state, copy, 1, "two").as_deref(), Some("two"));
    }

    #[test]
    fn an_older_copy_fails_as_soon_as_a_newer_one_is_sent() {
        let mut state = shared(10);
        let copy = state.copy().expect("nothing was sent");
        assert_eq!(poll(&mut state, copy, 0, "one").as_deref(), Some("one"));
        assert!(matches!(state.step(0, 0).0, Step::Fail));
    }

    #[test]
    fn a_frame_that_an_older_copy_was_reading_is_not_lost() {
        let mut state = shared(10);
        let copy = state.copy().expect("nothing was sent");
        let Step::Read(source) = state.step(0, 0).0 else { panic!("the source is there") };
        assert!(matches!(state.step(copy, 0).0, Step::Wait));
        assert!(!state.push(0, data("one")), "the older copy must not give it");
        state.rest = Some(source);
        assert_eq!(poll(&mut state, copy, 0, "two").as_deref(), Some("one"));
        assert_eq!(poll(&mut state, copy, 1, "two").as_deref(), Some("two"));
    }

    #[test]
    fn a_body_longer_than_the_bound_is_sent_on_and_not_repeated() {
        let mut state = shared(3);
        let copy = state.copy().expect("nothing was sent");
        for (at, frame) in ["one", "two", "three"].into_iter().enumerate() {
            assert_eq!(poll(&mut state, 0, at, frame).as_deref(), Some(frame));
        }
        assert!(!state.claim());
        assert!(matches!(state.step(copy, 0).0, Step::Fail));
        assert_eq!(state.copy(), None);
    }

    #[test]
    fn a_copy_that_is_about_to_be_sent_keeps_its_beginning() {
        let mut state = shared(3);
        let copy = state.copy().expect("nothing was sent");
        assert_eq!(poll(&mut state, 0, 0, "one").as_deref(), Some("one"));
        assert!(state.claim());
        assert_eq!(poll(&mut state, 0, 1, "two"), None, "the older copy would outgrow the bound");
        assert_eq!(poll(&mut state, 0, 2, "three"), None);
        for (at, frame) in ["one", "two", "three"].into_iter().enumerate() {
            assert_eq!(poll(&mut state, copy, at, "three").as_deref(), Some(frame));
        }
    }
}
