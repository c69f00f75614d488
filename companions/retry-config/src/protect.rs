//! The sections `[budget.NAME]` and `[breaker.NAME]`: a row for each setting.

use std::collections::BTreeMap;
use std::time::Duration;

use super::choice;
use super::keys::{self, Unit};
use super::mistake::{ConfigErrors, Mistake};
use super::model::Config;
use super::origin::Origin;
use super::section::{Section, section};
use super::settings::Settings;
use super::sites::{Declared, SiteInfo};
use super::tree::{Node, Value};
use super::value::{Named, Read, Setting, TimeLimit};
use super::written::Written;
use retry_runtime::SettingError;
use retry_runtime::breaker::{BreakerSettings, Share, Window};
use retry_runtime::budget::{BudgetSettings, Charge, DepositOn, Refund};
use retry_runtime::control::Pool;
use retry_text::elsewhere;

/// A section with settings of budgets, or of breakers.
pub(crate) trait Overrides: Section {
    /// The kind of section: `budget`, `breaker`.
    const SECTION: &'static str;
    type Settings: Copy + Default;
    /// Settings that go with any valid value of another: a section is checked over them when the attribute is
    /// unknown.
    const LENIENT: Self::Settings;

    /// The section that sets all of these settings.
    fn of(settings: &Self::Settings) -> Self;
    /// The settings of the attributes with this section over them.
    fn over(&self, declared: Self::Settings) -> Self::Settings;
    fn validate(settings: &Self::Settings) -> Result<(), SettingError>;

    /// The budget or the breaker in the attribute of a function.
    fn declared(site: &SiteInfo) -> &Declared<Self>;

    /// The sections of a configuration, by name.
    fn sections(config: &Config) -> &BTreeMap<String, Self>;

    /// The setting of an operation that names a section.
    fn used(settings: &Settings) -> &Option<Named>;
}

/// The key of the setting that an error names.
pub(crate) fn key(error: &SettingError) -> &'static str {
    match error.field() {
        // The field of `Charge::Failures`.
        "above" => "charge_failures_above",
        field => field,
    }
}

/// Input: a row for each setting, as in [`section!`]; where the settings have no field and builder method of the same
/// name, two functions get the value and put it.
/// Output: the section and its [`Overrides`].
macro_rules! overrides {
    (
        $(#[$doc:meta])*
        $name:ident or $unknown:ident, $section:ident, $settings:ident, lenient $lenient:expr => {$(
            $(#[doc = $row:expr])*
            $key:ident: $ty:ident $(in $range:expr)? $(=> $get:expr, $put:expr)?;
        )*}
    ) => {
        section! { $(#[$doc])* $name or $unknown {$( $(#[doc = $row])* $key: $ty $(in $range)?; )*} }

        impl Overrides for $name {
            const SECTION: &'static str = stringify!($section);
            type Settings = $settings;
            const LENIENT: $settings = $lenient;

            fn of(settings: &$settings) -> Self {
                $name { $($key: overrides!(@get settings, $key $(, $get)?),)* }
            }

            fn over(&self, mut to: $settings) -> $settings {
                $(if let Some(value) = &self.$key {
                    to = overrides!(@put to, $key, value $(, $put)?);
                })*
                to
            }

            fn validate(settings: &$settings) -> Result<(), SettingError> {
                settings.validate()
            }

            fn declared(site: &SiteInfo) -> &Declared<Self> {
                &site.$section
            }

            fn sections(config: &Config) -> &BTreeMap<String, Self> {
                &config.$section
            }

            fn used(settings: &Settings) -> &Option<Named> {
                &settings.$section
            }
        }
    };
    (@get $settings:ident, $key:ident) => { $settings.$key.into() };
    (@get $settings:ident, $key:ident, $get:expr) => { $get($settings) };
    (@put $to:ident, $key:ident, $value:ident) => { $to.$key(*$value) };
    (@put $to:ident, $key:ident, $value:ident, $put:expr) => { $put($to, $value) };
}

overrides! {
    /// Settings for a named budget; `None` keeps the attribute's value, or else the value of `preset` or the default
    /// of [`BudgetSettings`].
    ///
    /// ```
    /// use retry_config::Config;
    ///
    /// let config = Config::from_toml("[budget.payments]\npreset = \"grpc\"\ncapacity = 20")?;
    /// assert_eq!(config.budget["payments"].capacity, Some(20));
    /// # Ok::<(), retry_config::ConfigErrors>(())
    /// ```
    BudgetOverrides or unknown_in_budget, budget, BudgetSettings,
    lenient BudgetSettings::new().capacity(100_000).cost(0.0).throttled_cost(0.0) => {
        /// A published scheme to start from: `"grpc"`.
        preset: String => |_| None, from_preset;
        /// [`BudgetSettings::capacity`].
        capacity: u32;
        /// [`BudgetSettings::start`].
        start: f64;
        /// [`BudgetSettings::deposit`].
        deposit: f64;
        /// [`BudgetSettings::deposit_on`]: `"first_try"` or `"every_call"`.
        deposit_on: DepositOn;
        /// [`BudgetSettings::cost`].
        cost: f64;
        /// [`BudgetSettings::throttled_cost`].
        throttled_cost: f64;
        /// [`BudgetSettings::ambiguous_cost`].
        ambiguous_cost: f64;
        /// [`Charge::Failures`]: retries are made while more tokens than this are left.
        charge_failures_above: f64 => charged_above, charge_above;
        /// [`BudgetSettings::refund`]: `"cost"`, or a number of tokens.
        refund: Refund;
        /// [`BudgetSettings::refill`], or `"none"`.
        refill: TimeLimit => refilled, refill;
    }
}

overrides! {
    /// Settings for a named breaker; `None` keeps the attribute's value, or else the default of [`BreakerSettings`].
    ///
    /// ```
    /// use retry_config::Config;
    ///
    /// let config = Config::from_toml("[breaker.carrier]\nrate = 0.3\nopen = \"10s\"")?;
    /// assert_eq!(config.breaker["carrier"].rate, Some(0.3));
    /// # Ok::<(), retry_config::ConfigErrors>(())
    /// ```
    BreakerOverrides or unknown_in_breaker, breaker, BreakerSettings,
    lenient BreakerSettings::new()
        .slow(Duration::from_secs(1))
        .open(Duration::ZERO)
        .open_max(Duration::from_secs(86_400)) => {
        /// [`BreakerSettings::window`]: `200` calls, or a time, `"30s"`.
        window: Window;
        /// [`BreakerSettings::min_calls`].
        min_calls: u32;
        /// [`BreakerSettings::rate`].
        rate: f64;
        /// [`BreakerSettings::slow`].
        slow: Duration;
        /// [`BreakerSettings::slow_rate`].
        slow_rate: f64;
        /// [`BreakerSettings::consecutive`].
        consecutive: u32 in 1..=u32::MAX;
        /// [`BreakerSettings::forget`].
        forget: Duration;
        /// [`BreakerSettings::open`].
        open: Duration;
        /// [`BreakerSettings::open_max`].
        open_max: Duration;
        /// [`BreakerSettings::jitter`].
        jitter: f64;
        /// [`BreakerSettings::probes`].
        probes: u32;
        /// [`BreakerSettings::probe_rate`].
        probe_rate: f64;
        /// [`BreakerSettings::probe_timeout`].
        probe_timeout: Duration;
        /// [`BreakerSettings::share`]: a name, or `"none"` for a local breaker.
        share: Share => shared, share;
    }
}

impl BudgetOverrides {
    /// The settings that these make over the preset, or else over the built-in defaults.
    ///
    /// ```
    /// use retry_config::BudgetOverrides;
    ///
    /// let settings = "capacity = 20, cost = 2".parse::<BudgetOverrides>()?.settings()?;
    /// assert_eq!((settings.capacity, settings.cost), (Some(20), 2.0));
    /// # Ok::<(), retry_config::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Everything that [`BudgetSettings::validate`] refuses.
    pub fn settings(&self) -> Result<BudgetSettings, ConfigErrors> {
        settings(self)
    }
}

impl BreakerOverrides {
    /// The settings that these make over the built-in defaults.
    ///
    /// ```
    /// use retry_config::BreakerOverrides;
    ///
    /// let settings = "rate = 0.3, open = '10s'".parse::<BreakerOverrides>()?.settings()?;
    /// assert_eq!(settings.rate, 0.3);
    /// # Ok::<(), retry_config::ConfigErrors>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Everything that [`BreakerSettings::validate`] refuses.
    pub fn settings(&self) -> Result<BreakerSettings, ConfigErrors> {
        settings(self)
    }
}

fn settings<O: Overrides>(overrides: &O) -> Result<O::Settings, ConfigErrors> {
    let settings = overrides.over(O::Settings::default());
    let checked = O::validate(&settings).map(|()| settings);
    checked.map_err(|error| Mistake::new(Origin::BuiltIn, error.to_string()).into())
}

/// The message for a key that a budget's section does not have.
fn unknown_in_budget(name: &str) -> String {
    keys::unknown_in("budget", name, elsewhere::BUDGET, &BudgetOverrides::keys())
}

/// The message for a key that a breaker's section does not have.
fn unknown_in_breaker(name: &str) -> String {
    keys::unknown_in("breaker", name, elsewhere::BREAKER, &BreakerOverrides::keys())
}

/// Starts from a preset; an unknown one is ignored here and reported by the check of the section.
fn from_preset(declared: BudgetSettings, preset: &str) -> BudgetSettings {
    BudgetSettings::preset(preset).unwrap_or(declared)
}

fn charged_above(settings: &BudgetSettings) -> Option<f64> {
    match settings.charge {
        Charge::Failures { above } => Some(above),
        Charge::Retries => None,
    }
}

fn charge_above(to: BudgetSettings, above: &f64) -> BudgetSettings {
    to.charge(Charge::Failures { above: *above })
}

fn refilled(settings: &BudgetSettings) -> Option<TimeLimit> {
    Some(settings.refill.map_or(TimeLimit::None, TimeLimit::After))
}

fn refill(to: BudgetSettings, refill: &TimeLimit) -> BudgetSettings {
    match refill {
        TimeLimit::After(every) => to.refill(*every),
        TimeLimit::None => to.no_refill(),
    }
}

fn shared(settings: &BreakerSettings) -> Option<Share> {
    settings.share
}

fn share(mut to: BreakerSettings, share: &Share) -> BreakerSettings {
    to.share = Some(*share).filter(|share| share.name() != "none");
    to
}

/// The names of shares in configurations, each of which is kept.
static SHARES: Pool<str> = Pool::new();

impl Setting for Share {
    fn read(key: &str, unit: Option<Unit>, node: &Node) -> Read<Self> {
        String::read(key, unit, node).map(|name| Share::new(SHARES.keep(name)))
    }

    fn written(&self) -> Written {
        Written::text(self.name())
    }
}

impl Setting for Window {
    const IS_TIME: bool = true;

    fn read(key: &str, unit: Option<Unit>, node: &Node) -> Read<Self> {
        match (&node.value, unit) {
            (Value::Whole(_), None) => u32::read(key, None, node).map(Window::Count),
            _ => Duration::read(key, unit, node).map(Window::Time),
        }
    }

    fn written(&self) -> Written {
        match self {
            Window::Count(calls) => calls.written(),
            Window::Time(time) => time.written(),
        }
    }
}

const DEPOSITS: [(&str, DepositOn); 2] =
    [("first_try", DepositOn::FirstTry), ("every_call", DepositOn::EveryCall)];

impl Setting for DepositOn {
    fn read(key: &str, _: Option<Unit>, node: &Node) -> Read<Self> {
        let word = String::read(key, None, node)?;
        let unknown = || choice::unknown(&format!("value of `{key}`"), &word, &DEPOSITS);
        choice::chosen(&DEPOSITS, &word).ok_or_else(unknown)
    }

    fn written(&self) -> Written {
        choice::word(&DEPOSITS, self)
    }
}
