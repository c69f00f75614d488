use super::*;
use crate::ManualClock;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// A process on a machine of its own.
struct Process {
    machine: Arc<ManualClock>,
    clock: StoreClock,
}

/// The processes share this stored time.
#[derive(Default)]
struct File(Option<Stored>);

impl Process {
    fn new(ahead: Duration) -> Self {
        let machine = Arc::new(ManualClock::new());
        machine.step(ahead);
        let clock = StoreClock::new(Arc::clone(&machine) as Arc<dyn Clock>);
        Process { machine, clock }
    }

    fn writes(&self, file: &mut File) -> Time {
        let time = self.clock.agree(file.0);
        if let Some(stored) = self.clock.to_store(time) {
            self.clock.stored(stored);
            file.0 = Some(stored);
        }
        // Tasks are due up to this time.
        self.clock.certain()
    }
}

/// Lets this many seconds pass on all machines, each of which writes every 5 s.
fn pass(seconds: u64, processes: &[&Process], file: &mut File) -> Vec<Time> {
    let mut times = Vec::new();
    for second in 1..=seconds {
        processes.iter().for_each(|it| it.machine.advance(Duration::from_secs(1)));
        if second % 5 == 0 {
            times = processes.iter().map(|it| it.writes(file)).collect();
        }
    }
    times
}

#[test]
fn a_machine_whose_clock_is_two_days_ahead_follows_the_store_while_others_use_it() {
    let (file, right) = (&mut File::default(), Process::new(Duration::ZERO));
    let start = right.writes(file);
    let wrong = Process::new(2 * DAY);
    assert_eq!(wrong.writes(file), start);
    let times = pass(600, &[&right, &wrong], file);
    assert_eq!(times, [start + Duration::from_secs(600); 2]);
    assert_eq!(wrong.clock.now(), times[1]);
}

#[test]
fn a_step_of_two_minutes_is_not_followed_while_others_use_the_store() {
    let (file, one, two) =
        (&mut File::default(), Process::new(Duration::ZERO), Process::new(Duration::ZERO));
    let start = one.writes(file);
    pass(60, &[&one, &two], file);
    one.machine.step(Duration::from_secs(120));
    let times = pass(60, &[&one, &two], file);
    assert_eq!(times, [start + Duration::from_secs(120); 2]);
}

#[test]
fn a_store_that_was_not_in_use_is_brought_to_the_time_of_day_after_a_silence() {
    let (file, first) = (&mut File::default(), Process::new(Duration::ZERO));
    let start = first.writes(file);
    let later = Process::new(2 * DAY);
    assert_eq!(later.writes(file), start);
    assert_eq!(pass(25, &[&later], file), [start + 2 * DAY + Duration::from_secs(25)]);
}

#[test]
fn two_processes_that_start_after_a_night_agree() {
    let (file, first) = (&mut File::default(), Process::new(Duration::ZERO));
    let start = first.writes(file);
    let (one, two) = (Process::new(DAY), Process::new(DAY));
    one.writes(file);
    two.writes(file);
    let times = pass(15, &[&one, &two], file);
    assert_eq!(times, [start + DAY + Duration::from_secs(15); 2]);
}

#[test]
fn what_is_written_while_a_clock_is_doubted_has_the_time_of_the_machine() {
    let (file, first) = (&mut File::default(), Process::new(Duration::ZERO));
    let start = first.writes(file);
    let later = Process::new(DAY);
    assert_eq!(later.clock.agree(file.0), start + DAY, "a delay counts from the true time");
    assert_eq!(later.clock.certain(), start);
}

#[test]
fn a_process_that_began_with_a_wrong_clock_is_set_right_by_the_next_one() {
    let (file, wrong) = (&mut File::default(), Process::new(2 * DAY));
    wrong.writes(file);
    let right = Process::new(Duration::ZERO);
    let start = right.writes(file);
    assert_eq!(start, right.machine.now(), "what is a day ahead is a mistake");
    let times = pass(60, &[&right, &wrong], file);
    assert_eq!(times[1], start + Duration::from_secs(60));
    assert_eq!(times[0], times[1]);
}

#[test]
fn a_clock_that_is_behind_catches_up() {
    let (file, right) = (&mut File::default(), Process::new(Duration::from_secs(3600)));
    let start = right.writes(file);
    let late = Process::new(Duration::ZERO);
    assert_eq!(late.writes(file), start);
}

#[cfg(feature = "tracing")]
mod warned {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Counts the warnings of this thread.
    #[derive(Clone, Default)]
    struct Warnings(Arc<AtomicUsize>);

    impl tracing::Subscriber for Warnings {
        fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
            *metadata.level() == tracing::Level::WARN
        }

        fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::Id {
            tracing::Id::from_u64(1)
        }

        fn record(&self, _: &tracing::Id, _: &tracing::span::Record<'_>) {}

        fn record_follows_from(&self, _: &tracing::Id, _: &tracing::Id) {}

        fn event(&self, _: &tracing::Event<'_>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }

        fn enter(&self, _: &tracing::Id) {}

        fn exit(&self, _: &tracing::Id) {}
    }

    impl Warnings {
        fn count(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    #[test]
    fn a_store_that_was_not_in_use_for_a_night_is_opened_without_a_warning() {
        let warnings = Warnings::default();
        let _default = tracing::subscriber::set_default(warnings.clone());
        let file = &mut File::default();
        Process::new(Duration::ZERO).writes(file);
        let later = Process::new(DAY);
        pass(30, &[&later], file);
        assert_eq!(warnings.count(), 0);
    }

    #[test]
    fn a_clock_that_leaps_and_one_that_others_contradict_are_warned_of() {
        let warnings = Warnings::default();
        let _default = tracing::subscriber::set_default(warnings.clone());
        let (file, one) = (&mut File::default(), Process::new(Duration::ZERO));
        one.writes(file);
        let ahead = Process::new(DAY);
        ahead.writes(file);
        assert_eq!(warnings.count(), 0);
        pass(5, &[&one, &ahead], file);
        assert_eq!(warnings.count(), 1, "others contradict");
        one.machine.step(Duration::from_secs(120));
        one.writes(file);
        assert_eq!(warnings.count(), 2, "it leaps");
    }
}
