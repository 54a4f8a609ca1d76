//! `proofmark pin list`: what the lock pins. Nothing is judged.

use std::fmt::Write as _;
use std::path::Path;

use proofmark_core::display::safe;
use proofmark_engine::Exit;
use proofmark_lock::{Lock, Pin};
use proofmark_pin::operators;
use serde_json::{Value, json};

use crate::cli::PinListArgs;
use crate::environment::SystemClock;
use crate::failure::Failure;
use crate::output::Output;
use crate::{pins, policy_source, revision};

/// Prints the pins.
pub(crate) fn list(args: &PinListArgs, output: &mut Output) -> Result<Exit, Failure> {
    use proofmark_core::Clock as _;
    let (start, now) = (Path::new("."), SystemClock.now());
    let revision = revision::open(start, &args.policy)?;
    let policies = policy_source::all_under(revision.as_ref(), start, &args.policy, now)?;
    let Some(policy) = policies.first() else { return Ok(Exit::Nothing) };
    let lock = pins::required(pins::locked(policy, revision.as_ref(), start, &args.policy)?, policy)?;
    let wanted: Vec<&Pin> = chosen(&lock, &args.tools);
    output.text(&if args.json { as_json(&wanted) } else { as_text(&wanted) })?;
    Ok(if wanted.is_empty() { Exit::Nothing } else { Exit::Clean })
}

fn chosen<'a>(lock: &'a Lock, tools: &[String]) -> Vec<&'a Pin> {
    lock.pins().filter(|pin| tools.is_empty() || tools.contains(&pin.tool)).collect()
}

fn as_text(pins: &[&Pin]) -> String {
    let mut out = String::new();
    for pin in pins {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{} {} {}", safe(&pin.tool), safe(&pin.version), pin.platform);
        let _ = writeln!(out, "  {}", safe(&pin.url));
        let _ = writeln!(out, "  sha256      {}", pin.sha256.hex());
        let _ = match &pin.executable {
            Some(one) => writeln!(out, "  executable  {} ({} bytes)", one.sha256.hex(), one.size),
            None => writeln!(out, "  executable  not looked at yet"),
        };
        let _ = writeln!(out, "  signed      {}", safe(&signed(pin)));
        let operators = operators(pin);
        if !operators.is_empty() {
            let _ = writeln!(out, "  sources     {}", safe(&operators.join(", ")));
        }
        let _ = writeln!(out, "  added       {} by {}", pin.added, safe(&pin.by));
    }
    let _ = writeln!(out, "{} pinned", pins.len());
    out
}

fn signed(pin: &Pin) -> String {
    if let Some(why) = &pin.unsigned {
        return format!("no: {why}");
    }
    let kinds =
        pin.evidence.iter().map(|one| format!("{} over the {}", one.kind.as_str(), one.over.as_str()));
    kinds.collect::<Vec<_>>().join(", ")
}

fn as_json(pins: &[&Pin]) -> String {
    let one = |pin: &&Pin| -> Value {
        json!({
            "tool": pin.tool,
            "version": pin.version,
            "platform": pin.platform.to_string(),
            "url": pin.url,
            "sha256": pin.sha256.hex(),
            "archive": pin.archive.as_str(),
            "executable": pin.executable.as_ref().map(|one| json!({ "sha256": one.sha256.hex(), "size": one.size })),
            "mode": pin.mode.to_string(),
            "evidence": pin.evidence.iter().map(|one| json!({ "kind": one.kind.as_str(), "over": one.over.as_str() })).collect::<Vec<_>>(),
            "unsigned": pin.unsigned,
            "sources": pin.sources.iter().map(|one| json!({ "operator": one.operator, "at": one.at })).collect::<Vec<_>>(),
            "added": pin.added.to_string(),
            "by": pin.by,
        })
    };
    let value = json!({ "schema": "proofmark-pins/1", "pins": pins.iter().map(one).collect::<Vec<_>>() });
    format!("{value:#}\n")
}
