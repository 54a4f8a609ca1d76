//! `proofmark policy show`, `lint` and `trust`.

use std::fmt::Write as _;

use proofmark_core::{Clock, Timestamp};
use proofmark_engine::{Basis, Exit, Options, policy_report};
use proofmark_image::Trust;
use proofmark_policy::{How, Policy, render_show};
use proofmark_report::{Report, inert};

use super::verify::Surroundings;
use crate::cli::{OutputArgs, PolicyCommand, PolicySource};
use crate::environment::SystemClock;
use crate::failure::Failure;
use crate::output::{Output, ended};
use crate::paths::plain;
use crate::{accepted, policy_source};

/// Runs a command about the policy.
pub(crate) fn run(
    command: &PolicyCommand,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    match command {
        PolicyCommand::Show { time, source } => show(source, time.now(&SystemClock), surroundings, output),
        PolicyCommand::Lint { source, output: args } => lint(source, args, output),
        PolicyCommand::Trust { source } => trust(source, surroundings, output),
    }
}

fn show(
    source: &PolicySource,
    now: Timestamp,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let mut text = String::new();
    for policy in policy_source::all(source, now)? {
        if policy.found == How::Machine {
            text.push_str(if text.is_empty() { MACHINE_ALONE } else { MACHINE_BESIDE });
        }
        text.push_str(&render_show(&policy));
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
    }
    output.text(&text)?;
    Ok(Exit::Clean)
}

const MACHINE_ALONE: &str = "# The machine's policy, the only one in effect here.\n";
const MACHINE_BESIDE: &str =
    "\n# The machine's policy, evaluated beside the one above; the worse verdict wins.\n";

fn lint(source: &PolicySource, args: &OutputArgs, output: &mut Output) -> Result<Exit, Failure> {
    let now = args.time.now(&SystemClock);
    let options = args.options("policy lint");
    match linted(source, &options, now) {
        Ok((report, exit)) => ended(output.report(&report, args, true), exit),
        Err(failure) => {
            output.failed(&failure, args, &options, now, true);
            Err(failure)
        }
    }
}

fn linted(source: &PolicySource, options: &Options, now: Timestamp) -> Result<(Report, Exit), Failure> {
    let policies = policy_source::all(source, now)?;
    let trusts = policies.iter().map(usable).collect::<Result<Vec<Trust>, Failure>>()?;
    let basis = |(policy, trust)| Basis { policy, trust, now };
    let bases: Vec<Basis<'_>> = policies.iter().zip(&trusts).map(basis).collect();
    Ok(policy_report(&bases, options))
}

/// The roots and keys of a policy.
pub(crate) fn usable(policy: &Policy) -> Result<Trust, Failure> {
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
    policy_source::on_disk(source)?;
    let policy = policy_source::required(source, SystemClock.now())?;
    let lock = accepted::accept(&policy, surroundings.environment)?;
    let path = inert(&policy.path_display().to_string());
    let mut said = format!("accepted {path} ({})\n", policy.digest);
    if let Some((lock, digest)) = lock {
        // Writing to a String cannot fail.
        let _ = writeln!(said, "accepted {} ({digest})", inert(&plain(&lock)));
    }
    output.text(&said)?;
    Ok(Exit::Clean)
}
