//! Who may ask: the host, the origin, the token and the role of a request, decided before anything else happens.
//!
//! The threats are pages of other sites in the reader's browser (cross-site requests, DNS rebinding), readers without a
//! token, and readers who may look and want to act. Each rule is written beside its check.

use std::net::IpAddr;
use std::sync::OnceLock;

use axum::http::{HeaderMap, Method, header};

use crate::data::model::Role;

/// The header that every order carries: a form of another site cannot set it.
pub(crate) const ORDER_HEADER: &str = "x-retry-console";

/// The name of the cookie with the token.
pub(crate) const COOKIE: &str = "retry_console";

/// The rules of a console.
#[derive(Clone, Default)]
pub(crate) struct Guard {
    /// The token of those who may look and give orders.
    pub(crate) operator: Option<String>,
    /// The token that a server of its own has made.
    made: OnceLock<String>,
    /// The token of those who may look.
    pub(crate) viewer: Option<String>,
    /// Whether nobody may give orders.
    pub(crate) is_read_only: bool,
    /// The names of the host besides `localhost` and addresses.
    pub(crate) hosts: Vec<String>,
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard")
            .field("has_token", &self.has_token())
            .field("is_read_only", &self.is_read_only)
            .field("hosts", &self.hosts)
            .finish()
    }
}

/// A request that is refused, with the reason for the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// 403: the host's name is none of this console's.
    Host,
    /// 403: without a token, only this machine may ask.
    Remote,
    /// 403: the request comes from a page of another site.
    CrossSite,
    /// 401: no token, or a wrong one.
    Token,
    /// 403: the order has no header.
    Header,
    /// 403: the token's role may not give orders.
    ViewOnly,
    /// 403: this console takes no orders.
    ReadOnly,
}

impl Refusal {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Refusal::Host => {
                "this console does not know the name in the request's `Host`: add it with `Console::builder().host(\"…\")`"
            }
            Refusal::Remote => {
                "a console without a token answers requests of its own machine alone: give it one with `token` or `token_from_env`"
            }
            Refusal::CrossSite => "the request comes from a page of another site",
            Refusal::Token => "the console needs its token, as `Authorization: Bearer TOKEN`",
            Refusal::Header => "an order needs the header `X-Retry-Console: 1`",
            Refusal::ViewOnly => "this token may look and not give orders",
            Refusal::ReadOnly => "this console is read-only",
        }
    }
}

impl Guard {
    /// Whether requests need a token.
    pub(crate) fn has_token(&self) -> bool {
        self.operator.is_some() || self.viewer.is_some() || self.made.get().is_some()
    }

    /// Takes a token that was made for a console without one.
    pub(crate) fn take(&self, token: String) -> &str {
        self.made.get_or_init(|| token)
    }

    /// The role of a request; `peer` is the address of the other end, where the server tells it.
    pub(crate) fn role(
        &self,
        method: &Method,
        headers: &HeaderMap,
        peer: Option<IpAddr>,
    ) -> Result<Role, Refusal> {
        let host = host(headers).ok_or(Refusal::Host)?;
        // A page of an attacker's whose name was rebound to this address asks with that name.
        if !self.is_known(&host) {
            return Err(Refusal::Host);
        }
        let has_token = self.has_token();
        let is_near = is_loopback(&host) && peer.is_none_or(|peer| peer.is_loopback());
        if !has_token && !is_near {
            return Err(Refusal::Remote);
        }
        if is_cross_site(headers) {
            return Err(Refusal::CrossSite);
        }
        let role =
            if has_token { self.of_token(headers).ok_or(Refusal::Token)? } else { Role::Operate };
        let role = if self.is_read_only { Role::View } else { role };
        if *method == Method::GET || *method == Method::HEAD {
            return Ok(role);
        }
        if self.is_read_only {
            return Err(Refusal::ReadOnly);
        }
        if role != Role::Operate {
            return Err(Refusal::ViewOnly);
        }
        // A form or an image of another site cannot send it, and a script would need this console's permission first.
        if !headers.contains_key(ORDER_HEADER) {
            return Err(Refusal::Header);
        }
        Ok(role)
    }

    /// The role of a token.
    pub(crate) fn of(&self, token: &str) -> Option<Role> {
        let is = |kept: Option<&String>| kept.is_some_and(|kept| same(kept, token));
        // All are compared, so that the time tells nothing.
        let operates = is(self.operator.as_ref()) | is(self.made.get());
        match (operates, is(self.viewer.as_ref())) {
            (true, _) => Some(Role::Operate),
            (false, true) => Some(Role::View),
            (false, false) => None,
        }
    }

    fn of_token(&self, headers: &HeaderMap) -> Option<Role> {
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            // A wrong token is not made good by a cookie.
            return self.of(value.to_str().ok()?.strip_prefix("Bearer ")?.trim());
        }
        let cookies = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
        let mut pairs =
            cookies.flat_map(|it| it.split(';')).filter_map(|it| it.trim().split_once('='));
        pairs.find_map(|(name, token)| if name == COOKIE { self.of(token) } else { None })
    }

    fn is_known(&self, host: &str) -> bool {
        // An address cannot be rebound.
        is_loopback(host)
            || address(host).is_some()
            || self.hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
    }
}

/// The name in `Host`, without its port.
fn host(headers: &HeaderMap) -> Option<String> {
    let mut all = headers.get_all(header::HOST).iter();
    let host = all.next()?.to_str().ok()?.trim();
    // Two of them are an attempt to let two readers see two hosts.
    if all.next().is_some() || host.is_empty() {
        return None;
    }
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|it| it.is_ascii_digit()) && !name.is_empty() => {
            name
        }
        _ => host,
    };
    Some(name.to_ascii_lowercase())
}

fn address(host: &str) -> Option<IpAddr> {
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || address(host).is_some_and(|address| address.is_loopback())
}

/// Whether a browser says that the request comes from a page of another site. Programs send neither header.
fn is_cross_site(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        let is_navigation = text("sec-fetch-mode") == Some("navigate");
        // A link elsewhere may lead here; it carries no cookie, since ours is strict.
        if !matches!(site, "same-origin" | "none") && !is_navigation {
            return true;
        }
    }
    match (headers.get(header::ORIGIN), text("host")) {
        (None, _) => false,
        (Some(origin), Some(host)) => {
            let origin = origin.to_str().unwrap_or("null");
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            !authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
        }
        (Some(_), None) => true,
    }
}

/// Whether two texts are the same, in a time that depends on their lengths alone.
fn same(one: &str, other: &str) -> bool {
    let differ = one.bytes().zip(other.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b));
    one.len() == other.len() && differ == 0
}

#[cfg(test)]
#[path = "guard_tests.rs"]
mod tests;
