//! The memory of a console: the calls of each second, the changes of breakers and of the configuration, and news.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use retry_runtime::breaker::Mode;
use retry_runtime::events::Event;
use serde::Serialize;

use crate::data::model::{News, Setting, Snapshot, Transition};
use crate::data::rates::Sampler;

/// The changes of state that are kept for each breaker.
const TRANSITIONS: usize = 20;
/// The changes of the configuration that are kept.
const CHANGES: usize = 50;

#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) sampler: Sampler,
    breakers: BTreeMap<String, Seen>,
    /// News of breakers, budgets and the configuration.
    news: VecDeque<News>,
    /// News of single calls, apart: an outage has thousands of them in the time of one change of a breaker.
    calls: VecDeque<News>,
    pub(crate) configuration: Configured,
}

/// A breaker as it was seen last.
#[derive(Debug)]
struct Seen {
    mode: Mode,
    transitions: VecDeque<Transition>,
}

/// A change of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Change {
    pub(crate) at: u64,
    /// The function.
    pub(crate) name: String,
    pub(crate) setting: String,
    /// The values; left out where the setting has no effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<String>,
    /// The change in a line.
    pub(crate) text: String,
}

impl Change {
    fn new(at: u64, name: &str, setting: &str, [before, after]: [Option<&str>; 2]) -> Self {
        let shown = |value: Option<&str>| value.unwrap_or("nothing").to_owned();
        Change {
            at,
            name: name.to_owned(),
            setting: setting.to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
            text: format!("{name}: {setting} {} → {}", shown(before), shown(after)),
        }
    }
}

/// The configuration as it was seen last.
#[derive(Debug, Default)]
pub(crate) struct Configured {
    config: Option<Arc<retry_config::Config>>,
    pub(crate) applied_at: Option<u64>,
    settings: BTreeMap<String, Vec<Setting>>,
    pub(crate) changes: VecDeque<Change>,
}

impl Memory {
    /// A breaker is in this mode now. A change that no event has told is noted with the time at which it was seen.
    pub(crate) fn see(&mut self, breaker: &str, mode: Mode, at: u64) {
        match self.breakers.get(breaker) {
            Some(seen) if seen.mode == mode => {}
            Some(seen) => {
                let from = seen.mode;
                self.transition(breaker, from, mode, at, String::new());
            }
            None => {
                self.breakers
                    .insert(breaker.to_owned(), Seen { mode, transitions: VecDeque::new() });
            }
        }
    }

    fn transition(&mut self, breaker: &str, from: Mode, to: Mode, at: u64, text: String) {
        let seen = self
            .breakers
            .entry(breaker.to_owned())
            .or_insert_with(|| Seen { mode: from, transitions: VecDeque::new() });
        seen.mode = to;
        let transition = Transition { at, from: from.name().into(), to: to.name().into(), text };
        keep(&mut seen.transitions, transition, TRANSITIONS);
    }

    pub(crate) fn transitions(&self, breaker: &str) -> Vec<Transition> {
        let seen = self.breakers.get(breaker);
        seen.map(|seen| seen.transitions.iter().cloned().collect()).unwrap_or_default()
    }

    /// All news, the oldest first.
    pub(crate) fn all_news(&self) -> Vec<News> {
        let mut all: Vec<News> = self.news.iter().chain(&self.calls).cloned().collect();
        all.sort_by_key(|news| news.at);
        all
    }

    /// Takes an event that listeners were told.
    pub(crate) fn tell(&mut self, event: &Event, instance: &str, at: u64) {
        let mut name = event.site().unwrap_or_default().to_owned();
        match event {
            Event::BreakerTransition(change) => {
                let figures = &change.figures;
                let text = match figures.calls {
                    0 => String::new(),
                    calls => format!("{} of {calls} calls failed", figures.failures),
                };
                self.transition(&change.breaker, change.from, change.to, at, text);
                name = change.breaker.to_string();
            }
            // A retry that follows is seen in the list of live calls, and refusals are counted with their breaker.
            Event::BreakerRejected(_)
            | Event::CallStarted(_)
            | Event::AttemptStarted(_)
            | Event::AttemptFinished(_)
            | Event::RetryScheduled(_) => return,
            _ => {}
        }
        let news = News {
            at,
            instance: instance.to_owned(),
            event: event.name().to_owned(),
            name,
            text: event.to_string(),
        };
        match event {
            Event::CallFinished(_) | Event::RetrySuppressed(_) => {
                keep(&mut self.calls, news, Snapshot::MAX_NEWS / 2);
            }
            _ => self.note(news),
        }
    }

    /// Keeps news that are not of a single call.
    pub(crate) fn note(&mut self, news: News) {
        keep(&mut self.news, news, Snapshot::MAX_NEWS / 2);
    }
}

impl Configured {
    /// Whether another configuration is in force than the one that was seen last.
    pub(crate) fn is_new(&self, config: &Option<Arc<retry_config::Config>>) -> bool {
        match (&self.config, config) {
            (Some(old), Some(new)) => !Arc::ptr_eq(old, new),
            (None, None) => self.applied_at.is_none(),
            _ => true,
        }
    }

    /// Takes the configuration in force and the settings that it makes, and notes the differences.
    pub(crate) fn see(
        &mut self,
        config: Option<Arc<retry_config::Config>>,
        settings: BTreeMap<String, Vec<Setting>>,
        at: u64,
    ) {
        let is_first = self.applied_at.is_none();
        (self.config, self.applied_at) = (config, Some(at));
        let before = std::mem::replace(&mut self.settings, settings);
        if is_first {
            return;
        }
        for (operation, settings) in &self.settings {
            let Some(before) = before.get(operation) else { continue };
            fn value<'s>(settings: &'s [Setting], name: &str) -> Option<&'s str> {
                let found = settings.iter().find(|one| one.setting == name);
                found.map(|one| one.value.as_str())
            }
            let has_no_effect = |one: &&Setting| value(settings, &one.setting).is_none();
            for Setting { setting, .. } in
                settings.iter().chain(before.iter().filter(has_no_effect))
            {
                let values = [value(before, setting), value(settings, setting)];
                if values[0] != values[1] {
                    let change = Change::new(at, operation, setting, values);
                    keep(&mut self.changes, change, CHANGES);
                }
            }
        }
    }

    pub(crate) fn file(&self) -> Option<&str> {
        self.config.as_ref()?.file()
    }

    pub(crate) fn settings(&self) -> &BTreeMap<String, Vec<Setting>> {
        &self.settings
    }
}

fn keep<T>(list: &mut VecDeque<T>, one: T, most: usize) {
    if list.len() == most {
        list.pop_front();
    }
    list.push_back(one);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_that_nobody_watched_is_noted_when_it_is_seen() {
        let mut memory = Memory::default();
        memory.see("db", Mode::Closed, 1);
        memory.see("db", Mode::Closed, 2);
        memory.see("db", Mode::Open, 3);
        memory.see("db", Mode::Open, 4);
        let told: Vec<_> =
            memory.transitions("db").into_iter().map(|it| (it.at, it.from, it.to)).collect();
        assert_eq!(told, [(3, "closed".to_owned(), "open".to_owned())]);
    }

    #[test]
    fn a_breaker_that_opens_every_second_keeps_its_last_changes_alone() {
        let mut memory = Memory::default();
        for at in 0..1_000 {
            memory.see("db", if at % 2 == 0 { Mode::Closed } else { Mode::Open }, at);
        }
        let kept = memory.transitions("db");
        assert_eq!((kept.len(), kept.last().map(|it| it.at)), (TRANSITIONS, Some(999)));
    }

    #[test]
    fn a_new_configuration_is_told_by_its_differences() {
        let settings = |max: &str| {
            let value =
                Setting { setting: "max".into(), value: max.into(), origin: "attribute".into() };
            BTreeMap::from([("pay".to_owned(), vec![value])])
        };
        let mut configured = Configured::default();
        assert!(configured.is_new(&None));
        configured.see(None, settings("3"), 1);
        assert!(!configured.is_new(&None));
        configured.see(None, settings("5"), 2);
        let change = Change::new(2, "pay", "max", [Some("3"), Some("5")]);
        assert_eq!(change.text, "pay: max 3 → 5");
        assert_eq!(configured.changes, [change]);
        configured.see(None, BTreeMap::from([("pay".to_owned(), Vec::new())]), 3);
        assert_eq!(configured.changes[1].text, "pay: max 5 → nothing");
    }
}
