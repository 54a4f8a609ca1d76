//! `proofmark policy show`, `lint` and `trust`.

use proofmark_core::Clock;
use proofmark_engine::{Exit, Options, policy_report};
use proofmark_image::Trust;
use proofmark_policy::{How, Policy, render_show};

use super::verify::Surroundings;
use crate::cli::{OutputArgs, PolicyCommand, PolicySource};
use crate::environment::SystemClock;
use crate::failure::Failure;
use crate::output::Output;
use crate::{accepted, policy_source};

/// Runs a command about the policy.
pub(crate) fn run(
    command: &PolicyCommand,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    match command {
        PolicyCommand::Show { source } => show(source, surroundings, output),
        PolicyCommand::Lint { source, output: args } => lint(source, args, output),
        PolicyCommand::Trust { source } => trust(source, surroundings, output),
    }
}

fn show(
    source: &PolicySource,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let policy = policy_source::required(source, SystemClock.now())?;
    let mut text = render_show(&policy);
    if policy.found == How::Nearest {
        let words = if accepted::is_accepted(&policy, surroundings.environment)? {
            "accepted on this machine, as it stands now"
        } else {
            "not accepted on this machine: proofmark policy trust"
        };
        text.push_str("\n# ");
        text.push_str(words);
        text.push('\n');
    }
    output.text(&text)?;
    Ok(Exit::Clean)
}

fn lint(source: &PolicySource, args: &OutputArgs, output: &mut Output) -> Result<Exit, Failure> {
    let now = args.now.unwrap_or_else(|| SystemClock.now());
    let policy = policy_source::required(source, now)?;
    let trust = usable(&policy)?;
    let options = Options {
        command: "policy lint",
        version: env!("CARGO_PKG_VERSION"),
        fail_on: args.fail_on.severity(),
    };
    let (report, exit) = policy_report(&policy, &trust, now, &options);
    output.report(&report, args, true)?;
    Ok(exit)
}

fn usable(policy: &Policy) -> Result<Trust, Failure> {
    Trust::new(policy).map_err(|error| {
        Failure::usage("trust-unusable", error.to_string(), "proofmark trust show names every root")
    })
}

/// Accepts the policy's digest once, so that commands which run things may use it (verdicts.md 1, "Which policy").
fn trust(
    source: &PolicySource,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let policy = policy_source::required(source, SystemClock.now())?;
    accepted::accept(&policy, surroundings.environment)?;
    output.text(&format!("accepted {} ({})\n", policy.path_display(), policy.digest))?;
    Ok(Exit::Clean)
}
