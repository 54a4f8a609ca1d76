//! `proofmark envrc audit`: what the files of direnv do. Nothing of them runs, and direnv is not needed.

use proofmark_engine::{Exit, envrc_report};

use crate::auditing::audit_files;
use crate::cli::EnvrcAuditArgs;
use crate::environment::SystemClock;
use crate::failure::Failure;
use crate::output::{Output, ended};

/// Reads, judges and reports; the exit is the engine's.
pub(crate) fn audit(args: &EnvrcAuditArgs, output: &mut Output) -> Result<Exit, Failure> {
    let now = args.output.time.now(&SystemClock);
    let options = args.output.options("envrc audit");
    let audited = match audit_files(&args.paths, &args.files.exclude) {
        Ok(audited) => audited,
        Err(failure) => {
            output.failed(&failure, &args.output, &options, now, true);
            return Err(failure);
        }
    };
    let (report, exit) = envrc_report(&audited, now, &options);
    ended(output.report(&report, &args.output, true), exit)
}
