//! `proofmark envrc status`: what direnv trusts on this machine.

use std::path::Path;

use proofmark_core::Timestamp;
use proofmark_engine::{Basis, Exit, StoreStatus, permitted, store_report};
use proofmark_envrc::store::{
    ApprovalState, Permitted, Store, StoreContext, StoreFinding, StoreLimits, judge_store, read_store,
};
use proofmark_image::Trust;
use proofmark_policy::Policy;
use proofmark_report::{Report, ReportError};

use crate::cli::{EnvrcStatusArgs, PolicySource};
use crate::commands::policy::usable;
use crate::commands::verify::Surroundings;
use crate::direnv::{RealDisk, Removed, bytes_of, confirmed, remove, user};
use crate::environment::{Environment, SystemClock};
use crate::failure::Failure;
use crate::files::base;
use crate::output::{Output, ended};
use crate::policy_source;

/// Reads, judges and reports; with `--fix` removes what is confirmed first.
pub(crate) fn status(
    args: &EnvrcStatusArgs,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let now = args.output.time.now(&SystemClock);
    let options = args.output.options("envrc status");
    let judged = policies(&args.source, now).and_then(|policies| {
        let trusts = policies.iter().map(usable).collect::<Result<Vec<Trust>, Failure>>()?;
        let status = looked_at(args, &policies, surroundings.environment)?;
        let basis = |(policy, trust)| Basis { policy, trust, now };
        let bases: Vec<Basis<'_>> = policies.iter().zip(&trusts).map(basis).collect();
        Ok(store_report(status, &bases, now, &options))
    });
    match judged {
        Ok((report, exit)) => told(&report, exit, args, output),
        Err(failure) => {
            output.failed(&failure, &args.output, &options, now, true);
            Err(failure)
        }
    }
}

fn told(report: &Report, exit: Exit, args: &EnvrcStatusArgs, output: &mut Output) -> Result<Exit, Failure> {
    ended(output.report(report, &args.output, true), exit)
}

/// The policy that is named or found, if there is one, and the machine's.
fn policies(source: &PolicySource, now: Timestamp) -> Result<Vec<Policy>, Failure> {
    let user = policy_source::optional(source, now)?;
    Ok(user.into_iter().chain(policy_source::of_machine(now)?).collect())
}

/// What is found; with `--fix`, after what was confirmed is gone.
fn looked_at(
    args: &EnvrcStatusArgs,
    policies: &[Policy],
    environment: &Environment,
) -> Result<StoreStatus, Failure> {
    let lists: Vec<Permitted> = policies.iter().filter_map(permitted).collect();
    let (mut store, mut judged) = judge(&lists, environment)?;
    let (mut removed, mut errors) = (Vec::new(), Vec::new());
    if args.fix {
        for file in confirmed(&judged, &args.yes)? {
            match remove(&store.roots, &file) {
                Ok(Removed::Gone) => {}
                Ok(Removed::Done) => removed.push(format!("removed {}", String::from_utf8_lossy(&file))),
                Err(failure) => errors.extend(failure.report_errors()),
            }
        }
        (store, judged) = judge(&lists, environment)?;
    }
    errors.extend(store.problems.iter().flat_map(|problem| {
        let path = String::from_utf8_lossy(&problem.path);
        unread(&format!("{path} cannot be read: {}", problem.why))
    }));
    // What is gone now was there to be checked.
    let found = !store.is_empty() || !removed.is_empty();
    let mut notes = removed;
    notes.push(summary(&store));
    if lists.is_empty() && !store.approvals.is_empty() {
        notes.push("no allowlists/envrc.toml: where approvals may stand at all was not judged".to_owned());
    }
    let findings = judged.into_iter().map(|row| row.finding).collect();
    Ok(StoreStatus { findings, errors, notes, found })
}

fn unread(message: &str) -> Vec<ReportError> {
    let help = "check its permissions, and what it is; direnv reads it too";
    Failure::unverifiable("direnv-unread", message, help).report_errors()
}

fn judge(lists: &[Permitted], environment: &Environment) -> Result<(Store, Vec<StoreFinding>), Failure> {
    let limits = StoreLimits::default();
    let store = read_store(&environment.direnv, &above(), &RealDisk, &limits).map_err(|error| {
        Failure::usage("direnv-home-unknown", error.to_string(), "set HOME to your home directory")
    })?;
    let tree = base(Path::new(".")).map(|base| bytes_of(base.root.as_os_str()));
    let context = StoreContext { user: user(), tree: tree.as_deref(), permitted: lists };
    let findings = judge_store(&store, &context);
    Ok((store, findings))
}

/// The `.envrc` files that direnv would look for from here: an approval that hides one of them is recognised.
fn above() -> Vec<Vec<u8>> {
    let Ok(here) = std::env::current_dir() else { return Vec::new() };
    here.ancestors().map(|folder| bytes_of(folder.join(".envrc").as_os_str())).collect()
}

/// One line of counts.
fn summary(store: &Store) -> String {
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let current = store.approvals.iter().filter(|approval| approval.state == ApprovalState::Current).count();
    let settings = store.settings.as_ref().map_or_else(
        || "no settings".to_owned(),
        |settings| format!("settings in {}", String::from_utf8_lossy(&settings.file)),
    );
    format!(
        "direnv: {} in {}, {current} of what the file holds now; {}, {}, {}, {settings}",
        plural(store.approvals.len(), "approval"),
        String::from_utf8_lossy(&store.roots.data),
        plural(store.denied.len(), "denial"),
        plural(store.startup.len(), "startup file"),
        plural(store.cached.len(), "download"),
    )
}
