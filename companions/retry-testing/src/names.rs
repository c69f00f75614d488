//! Finds annotated functions by the names that a test uses.

use std::collections::BTreeSet;

use retry_runtime::Site;

/// The function with this name, or the only one whose name ends with `::` and this name.
///
/// # Panics
///
/// If there is no such function, or more than one.
#[track_caller]
pub(super) fn site(name: &str) -> &'static Site {
    match find(name) {
        Ok(site) => site,
        Err(message) => panic!("{message}"),
    }
}

fn find(name: &str) -> Result<&'static Site, String> {
    if let Some(site) = retry_runtime::site(name) {
        return Ok(site);
    }
    let names: BTreeSet<&'static str> = retry_runtime::sites().map(Site::name).collect();
    let ends =
        |full: &&&'static str| full.strip_suffix(name).is_some_and(|before| before.ends_with("::"));
    let meant: Vec<&str> = names.iter().filter(ends).copied().collect();
    match meant[..] {
        [one] => retry_runtime::site(one).ok_or_else(|| unknown(name, &names)),
        [] => Err(unknown(name, &names)),
        _ => Err(format!(
            "`{name}` is the end of several names: `{}`; write more of it",
            meant.join("`, `")
        )),
    }
}

fn unknown(name: &str, names: &BTreeSet<&'static str>) -> String {
    let mut message = format!("no annotated function is named `{name}`");
    if let Some(near) = nearest(name, names) {
        return format!("{message}; did you mean `{near}`?");
    }
    match names.len() {
        0 => message.push_str(": this program has no annotated functions"),
        1..=12 => {
            let all: Vec<&str> = names.iter().copied().collect();
            message.push_str(&format!("; there are `{}`", all.join("`, `")));
        }
        many => message.push_str(&format!("; `retry_runtime::sites()` lists all {many}")),
    }
    message
}

/// The known name with the smallest edit distance to `name`, compared whole or by as many last parts as `name` has.
fn nearest(name: &str, names: &BTreeSet<&'static str>) -> Option<&'static str> {
    let parts = name.split("::").count();
    let end = |full: &'static str| {
        let start = full.rmatch_indices("::").nth(parts - 1).map_or(0, |(at, _)| at + "::".len());
        &full[start..]
    };
    let all: Vec<&str> = names.iter().copied().collect();
    let ends: Vec<&str> = names.iter().map(|full| end(full)).collect();
    if let Some(near) = retry_text::nearest(name, &ends) {
        return names.iter().find(|full| end(full) == near).copied();
    }
    let near = retry_text::nearest(name, &all)?;
    names.get(near).copied()
}
