//! Limits on the attempts of a function over the whole fleet: rules of the server's flow control.
//!
//! The server counts the invocations of a scope, wherever they run. The attempts of a limited function have a scope of
//! their own, so that one partition counts them; those of any other function have none, and are spread over all partitions.

use std::collections::HashMap;

use retry_tasks::StoreError;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::http::Servers;

/// The longest readable part of a scope, which may have 36 characters in all.
const READABLE: usize = 23;

/// The scopes of the limited functions, by their names.
#[derive(Debug, Default)]
pub(crate) struct Limits(HashMap<String, String>);

#[derive(Deserialize)]
struct Version {
    #[serde(default)]
    features: Features,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Features {
    vqueues: bool,
    protocol_v7: bool,
}

impl Limits {
    /// Sets the rules at the server. The last limit of a function counts.
    pub(crate) async fn set(admin: &Servers, limits: &[(String, u32)]) -> Result<Self, StoreError> {
        if limits.is_empty() {
            return Ok(Limits::default());
        }
        if admin.are_none() {
            return Err(unsupported(
                "name the URL of the server's admin interface in `Restate::admin`",
            ));
        }
        let Version { features } = admin.get("/version").await?;
        if !features.vqueues || !features.protocol_v7 {
            return Err(unsupported(
                "the server's flow control is off; a new cluster has it when each node starts with \
                 `RESTATE_EXPERIMENTAL_ENABLE_VQUEUES=true` and `RESTATE_EXPERIMENTAL_ENABLE_PROTOCOL_V7=true`",
            ));
        }
        let attempts: HashMap<&String, u32> = limits.iter().map(|(name, of)| (name, *of)).collect();
        let rules = attempts.iter().map(|(name, attempts)| {
            let description = format!("attempts of `{name}` at a time");
            let limits = json!({ "concurrency": attempts });
            json!({ "pattern": scope(name), "limits": limits, "description": description })
        });
        let _: Value = admin.put("/limits/rules", &rules.collect::<Vec<Value>>()).await?;
        Ok(Limits(attempts.into_keys().map(|name| (name.clone(), scope(name))).collect()))
    }

    /// The scope of the attempts of this function, if it is limited.
    pub(crate) fn scope(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }
}

const fn unsupported(why: &'static str) -> StoreError {
    StoreError::Unsupported { what: "limit the attempts of a function over the whole fleet", why }
}

/// The scope of a function: the end of its name as far as a scope may contain it, and a hash of the whole name.
fn scope(name: &str) -> String {
    let is_plain = |symbol: char| symbol.is_ascii_alphanumeric() || "_-".contains(symbol);
    let plain: Vec<char> =
        name.chars().map(|symbol| if is_plain(symbol) { symbol } else { '.' }).collect();
    let readable: String = plain[plain.len().saturating_sub(READABLE)..].iter().collect();
    format!("{readable}-{:012x}", hash(name) >> 16)
}

/// FNV-1a with 64 bits, which is the same in every program: <http://www.isthe.com/chongo/tech/comp/fnv/>.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_readable_and_differs_where_names_do() {
        assert_eq!(hash("a"), 0xaf63_dc4c_8601_ec8c, "as published");
        assert_eq!(scope("mail::send"), "mail..send-8ca28ff9f2df");
        assert_ne!(scope("mail::send"), scope("mail..send"));
        let long = scope("shop::orders::invoices::send_invoice_again_größer");
        assert_eq!(long.chars().count(), 36);
        let is_allowed = |symbol: char| symbol.is_ascii_alphanumeric() || "_.-".contains(symbol);
        assert!(long.chars().all(is_allowed), "{long}");
    }
}
