//! The sections `[budget.NAME]` and `[breaker.NAME]`.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::overrides::Overrides;
use super::sites::{Declared, SiteInfo};
use super::value::TimeLimit;
use super::written::{self, Written};
use crate::base::setting::SettingError;
use crate::breaker::{BreakerSettings, Window};
use crate::budget::{BudgetSettings, Charge, DepositOn, Refund};

/// What a configuration sets a budget of a name to; what is `None` stays as the attributes have it, or as
/// `preset` or the defaults of [`BudgetSettings`] say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BudgetOverrides {
    /// A published scheme to start from: `"grpc"`.
    pub preset: Option<String>,
    /// [`BudgetSettings::capacity`].
    pub capacity: Option<u32>,
    /// [`BudgetSettings::start`].
    pub start: Option<f64>,
    /// [`BudgetSettings::deposit`].
    pub deposit: Option<f64>,
    /// [`BudgetSettings::deposit_on`]: `"first_try"` or `"every_call"`.
    pub deposit_on: Option<DepositOn>,
    /// [`BudgetSettings::cost`].
    pub cost: Option<f64>,
    /// [`BudgetSettings::throttled_cost`].
    pub throttled_cost: Option<f64>,
    /// [`BudgetSettings::ambiguous_cost`].
    pub ambiguous_cost: Option<f64>,
    /// [`Charge::Failures`] above so many tokens.
    pub charge_failures_above: Option<f64>,
    /// [`BudgetSettings::refund`]: `"cost"`, or a number of tokens.
    pub refund: Option<Refund>,
    /// [`BudgetSettings::refill`], or `"none"`.
    pub refill: Option<TimeLimit>,
}

impl BudgetOverrides {
    pub(crate) const KEYS: [&'static str; 11] = [
        "preset",
        "capacity",
        "start",
        "deposit",
        "deposit_on",
        "cost",
        "throttled_cost",
        "ambiguous_cost",
        "charge_failures_above",
        "refund",
        "refill",
    ];
}

impl Overrides for BudgetOverrides {
    const SECTION: &'static str = "budget";
    type Settings = BudgetSettings;

    fn of(settings: &BudgetSettings) -> Self {
        BudgetOverrides {
            preset: None,
            capacity: Some(settings.capacity),
            start: settings.start,
            deposit: Some(settings.deposit),
            deposit_on: Some(settings.deposit_on),
            cost: Some(settings.cost),
            throttled_cost: Some(settings.throttled_cost),
            ambiguous_cost: settings.ambiguous_cost,
            charge_failures_above: match settings.charge {
                Charge::Failures { above } => Some(above),
                Charge::Retries => None,
            },
            refund: Some(settings.refund),
            refill: Some(settings.refill.map_or(TimeLimit::None, TimeLimit::After)),
        }
    }

    fn entries(&self) -> Vec<(&'static str, Written)> {
        let number = |value: Option<f64>| value.map(Written::Number);
        let entries = [
            self.preset.clone().map(Written::Text),
            self.capacity.map(Written::Whole),
            number(self.start),
            number(self.deposit),
            self.deposit_on.map(|calls| Written::Text(deposit_word(calls).to_owned())),
            number(self.cost),
            number(self.throttled_cost),
            number(self.ambiguous_cost),
            number(self.charge_failures_above),
            self.refund.map(|refund| match refund {
                Refund::Cost => Written::Text("cost".to_owned()),
                Refund::Tokens(tokens) => Written::Number(tokens),
            }),
            self.refill.map(Written::from),
        ];
        present(Self::KEYS, entries)
    }

    fn over(&self, declared: BudgetSettings) -> BudgetSettings {
        // The preset's name was checked when it was read.
        let preset = self.preset.as_deref().and_then(|name| BudgetSettings::preset(name).ok());
        let mut to = preset.unwrap_or(declared);
        to = self.capacity.map_or(to, |tokens| to.capacity(tokens));
        to = self.start.map_or(to, |tokens| to.start(tokens));
        to = self.deposit.map_or(to, |tokens| to.deposit(tokens));
        to = self.deposit_on.map_or(to, |calls| to.deposit_on(calls));
        to = self.cost.map_or(to, |tokens| to.cost(tokens));
        to = self.throttled_cost.map_or(to, |tokens| to.throttled_cost(tokens));
        to = self.ambiguous_cost.map_or(to, |tokens| to.ambiguous_cost(tokens));
        to = self.charge_failures_above.map_or(to, |above| to.charge(Charge::Failures { above }));
        to = self.refund.map_or(to, |refund| to.refund(refund));
        match self.refill {
            Some(TimeLimit::After(every)) => to.refill(every),
            Some(TimeLimit::None) => to.no_refill(),
            None => to,
        }
    }

    fn validate(settings: &BudgetSettings) -> Result<(), SettingError> {
        settings.validate()
    }

    fn key(error: &SettingError) -> &'static str {
        match error.field() {
            "above" => "charge_failures_above",
            field => field,
        }
    }

    fn declared(site: &SiteInfo) -> &Declared<Self> {
        &site.budget
    }
}

/// `deposit_on` as it is written.
pub(crate) fn deposit_word(calls: DepositOn) -> &'static str {
    match calls {
        DepositOn::FirstTry => "first_try",
        DepositOn::EveryCall => "every_call",
    }
}

/// What a configuration sets a breaker of a name to; what is `None` stays as the attributes have it, or as the
/// defaults of [`BreakerSettings`] say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BreakerOverrides {
    /// [`BreakerSettings::window`]: `200` calls, or a time, `"30s"`.
    pub window: Option<Window>,
    /// [`BreakerSettings::min_calls`].
    pub min_calls: Option<u32>,
    /// [`BreakerSettings::rate`].
    pub rate: Option<f64>,
    /// [`BreakerSettings::slow`].
    pub slow: Option<Duration>,
    /// [`BreakerSettings::slow_rate`].
    pub slow_rate: Option<f64>,
    /// [`BreakerSettings::consecutive`].
    pub consecutive: Option<u32>,
    /// [`BreakerSettings::open`].
    pub open: Option<Duration>,
    /// [`BreakerSettings::open_max`].
    pub open_max: Option<Duration>,
    /// [`BreakerSettings::jitter`].
    pub jitter: Option<f64>,
    /// [`BreakerSettings::probes`].
    pub probes: Option<u32>,
    /// [`BreakerSettings::probe_rate`].
    pub probe_rate: Option<f64>,
    /// [`BreakerSettings::probe_timeout`].
    pub probe_timeout: Option<Duration>,
}

impl BreakerOverrides {
    pub(crate) const KEYS: [&'static str; 12] = [
        "window",
        "min_calls",
        "rate",
        "slow",
        "slow_rate",
        "consecutive",
        "open",
        "open_max",
        "jitter",
        "probes",
        "probe_rate",
        "probe_timeout",
    ];
}

impl Overrides for BreakerOverrides {
    const SECTION: &'static str = "breaker";
    type Settings = BreakerSettings;

    fn of(settings: &BreakerSettings) -> Self {
        BreakerOverrides {
            window: Some(settings.window),
            min_calls: Some(settings.min_calls),
            rate: Some(settings.rate),
            slow: settings.slow,
            slow_rate: settings.slow_rate,
            consecutive: settings.consecutive,
            open: Some(settings.open),
            open_max: Some(settings.open_max),
            jitter: Some(settings.jitter),
            probes: Some(settings.probes),
            probe_rate: settings.probe_rate,
            probe_timeout: Some(settings.probe_timeout),
        }
    }

    fn entries(&self) -> Vec<(&'static str, Written)> {
        let number = |value: Option<f64>| value.map(Written::Number);
        let time = |value: Option<Duration>| value.map(Written::from);
        let entries = [
            self.window.map(|window| match window {
                Window::Count(calls) => Written::Whole(calls),
                Window::Time(time) => time.into(),
            }),
            self.min_calls.map(Written::Whole),
            number(self.rate),
            time(self.slow),
            number(self.slow_rate),
            self.consecutive.map(Written::Whole),
            time(self.open),
            time(self.open_max),
            number(self.jitter),
            self.probes.map(Written::Whole),
            number(self.probe_rate),
            time(self.probe_timeout),
        ];
        present(Self::KEYS, entries)
    }

    fn over(&self, declared: BreakerSettings) -> BreakerSettings {
        let mut to = declared;
        to = self.window.map_or(to, |window| to.window(window));
        to = self.min_calls.map_or(to, |calls| to.min_calls(calls));
        to = self.rate.map_or(to, |rate| to.rate(rate));
        to = self.slow.map_or(to, |time| to.slow(time));
        to = self.slow_rate.map_or(to, |rate| to.slow_rate(rate));
        to = self.consecutive.map_or(to, |failures| to.consecutive(failures));
        to = self.open.map_or(to, |time| to.open(time));
        to = self.open_max.map_or(to, |time| to.open_max(time));
        to = self.jitter.map_or(to, |part| to.jitter(part));
        to = self.probes.map_or(to, |probes| to.probes(probes));
        to = self.probe_rate.map_or(to, |rate| to.probe_rate(rate));
        self.probe_timeout.map_or(to, |time| to.probe_timeout(time))
    }

    fn validate(settings: &BreakerSettings) -> Result<(), SettingError> {
        settings.validate()
    }

    fn declared(site: &SiteInfo) -> &Declared<Self> {
        &site.breaker
    }
}

fn present<const N: usize>(
    keys: [&'static str; N],
    values: [Option<Written>; N],
) -> Vec<(&'static str, Written)> {
    keys.into_iter().zip(values).filter_map(|(key, value)| Some((key, value?))).collect()
}

impl Serialize for BudgetOverrides {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        written::serialize(self.entries(), serializer)
    }
}

impl Serialize for BreakerOverrides {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        written::serialize(self.entries(), serializer)
    }
}
