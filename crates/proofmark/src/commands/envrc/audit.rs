//! `proofmark envrc audit`: what the files of direnv do. Nothing of them runs, and direnv is not needed.

use std::path::Path;

use proofmark_core::Timestamp;
use proofmark_engine::{Audited, Basis, Exit, envrc_report};

use super::diff::changed;
use super::judge::Judge;
use crate::auditing::audit_files;
use crate::cli::EnvrcAuditArgs;
use crate::commands::policy::usable;
use crate::commands::verify::Surroundings;
use crate::environment::SystemClock;
use crate::failure::Failure;
use crate::output::{Output, ended};

/// Reads, judges and reports; the exit is the engine's.
pub(crate) fn audit(
    args: &EnvrcAuditArgs,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let now = args.output.time.now(&SystemClock);
    let options = args.output.options("envrc audit");
    let audited = match &args.diff {
        Some(spec) => changed(spec, args, surroundings.environment, now),
        None => judged(args, surroundings, now),
    };
    let reported = audited.and_then(|(audited, judge)| {
        let trust = judge.policy.as_ref().map(usable).transpose()?;
        let basis =
            judge.policy.as_ref().zip(trust.as_ref()).map(|(policy, trust)| Basis { policy, trust, now });
        Ok(envrc_report(&audited, basis.as_ref(), now, &options))
    });
    match reported {
        Ok((report, exit)) => ended(output.report(&report, &args.output, true), exit),
        Err(failure) => {
            output.failed(&failure, &args.output, &options, now, true);
            Err(failure)
        }
    }
}

fn judged(
    args: &EnvrcAuditArgs,
    surroundings: &Surroundings<'_>,
    now: Timestamp,
) -> Result<(Audited, Judge), Failure> {
    let start = args.paths.first().map_or(Path::new("."), |path| path.as_path());
    let judge = Judge::find(start, &args.source, surroundings.environment, now)?;
    let mut audited = audit_files(&args.paths, &args.files.exclude, &judge.locks)?;
    audited.notes.extend(judge.notes.iter().cloned());
    Ok((audited, judge))
}
