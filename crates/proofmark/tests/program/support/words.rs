//! Texts without what differs from run to run, or when the example's images are remade.

use std::collections::BTreeMap;

use regex_lite::{Captures, Regex};

use super::{EXAMPLE_NOW, NOW};

/// Places, ports, digests and times as placeholders. Equal digests keep equal numbers.
pub(crate) fn steady(text: &str, place: &str) -> String {
    let text = text.replace(place, "[dir]").replace(NOW, "[now]").replace(EXAMPLE_NOW, "[now]");
    let text = Regex::new(r"(127\.0\.0\.1|localhost|\[::1\]):\d{4,5}")
        .unwrap()
        .replace_all(&text, "$1:[port]")
        .into_owned();
    let text = Regex::new(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
        .unwrap()
        .replace_all(&text, "[time]")
        .into_owned();
    let text = Regex::new(r"\b\d+ days? (old|ago)").unwrap().replace_all(&text, "[days] $1").into_owned();
    let text =
        Regex::new(r"fetched 20\d\d-\d\d-\d\d").unwrap().replace_all(&text, "fetched [day]").into_owned();
    numbered(&text)
}

/// Digests by the order in which they appear.
fn numbered(text: &str) -> String {
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let digest = Regex::new(r"\b[0-9a-f]{64}\b").unwrap();
    let number = |found: &Captures<'_>| {
        let next = known.len() + 1;
        format!("[{}]", known.entry(found[0].to_owned()).or_insert(next))
    };
    digest.replace_all(text, number).into_owned()
}

#[test]
fn what_differs_is_replaced_and_what_is_equal_stays_equal() {
    let (a, b) = ("a".repeat(64), "b".repeat(64));
    let text = format!(
        "/tmp/x/work 127.0.0.1:40123 sha256:{a} sha256:{b} {a} 2025-01-01T00:00:00Z {NOW} 3 days old"
    );
    assert_eq!(
        steady(&text, "/tmp/x"),
        "[dir]/work 127.0.0.1:[port] sha256:[1] sha256:[2] [1] [time] [now] [days] old"
    );
}
