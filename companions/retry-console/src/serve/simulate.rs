//! Simulated outages: what a policy, a budget and a breaker make of a server that stalls.
//!
//! A simulation is arithmetic, so it runs on a thread for blocking work, has limits in calls and in time, and is made one at a
//! time for each reader: nobody slows the program down by asking often.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{ConnectInfo, Query, State};
use axum::http::{Extensions, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use retry_testing::storm::{Outage, Scheme, Storm, StormError, Written, simulate};
use retry_text::duration;
use serde::{Deserialize, Serialize};

use super::answer;
use crate::console::Core;
use crate::data::model::Role;

/// The longest simulation. A build without optimisation is some ten times slower.
const LONGEST: Duration = Duration::from_secs(if cfg!(debug_assertions) { 30 } else { 1 });
/// The most calls of a scheme, which bounds the memory too.
const MOST_CALLS: u32 = 200_000;
/// The most simulations at a time.
const AT_A_TIME: usize = 2;

/// The readers whose simulation runs.
#[derive(Debug, Default)]
pub(crate) struct Running(Mutex<BTreeSet<Viewer>>);

type Viewer = (Option<IpAddr>, bool);

/// The place of a running simulation, given back on drop.
struct Place {
    core: Arc<Core>,
    viewer: Viewer,
}

impl Place {
    fn take(core: &Arc<Core>, viewer: Viewer) -> Option<Self> {
        let mut running = core.simulations.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_free = running.len() < AT_A_TIME && running.insert(viewer);
        is_free.then(|| Place { core: Arc::clone(core), viewer })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut running = self.core.simulations.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.remove(&self.viewer);
    }
}

/// The parts of a simulation, as an address has them. An empty part is the default.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Wanted {
    function: String,
    policy: String,
    budget: String,
    breaker: String,
    clients: String,
    rate: String,
    capacity: String,
    stall: String,
    timeout: String,
    watch: String,
    seed: String,
}

#[derive(Serialize)]
struct Simulated {
    #[serde(flatten)]
    storm: Storm,
    /// The picture, without colours of its own.
    svg: String,
}

pub(crate) async fn answer(
    State(core): State<Arc<Core>>,
    Extension(role): Extension<Role>,
    extensions: Extensions,
    Query(wanted): Query<Wanted>,
) -> Response {
    let refused = |text: &str| answer::error(StatusCode::BAD_REQUEST, text);
    let outage = match wanted.outage() {
        Ok(outage) => outage,
        Err(text) => return refused(&text),
    };
    let mine = match wanted.scheme() {
        Ok(Some(scheme)) => scheme,
        Ok(None) => return answer::not_found("this process has no function of this name"),
        Err(text) => return refused(&text),
    };
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    let viewer = (peer, role == Role::Operate);
    let Some(place) = Place::take(&core, viewer) else {
        let text = "a simulation runs already; ask again when it has ended";
        return answer::error(StatusCode::TOO_MANY_REQUESTS, text);
    };
    // A reader who leaves does not end the work, so the place belongs to the thread.
    let made = tokio::task::spawn_blocking(move || {
        let _place = place;
        let schemes = [mine, Scheme::default_policy(), Scheme::aws(), Scheme::no_retries()];
        simulate(&outage, &schemes)
    });
    match made.await {
        Ok(Ok(storm)) => Json(Simulated { svg: storm.svg_for_page(), storm }).into_response(),
        Ok(Err(error)) => refused(&error.to_string()),
        Err(_) => answer::error(StatusCode::INTERNAL_SERVER_ERROR, "the simulation ended early"),
    }
}

impl Wanted {
    fn outage(&self) -> Result<Outage, String> {
        let mut outage =
            Outage::new().watch(Duration::from_secs(60)).most_time(LONGEST).most_calls(MOST_CALLS);
        if let Some(clients) = number("clients", &self.clients, "700")? {
            outage = outage.clients(clients);
        }
        if let Some(rate) = number("rate", &self.rate, "0.5")? {
            outage = outage.rate(rate);
        }
        if let Some(capacity) = number("capacity", &self.capacity, "1000")? {
            outage = outage.capacity(capacity);
        }
        if let Some(seed) = number("seed", &self.seed, "7")? {
            outage = outage.seed(seed);
        }
        if let Some(time) = time("stall", &self.stall)? {
            outage = outage.stall(time);
        }
        if let Some(time) = time("timeout", &self.timeout)? {
            outage = outage.timeout(time);
        }
        if let Some(time) = time("watch", &self.watch)? {
            outage = outage.watch(time);
        }
        outage.check().map_err(|error| error.to_string())?;
        Ok(outage)
    }

    /// The scheme of the texts, or that of a function of this process; `None` if there is no such function.
    fn scheme(&self) -> Result<Option<Scheme>, String> {
        let config = retry_config::current();
        let config = config.as_deref().cloned().unwrap_or_default();
        let name = self.function.trim();
        if !name.is_empty() {
            let list = retry_config::export();
            if list.get(name).is_none() {
                return Ok(None);
            }
            let found = list.effective(&config, name).map_err(|error| error.to_string())?;
            return Ok(Some(found.into()));
        }
        let written = Written {
            policy: &self.policy,
            budget: Some(self.budget.as_str()).filter(|text| !text.trim().is_empty()),
            breaker: Some(self.breaker.as_str()).filter(|text| !text.trim().is_empty()),
        };
        let scheme = written.scheme(&config);
        scheme.map(Some).map_err(|error: StormError| error.to_string())
    }
}

fn number<T: std::str::FromStr>(
    field: &str,
    text: &str,
    example: &str,
) -> Result<Option<T>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |_| format!("`{field}` ({text}) must be a number, such as {example}");
    text.parse().map(Some).map_err(wrong)
}

fn time(field: &str, text: &str) -> Result<Option<Duration>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |reason| format!("`{field}` ({text}) {reason}; write a time such as 5s or 500ms");
    duration::parse(text).map(Some).map_err(wrong)
}
