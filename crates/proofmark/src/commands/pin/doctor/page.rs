//! What was seen, for people and for programs.

use std::fmt::Write as _;
use std::path::Path;

use proofmark_core::display::safe;
use proofmark_core::{Finding, Outcome};
use serde_json::{Value, json};

use super::{Tool, Verdicts};
use crate::doctor::{Led, Seen, Shadow, ShadowKind};
use crate::paths::plain;

/// For people.
pub(super) fn as_text(tools: &[Tool<'_>], seen: &Seen, verdicts: &Verdicts) -> String {
    let mut out = String::new();
    let is_nowhere = |tool: &&Tool<'_>| {
        tool.shadows.is_empty() && tool.led.iter().all(|led| led.files.is_empty() && led.before.is_empty())
    };
    let (nowhere, tools): (Vec<&Tool<'_>>, Vec<&Tool<'_>>) = tools.iter().partition(is_nowhere);
    for tool in tools {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}", safe(tool.name));
        for shadow in &tool.shadows {
            let _ = writeln!(out, "  before PATH: {}", safe(&shadowed(shadow)));
        }
        for group in groups(&tool.led) {
            let whos: Vec<&str> = group.iter().map(|led| led.place.who.as_str()).collect();
            let _ = writeln!(out, "  {}", safe(&whos.join("; ")));
            led(&mut out, group[0], tool, verdicts);
        }
    }
    if !nowhere.is_empty() {
        let names: Vec<&str> = nowhere.iter().map(|tool| tool.name).collect();
        let _ = writeln!(out, "nothing on any PATH: {}", safe(&names.join(", ")));
    }
    let inside: Vec<_> = seen.places.iter().filter(|place| place.inside).collect();
    for place in inside {
        let _ = writeln!(
            out,
            "note: {} sets PATH of {}: what it leads to is in the image",
            safe(&place.from.join(", ")),
            safe(&place.who)
        );
    }
    for one in &seen.untold {
        let _ = writeln!(out, "note: {}", safe(one));
    }
    let _ = writeln!(
        out,
        "note: what a running shell remembers is its own: `hash -r` makes it forget, `type -a TOOL` shows it"
    );
    out
}

/// Places that lead to the same files are one.
fn groups<'a, 'b>(all: &'b [Led<'a>]) -> Vec<Vec<&'b Led<'a>>> {
    let mut groups: Vec<Vec<&Led<'_>>> = Vec::new();
    for led in all {
        match groups.iter_mut().find(|group| group[0].files == led.files && group[0].before == led.before) {
            Some(group) => group.push(led),
            None => groups.push(vec![led]),
        }
    }
    groups
}

fn led(out: &mut String, led: &Led<'_>, tool: &Tool<'_>, verdicts: &Verdicts) {
    for before in &led.before {
        let _ = writeln!(out, "    first {}, which cannot be told here", safe(before));
    }
    let Some((first, rest)) = led.files.split_first() else {
        let _ = writeln!(out, "    nothing");
        return;
    };
    let _ = writeln!(out, "    runs {}: {}", safe(&plain(first)), verdict(verdicts.get(first)));
    if let Some(mover) = tool.movers.get(first) {
        let _ = writeln!(out, "      {}", safe(mover));
    }
    for file in rest {
        let _ = writeln!(out, "    behind it {}: {}", safe(&plain(file)), verdict(verdicts.get(file)));
    }
}

pub(super) fn verdict(row: Option<&Finding>) -> String {
    let Some(row) = row else { return "not looked at".to_owned() };
    let digest = row.subject.digest.as_ref().map(|digest| format!("sha256 {}, ", digest.hex()));
    let word = match row.outcome {
        Outcome::Pass => "allowed",
        Outcome::Fail => "not allowed",
        _ => "cannot be judged",
    };
    let why = match row.outcome {
        Outcome::Pass => row.evidence.first().map(|one| one.summary.clone()).unwrap_or_default(),
        _ => format!("{} ({})", row.message, row.rule.id),
    };
    format!("{}{word}: {}", digest.unwrap_or_default(), safe(&why))
}

/// As reports have it.
pub(super) const fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "pass",
        Outcome::Fail => "fail",
        _ => "unverifiable",
    }
}

fn shadowed(shadow: &Shadow) -> String {
    match shadow.kind {
        ShadowKind::Function => format!("a function of {}", shadow.at),
        ShadowKind::Alias => format!("an alias of {} for {}", shadow.at, shadow.what),
    }
}

/// For programs.
pub(super) fn as_json(tools: &[Tool<'_>], seen: &Seen, verdicts: &Verdicts) -> String {
    let file = |tool: &Tool<'_>, path: &Path| -> Value {
        let row = verdicts.get(path);
        json!({
            "path": plain(path),
            "sha256": row.and_then(|row| row.subject.digest.as_ref()).map(|digest| digest.hex().to_owned()),
            "outcome": row.map(|row| word(row.outcome)),
            "rule": row.map(|row| row.rule.id),
            "reason": row.and_then(|row| row.reason).map(proofmark_core::Reason::as_str),
            "message": row.map(|row| row.message.clone()),
            "moved-by": tool.movers.get(path),
        })
    };
    let place = |tool: &Tool<'_>, led: &Led<'_>| -> Value {
        json!({
            "who": led.place.who,
            "set-by": led.place.from,
            "untold-before": led.before,
            "files": led.files.iter().map(|path| file(tool, path)).collect::<Vec<Value>>(),
        })
    };
    let one = |tool: &Tool<'_>| -> Value {
        json!({
            "tool": tool.name,
            "places": tool.led.iter().map(|led| place(tool, led)).collect::<Vec<Value>>(),
            "before-path": tool.shadows.iter().map(|shadow| json!({
                "kind": match shadow.kind { ShadowKind::Function => "function", ShadowKind::Alias => "alias" },
                "at": shadow.at,
                "what": shadow.what,
            })).collect::<Vec<Value>>(),
        })
    };
    let inside = seen.places.iter().filter(|place| place.inside);
    let all = json!({
        "tools": tools.iter().map(one).collect::<Vec<Value>>(),
        "inside-images": inside.map(|place| json!({ "who": place.who, "set-by": place.from })).collect::<Vec<Value>>(),
        "untold": seen.untold,
    });
    format!("{all:#}\n")
}
