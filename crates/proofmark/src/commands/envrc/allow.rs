//! `proofmark envrc allow`: an audit, what changed since the last time, and then direnv's approval of the bytes that were audited.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};

use proofmark_core::{Finding, Timestamp};
use proofmark_engine::{Audited, Basis, Exit, Options, envrc_report, permitted};
use proofmark_envrc::closure::{Examined, compare, examine};
use proofmark_envrc::store::rules::outside;
use proofmark_envrc::store::{Permitted, Roots};
use proofmark_envrc::{Limits, gained, lost};
use proofmark_report::{Report, inert};

use super::judge::Judge;
use super::lock::LockChange;
use crate::auditing::{index_around, unheld};
use crate::cli::EnvrcAllowArgs;
use crate::commands::policy::usable;
use crate::commands::verify::Surroundings;
use crate::direnv::{Record, Target, approve, bytes_of, is_installed, machine, roots};
use crate::environment::{Environment, SystemClock};
use crate::failure::Failure;
use crate::git::Ignores;
use crate::ground::{DiskGround, read};
use crate::output::{Output, ended};
use crate::policy_source;

/// Bytes of an answer.
const MAX_ANSWER: u64 = 256;
/// Lines of each kind that tell what is new.
const MAX_TOLD: usize = 30;

/// Everything that is known before anything is written.
struct Plan {
    target: Target,
    roots: Roots,
    /// The bytes that were audited, and are approved.
    bytes: Vec<u8>,
    examined: Examined,
    audited: Audited,
    judge: Judge,
    lock: Option<LockChange>,
}

/// Looks, tells, asks, and writes.
pub(crate) fn allow(
    args: &EnvrcAllowArgs,
    surroundings: &Surroundings<'_>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let now = args.output.time.now(&SystemClock);
    let options = args.output.options("envrc allow");
    let environment = surroundings.environment;
    let judged = planned(args, environment, now).and_then(|plan| {
        let (report, exit) = reported(&plan, now, &options)?;
        Ok((plan, report, exit))
    });
    let (plan, mut report, exit) = match judged {
        Ok(judged) => judged,
        Err(failure) => {
            output.failed(&failure, &args.output, &options, now, true);
            return Err(failure);
        }
    };
    let answer = decided(args, &plan, &report, exit);
    let (ending, failure) = match answer {
        Answer::Write => match carried_out(&plan, environment, now) {
            Ok(notes) => {
                report.notes.extend(notes);
                (exit, None)
            }
            Err(failure) => (failure.exit, Some(failure)),
        },
        Answer::Leave(note, exit) => {
            report.notes.push(note);
            (exit, None)
        }
        Answer::Ask(failure) => (failure.exit, Some(failure)),
    };
    if let Some(failure) = &failure {
        report.errors.extend(failure.report_errors());
    }
    report.seal(ending.code());
    let written = output.report(&report, &args.output, true);
    match failure {
        Some(failure) => Err(failure),
        None => ended(written, ending),
    }
}

fn planned(args: &EnvrcAllowArgs, environment: &Environment, now: Timestamp) -> Result<Plan, Failure> {
    policy_source::on_disk(&args.source)?;
    let target = Target::of(&args.path, environment)?;
    let roots = roots(&environment.direnv)?;
    let judge = Judge::find(&target.folder, &args.source, environment, now)?;
    let limits = Limits::default();
    let most = u64::try_from(limits.shell.bytes).unwrap_or(u64::MAX) + 1;
    let bytes = read(&target.path, most).map_err(|error| {
        let message = format!("{} was not read: {error}", target.shown);
        if error.kind() == io::ErrorKind::NotFound {
            return Failure::usage("path-unreadable", message, "name an .envrc that is there");
        }
        Failure::unverifiable("file-not-read", message, "make it a readable file")
    })?;
    let (machine, ignores, index) = (machine(environment)?, Ignores::default(), index_around(&target.folder));
    let ground = || DiskGround::new(target.folder.clone(), index.as_ref(), &ignores, most);
    let examined = examine(&target.shown, &bytes, &ground().on_machine(&machine), &limits);
    let mut audited = Audited { errors: unheld(&target.shown, &examined.closure), ..Audited::default() };
    let mut judged = examined.judged.clone();
    judged.findings.extend(refused(&target, &judge, environment, now)?);
    audited.paths.extend(judge.locks.key(&target.path).map(|key| (target.shown.clone(), key)));
    audited.files.push((target.shown.clone(), judged));
    let lock = LockChange::of(args, &target, &bytes, &judge, &ground, environment)?;
    audited.notes = told(&target, &examined, lock.as_ref(), environment)?;
    audited.notes.extend(judge.notes.iter().cloned());
    Ok(Plan { target, roots, bytes, examined, audited, judge, lock })
}

/// Every list must permit the file: the policy's and the machine's.
fn refused(
    target: &Target,
    judge: &Judge,
    environment: &Environment,
    now: Timestamp,
) -> Result<Option<Finding>, Failure> {
    let machine = policy_source::of_machine(now)?;
    let lists: Vec<Permitted> = judge.policy.iter().chain(&machine).filter_map(permitted).collect();
    let path = bytes_of(target.path.as_os_str());
    Ok(outside::refusal(&target.shown, &path, &lists, environment.direnv.home.as_deref()))
}

fn reported(plan: &Plan, now: Timestamp, options: &Options) -> Result<(Report, Exit), Failure> {
    let policy = plan.judge.policy.as_ref();
    let trust = policy.map(usable).transpose()?;
    let basis = policy.zip(trust.as_ref()).map(|(policy, trust)| Basis { policy, trust, now });
    Ok(envrc_report(&plan.audited, basis.as_ref(), now, options))
}

/// What is new since the last approval, in the words of what the file does.
fn told(
    target: &Target,
    examined: &Examined,
    lock: Option<&LockChange>,
    environment: &Environment,
) -> Result<Vec<String>, Failure> {
    let mut notes = Vec::new();
    match Record::read(&target.text, environment)? {
        None => {
            notes.push(format!("{} was not approved here before; it does:", target.shown));
            notes.extend(capped(examined.abilities.iter().map(|ability| format!("  {}", ability.what))));
        }
        Some(record) => {
            let members = record.members().unwrap_or_default();
            let changes = compare(&members, &examined.closure.members);
            if changes.is_empty() {
                notes.push(format!("nothing changed since it was approved on {}", record.approved));
            } else {
                notes.push(format!("since it was approved on {}:", record.approved));
            }
            notes.extend(capped(
                changes.iter().map(|(member, change)| format!("  {} {}", member.path, change.words())),
            ));
            let (gained, lost) = (
                gained(&record.abilities, &examined.abilities),
                lost(&record.abilities, &examined.abilities),
            );
            notes.extend(capped(gained.iter().map(|ability| format!("  it now also {}", ability.what))));
            notes.extend(capped(lost.iter().map(|what| format!("  it no longer {what}"))));
        }
    }
    notes.extend(capped(examined.closure.open.iter().map(|open| format!("not covered: {open}"))));
    notes.extend(lock.map(LockChange::told).unwrap_or_default());
    Ok(notes)
}

/// The first lines, and how many more there are.
fn capped(lines: impl ExactSizeIterator<Item = String>) -> Vec<String> {
    let more = lines.len().saturating_sub(MAX_TOLD);
    let rest = (more > 0).then(|| format!("  and {more} more"));
    lines.take(MAX_TOLD).chain(rest).collect()
}

/// What comes of it.
enum Answer {
    Write,
    /// Nothing is written, and why; and how the run ends.
    Leave(String, Exit),
    /// Nobody could be asked.
    Ask(Failure),
}

fn decided(args: &EnvrcAllowArgs, plan: &Plan, report: &Report, exit: Exit) -> Answer {
    let shown = &plan.target.shown;
    if exit != Exit::Clean {
        return Answer::Leave(format!("{shown} was not approved: see above"), exit);
    }
    if args.dry_run {
        return Answer::Leave("dry run: nothing was written".to_owned(), exit);
    }
    if args.yes {
        return Answer::Write;
    }
    let help = format!("read the report, then: proofmark envrc allow --yes {shown}");
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        let message = "envrc allow asks before it approves, and there is no terminal to ask on";
        return Answer::Ask(Failure::usage("confirmation-needed", message, help));
    }
    match asked(shown, report) {
        Ok(true) => Answer::Write,
        Ok(false) => Answer::Leave(format!("{shown} was not approved: the answer was no"), Exit::Failed),
        Err(error) => {
            let message = format!("the terminal could not be asked: {error}");
            Answer::Ask(Failure::usage("confirmation-needed", message, help))
        }
    }
}

fn asked(shown: &str, report: &Report) -> io::Result<bool> {
    let rows = report.results.iter().filter(|row| row.outcome == proofmark_core::Outcome::Finding);
    let rows =
        rows.map(|row| format!("{} ({}): {}\n", row.rule.id, row.severity.as_str(), inert(&row.message)));
    let notes = report.notes.iter().map(|note| format!("{}\n", inert(note)));
    let text: String = rows.chain(notes).collect();
    let question = format!("{text}approve {}? [y/N] ", inert(shown));
    io::stderr().write_all(question.as_bytes())?;
    io::stderr().flush()?;
    let mut line = String::new();
    io::stdin().lock().take(MAX_ANSWER).read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

/// The approval comes last: whatever ends the run before, direnv still asks.
fn carried_out(plan: &Plan, environment: &Environment, now: Timestamp) -> Result<Vec<String>, Failure> {
    let mut notes = Vec::new();
    if let Some(lock) = &plan.lock {
        notes.extend(lock.write()?);
    }
    let abilities = plan.examined.abilities.iter().map(|ability| ability.what.clone()).collect();
    Record::new(&plan.target.text, &plan.examined.closure, abilities, now).write(environment)?;
    let approved = approve(&plan.roots, &bytes_of(plan.target.path.as_os_str()), &plan.bytes)?;
    notes.push(format!("approved {} (allow/{})", plan.target.shown, approved.name));
    if approved.undenied {
        notes.push("it was denied before: the denial is gone".to_owned());
    }
    if !is_installed(environment) {
        notes.push("direnv is not on the PATH: the approval waits for it".to_owned());
    }
    Ok(notes)
}
