//! Secrets in URLs: user and password, query and fragment.

use std::borrow::Cow;

use crate::base::scan::has_any;

/// Stands for the part of a URL that is left out whole.
const LEFT_OUT: &str = "…";

/// The text without the user, the password, the query and the fragment of each URL in it.
///
/// A URL is what follows `://`, also percent-encoded (`%3A%2F%2F`) or escaped as in JSON (`:\/\/`). It ends at white
/// space, a double quote or an angle bracket; punctuation at its end belongs to the sentence. Where the password has
/// characters that it should not have, so that its end is not certain, the rest of the URL is left out. The time is
/// linear in the length of the text.
#[inline]
pub(crate) fn without_secrets(text: &str) -> Cow<'_, str> {
    // Each separator has a slash or a percent sign. Most texts have neither.
    if has_any(text, [b'/', b'%']) { cut(text) } else { Cow::Borrowed(text) }
}

#[cfg_attr(not(feature = "sites"), inline)]
#[cold]
fn cut(text: &str) -> Cow<'_, str> {
    let Some(mut separator) = next_separator(text, 0) else { return Cow::Borrowed(text) };
    let mut kept = String::with_capacity(text.len());
    let mut copied = 0;
    loop {
        kept.push_str(&text[copied..separator.end]);
        copied = separator.end + length(&text[separator.end..]);
        keep_url(&text[..copied], separator, &mut kept);
        match next_separator(text, copied) {
            Some(next) => separator = next,
            None => break,
        }
    }
    kept.push_str(&text[copied..]);
    if kept == text { Cow::Borrowed(text) } else { Cow::Owned(kept) }
}

/// The separator between the scheme and the rest of a URL.
#[derive(Clone, Copy)]
struct Separator {
    end: usize,
    encoded: bool,
}

#[cfg_attr(not(feature = "sites"), inline)]
fn next_separator(text: &str, from: usize) -> Option<Separator> {
    let bytes = text.as_bytes();
    (from..bytes.len()).find_map(|at| separator_at(bytes, at))
}

/// The separator that starts here.
#[cfg_attr(not(feature = "sites"), inline)]
fn separator_at(bytes: &[u8], at: usize) -> Option<Separator> {
    const FORMS: [(&[u8], bool); 3] = [(b"://", false), (b"%3a%2f%2f", true), (br":\/\/", false)];
    if !matches!(bytes[at], b':' | b'%') {
        return None;
    }
    FORMS.into_iter().find_map(|(form, encoded)| {
        let end = at + form.len();
        let found = bytes.get(at..end)?.eq_ignore_ascii_case(form);
        found.then_some(Separator { end, encoded })
    })
}

/// The length of the URL at the start of the text.
#[cfg_attr(not(feature = "sites"), inline)]
fn length(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>');
    let url = &text[..text.find(ends).unwrap_or(text.len())];
    url.trim_end_matches(|c| ",.;:!)]}'`\\".contains(c)).len()
}

/// Appends the URL from its separator to the end of the text, without its secrets. Other URLs may follow in it without a
/// space, or be a part of its path.
#[cfg_attr(not(feature = "sites"), inline)]
fn keep_url(text: &str, mut separator: Separator, kept: &mut String) {
    let last_at = text.rfind('@');
    loop {
        let start = separator.end;
        if separator.encoded {
            let url = &text[start..];
            kept.push_str(if has_encoded_secrets(url) { LEFT_OUT } else { url });
            return;
        }
        let host_end = find(text, start, |c| matches!(c, b'/' | b'?' | b'#' | b'\\'));
        let host = text[start..host_end].rfind('@').map_or(start, |at| start + at + 1);
        let at_follows = last_at.is_some_and(|at| at >= host_end);
        if is_uncertain(&text[host..host_end], &text[host_end..], at_follows) {
            kept.push_str(LEFT_OUT);
            return;
        }
        let bytes = text.as_bytes();
        let inner =
            |at: &usize| matches!(bytes[*at], b'?' | b'#') || separator_at(bytes, *at).is_some();
        let stop = (host..bytes.len()).find(inner).unwrap_or(bytes.len());
        kept.push_str(&text[host..stop]);
        match (stop < bytes.len()).then(|| separator_at(bytes, stop)).flatten() {
            Some(next) => {
                kept.push_str(&text[stop..next.end]);
                separator = next;
            }
            None => return,
        }
    }
}

fn find(text: &str, from: usize, is: impl Fn(u8) -> bool) -> usize {
    let found = text.as_bytes()[from..].iter().position(|&byte| is(byte));
    found.map_or(text.len(), |at| from + at)
}

/// Whether the percent-encoded rest of a URL has a user, a query or a fragment.
#[cfg_attr(not(feature = "sites"), inline)]
fn has_encoded_secrets(url: &str) -> bool {
    let encoded = |bytes: &[u8]| matches!(bytes, b"%40" | b"%3f" | b"%3F" | b"%23");
    url.contains(['@', '?', '#']) || url.as_bytes().windows(3).any(encoded)
}

/// Whether the host may be a part of a user and a password that have an unencoded `/`, `?` or `#`: an `@` follows, and
/// the host has no valid port or the `@` is not in a path.
#[cfg_attr(not(feature = "sites"), inline)]
fn is_uncertain(host: &str, rest: &str, at_follows: bool) -> bool {
    let port = match host.strip_prefix('[') {
        Some(address) => address.split_once(']').map_or(":", |(_, port)| port),
        None => host.find(':').map_or("", |at| &host[at..]),
    };
    let port = port.strip_prefix(':').unwrap_or(port);
    let is_certain = port.bytes().all(|byte| byte.is_ascii_digit()) && rest.starts_with('/');
    host.contains("%40") || (at_follows && !is_certain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(without_secrets(text), expected, "{text}");
        assert_eq!(without_secrets(expected), expected, "done twice");
    }

    #[test]
    fn neither_user_nor_query_of_any_url_is_kept() {
        check("https://user:pw@host/x?token=abc#frag", "https://host/x");
        check("HTTPS://user@host/x", "HTTPS://host/x");
        check("get https://host:8443/x?token=abc failed", "get https://host:8443/x failed");
        check("https://host/x#access_token=abc", "https://host/x");
        check("https://host?token=abc", "https://host");
        check("https://u:p%40ss@[::1]:8080/x?a", "https://[::1]:8080/x");
        check("https://[2001:db8::1]/@scope/x?a", "https://[2001:db8::1]/@scope/x");
        check(
            "postgres://u:p@db.internal:5432/shop?sslmode=on",
            "postgres://db.internal:5432/shop",
        );
        check("redis://:secret@host/0", "redis://host/0");
        check("amqp://u:p@h1,amqp://u:p@h2/v", "amqp://h1,amqp://h2/v");
        check("mongodb://u:p@h1:1,h2:2/db?w=1", "mongodb://h1:1,h2:2/db");
        check("sqlite:///data.db?mode=ro", "sqlite:///data.db");
        check("jdbc:mysql://u:p@host/db", "jdbc:mysql://host/db");
        check("1: https://a@b, 2: https://c@d.", "1: https://b, 2: https://d.");
        check("a://b:c@d\na://b:c@d", "a://d\na://d");
        check("://u:p@host", "://host");
    }

    #[test]
    fn the_sentence_around_a_url_stays() {
        check("for url (https://host/x?token=abc): refused", "for url (https://host/x): refused");
        check("for url (https://host/x?a=(b)), again", "for url (https://host/x)), again");
        check(r#"{"url":"https://u:p@host/x?a","n":1}"#, r#"{"url":"https://host/x","n":1}"#);
        check("'https://u:p@host/x?a', then", "'https://host/x', then");
        check(r#"Err("at \"https://u:p@h/x?a\"")"#, r#"Err("at \"https://h/x\"")"#);
        check("<https://u:p@h/x?a>", "<https://h/x>");
        check("ask https://h/x?a. Then", "ask https://h/x. Then");
    }

    #[test]
    fn a_password_with_separators_in_it_is_left_out_with_its_url() {
        check("postgres://user:pa/ss@host/db?x", "postgres://…");
        check("postgres://user:p?w@host/db", "postgres://…");
        check("postgres://user:p#w@host/db", "postgres://…");
        check("postgres://user:12#w@host/db", "postgres://…");
        check("postgres://user:p@ss@host/db", "postgres://host/db");
        check("postgres://us\\er:pw@host/db", "postgres://…");
    }

    #[test]
    fn a_url_inside_of_a_url_is_one_too() {
        check("https://proxy/https://u:p@host/x?a", "https://proxy/https://host/x");
        check("https://proxy/https%3A%2F%2Fu%3Ap%40host%2Fx", "https://proxy/https%3A%2F%2F…");
        check("https%3a%2f%2fhost%2fx%3Ftoken%3Dabc: no", "https%3a%2f%2f…: no");
        check("https%3a%2f%2fhost%2fx", "https%3a%2f%2fhost%2fx");
        check("https://h/login?next=https://u:p@h2", "https://h/login");
        check(r"https:\/\/u:p@h\/x?a", r"https:\/\/h\/x");
    }

    #[test]
    fn a_text_without_secrets_stays_as_it_is() {
        for text in [
            "",
            "no url",
            "a: b",
            "100%",
            "http://host/x",
            "https://host:80/@scope/name",
            "://",
            "a://",
            "at src/main.rs:12",
            "who@example.com asked: why?",
            "C:\\x",
            "%3A",
            "std::io",
            "https://hôst/ü é",
        ] {
            assert!(matches!(without_secrets(text), Cow::Borrowed(kept) if kept == text), "{text}");
        }
    }

    #[test]
    fn many_urls_in_one_text_cost_linear_time() {
        // Quadratic, this would take minutes.
        for part in ["a://", "a://b:c/", "%3A%2F%2F", "a://x@", "a://?@", "://:/"] {
            let _ = without_secrets(&part.repeat(200_000));
        }
    }

    proptest::proptest! {
        #[test]
        fn no_secret_of_a_well_formed_url_is_kept(
            before in "[ (\"':]*", user in "[a-z0-9%]{0,5}", host in "[a-z]{1,5}(:[0-9]{1,4})?",
            path in "(/[a-z@:.]{0,5}){0,3}", after in "[ )\",.]*",
        ) {
            let text = format!("{before}https://{user}:SECRET@{host}{path}?t=SECRET#SECRET{after}");
            let kept = without_secrets(&text);
            proptest::prop_assert!(!kept.contains("SECRET"), "{}", kept);
        }

        #[test]
        fn any_text_is_read(text in "[a:/@?#%34fF2 \\\\\"\\[\\]é]{0,40}") {
            let once = without_secrets(&text).into_owned();
            proptest::prop_assert_eq!(&*without_secrets(&once), &*once);
        }
    }
}
