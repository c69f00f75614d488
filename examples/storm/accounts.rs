//! The budgets of one client: the function's, and those of its hosts below.

use std::sync::Arc;

use retry_runtime::Kind;
use retry_runtime::budget::{Budget, BudgetSettings, Keyed, Withdrawal};
use retry_testing::storm::parts::clock;

use super::clients::{Retries, Scope};

pub(crate) struct Accounts {
    function: Budget,
    hosts: Option<Keyed>,
}

/// The debt of one retry.
pub(crate) struct Debt<'b> {
    function: Withdrawal<&'b Budget>,
    host: Option<Withdrawal<Arc<Budget>>>,
}

impl Accounts {
    pub(crate) fn of(retries: Retries) -> Option<Self> {
        let function = |settings| Budget::new(settings).with_clock(clock::now);
        let hosts = |settings: BudgetSettings| {
            let hosts = Keyed::try_new("storm", 1000, settings).expect("valid settings");
            hosts.with_clock(clock::now)
        };
        retries.budget.map(|settings| match retries.scope {
            Scope::Client => Accounts { function: function(settings), hosts: None },
            Scope::Host => {
                let function = function(BudgetSettings::unlimited());
                Accounts { function, hosts: Some(hosts(settings)) }
            }
            Scope::ClientAndHost => {
                Accounts { function: function(settings), hosts: Some(hosts(settings)) }
            }
        })
    }

    fn host(&self, host: usize) -> Option<Arc<Budget>> {
        self.hosts.as_ref().map(|hosts| hosts.get(&host.to_string()))
    }

    pub(crate) fn first_succeeded(&self, host: usize) {
        self.function.deposit_success();
        self.host(host).into_iter().for_each(|host| host.deposit_success());
    }

    pub(crate) fn first_failed(&self, host: usize) {
        self.function.deposit_failure();
        self.host(host).into_iter().for_each(|host| host.deposit_failure());
    }

    pub(crate) fn charge_final(&self, host: usize, kind: Kind) {
        self.function.charge_final(kind);
        self.host(host).into_iter().for_each(|host| host.charge_final(kind));
    }

    /// Asks the host's budget first, which gets its tokens back if the function's refuses; `None` if one refuses.
    pub(crate) fn withdraw(&self, host: usize, kind: Kind, retry: u32) -> Option<Debt<'_>> {
        let host = match self.host(host) {
            Some(host) => Some(Withdrawal::take(host, kind).ok()?),
            None => None,
        };
        let function = self.function.try_withdraw_for(kind, retry).ok()?;
        Some(Debt { function, host })
    }
}

impl Debt<'_> {
    pub(crate) fn begin(&mut self) {
        self.function.begin();
        self.host.iter_mut().for_each(Withdrawal::begin);
    }

    pub(crate) fn succeeded(self) {
        self.function.succeeded();
        self.host.into_iter().for_each(Withdrawal::succeeded);
    }

    pub(crate) fn failed(self) {
        self.function.failed();
        self.host.into_iter().for_each(Withdrawal::failed);
    }
}
