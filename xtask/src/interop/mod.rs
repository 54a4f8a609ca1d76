//! `cargo xtask interop`: the same images, the same question, to cosign and to proofmark.

mod attested;
mod cases;
mod differences;
mod evidence;
mod policy;
mod stamp;
mod table;

use std::fs;
use std::path::Path;
use std::thread;

use anyhow::{Context, Result, anyhow, bail, ensure};

use crate::peers::{Peers, tree};
use crate::stack::Stack;
use crate::stack::registry::Repository;
use cases::{CASES, Case};
use differences::{Difference, Verdict};
pub(crate) use policy::{find_proofmark, signer_table, write_root};

/// Name in the table, peer, and what tells it from the other.
const REGISTRIES: [(&str, &str, &str); 2] = [
    ("referrers", "registry", "with the referrers API"),
    ("fallback", "docker-registry", "without it, so that attachments are found by fallback tag"),
];

/// What one of the two said.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    verdict: Verdict,
    /// The exit code: 0 where it accepts.
    exit: i32,
    /// Why not, where the answer is no: proofmark's reasons, cosign's standard error.
    reason: String,
}

impl Answer {
    fn accept() -> Self {
        Self { verdict: Verdict::Accept, exit: 0, reason: String::new() }
    }

    fn refuse(exit: i32, reason: String) -> Self {
        Self { verdict: Verdict::Refuse, exit, reason }
    }
}

/// One row that ran.
struct Outcome<'a> {
    case: &'a Case,
    registry: &'static str,
    cosign: Answer,
    /// `None`: only the peers were asked.
    proofmark: Option<Answer>,
    difference: Option<&'a Difference>,
}

impl Outcome<'_> {
    /// What is wrong with this row, if anything is.
    fn complaint(&self) -> Option<String> {
        let right = Verdict::of(self.case.good);
        let (cosign, ours) =
            self.difference.map_or((right, right), |listed| (listed.cosign, listed.proofmark));
        let wrong = |name, answer: &Answer, expected: Verdict| {
            let Answer { verdict, reason, .. } = answer;
            let text =
                format!("{name}: {}, expected {} ({})", verdict.word(), expected.word(), reason.trim());
            (*verdict != expected).then_some(text)
        };
        let cosign = wrong("cosign", &self.cosign, cosign);
        let ours = self.proofmark.as_ref().and_then(|answer| wrong("proofmark", answer, ours));
        let all: Vec<_> = cosign.into_iter().chain(ours).chain(self.foreign_refusal()).collect();
        (!all.is_empty()).then(|| format!("{}@{}: {}", self.case.id, self.registry, all.join("; ")))
    }
}

impl Outcome<'_> {
    /// cosign refuses for what the case is about, not because it could not ask.
    fn foreign_refusal(&self) -> Option<String> {
        let said = &self.cosign.reason;
        let expected = self.case.cosign_says;
        (self.cosign.verdict == Verdict::Refuse && !said.contains(expected))
            .then(|| format!("cosign does not say {expected:?}: {}", said.trim()))
    }
}

/// Runs every row and writes `docs/interop.md`. With `--peers-only` proofmark is not asked and
/// nothing is written.
pub fn run(arguments: &[String]) -> Result<()> {
    let peers_only = match arguments {
        [] => false,
        [flag] if flag == "--peers-only" => true,
        _ => bail!("usage: cargo xtask interop [--peers-only]"),
    };
    let listed = tree().join("tests/interop/differences.toml");
    let differences =
        differences::parse(&fs::read_to_string(&listed)?).with_context(|| listed.display().to_string())?;
    let proofmark = if peers_only { None } else { Some(find_proofmark()?) };
    let stack = Stack::start(Peers::ensure()?)?;
    for name in ["acme", "mallory"] {
        stack.cosign().key_pair(name)?;
    }
    let (outcomes, mut complaints) = run_rows(&stack, proofmark.as_deref(), &differences);
    if let Some(proofmark) = &proofmark {
        complaints.extend(run_attested(&stack, proofmark));
    }
    complaints.extend(outcomes.iter().filter_map(Outcome::complaint));
    for difference in &differences {
        if !outcomes.iter().any(|outcome| difference.covers(outcome.case.id, outcome.registry)) {
            complaints.push(format!("{}: a difference is listed, but no such row ran", difference.row));
        }
    }
    for complaint in &complaints {
        eprintln!("{complaint}");
    }
    let rows = CASES.len() * REGISTRIES.len();
    println!(
        "interop: {} of {rows} rows ran, {} differ as listed, {} wrong",
        outcomes.len(),
        outcomes.iter().filter(|outcome| outcome.difference.is_some()).count(),
        complaints.len()
    );
    ensure!(complaints.is_empty() && outcomes.len() == rows, "the matrix does not hold");
    if proofmark.is_some() {
        fs::write(tree().join("docs/interop.md"), table::render(&outcomes, stack.peers()))?;
    }
    Ok(())
}

/// The rows about attestations: what is wrong with each that is not right, and why one did not run.
fn run_attested(stack: &Stack, proofmark: &Path) -> Vec<String> {
    let hosts = [&stack.registry, &stack.plain_registry];
    let rows = attested::CASES.iter().flat_map(|case| hosts.map(|host| (case, host)));
    let complaint = |(case, host): (&attested::Case, &String)| {
        attested::run(stack, proofmark, case, host)
            .unwrap_or_else(|error| Some(format!("{}@{host}: did not run: {error:#}", case.id)))
    };
    let complaints: Vec<String> = rows.filter_map(complaint).collect();
    let all = hosts.len() * attested::CASES.len();
    println!("interop: {all} rows of attestations, {} wrong", complaints.len());
    complaints
}

/// One thread for each registry; rows in the order of the table.
fn run_rows<'a>(
    stack: &Stack,
    proofmark: Option<&Path>,
    differences: &'a [Difference],
) -> (Vec<Outcome<'a>>, Vec<String>) {
    let column = |registry: &'static str, host: String| {
        let row = move |case: &'a Case| {
            run_row(stack, proofmark, differences, case, registry, &host)
                .map_err(|error| format!("{}@{registry}: did not run: {error:#}", case.id))
        };
        CASES.iter().map(row).collect::<Vec<_>>()
    };
    let hosts = [stack.registry.clone(), stack.plain_registry.clone()];
    let columns: Vec<_> = thread::scope(|scope| {
        let start = |((registry, ..), host): (&(&'static str, _, _), String)| {
            let registry = *registry;
            scope.spawn(move || column(registry, host))
        };
        let threads: Vec<_> = REGISTRIES.iter().zip(hosts).map(start).collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or_default()).collect()
    });
    let (mut outcomes, mut failed) = (Vec::new(), Vec::new());
    let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
    for _ in CASES {
        for row in columns.iter_mut().filter_map(Iterator::next) {
            match row {
                Ok(outcome) => outcomes.push(outcome),
                Err(error) => failed.push(error),
            }
        }
    }
    (outcomes, failed)
}

fn run_row<'a>(
    stack: &Stack,
    proofmark: Option<&Path>,
    differences: &'a [Difference],
    case: &'a Case,
    registry: &'static str,
    host: &str,
) -> Result<Outcome<'a>> {
    let repository = Repository { host: host.to_owned(), name: format!("interop/{}", case.id) };
    let reference = evidence::prepare(stack, case, &repository)?;
    let output = stack.cosign().verify(&reference, case.demand)?;
    let cosign = match output.status.code() {
        Some(0) => Answer::accept(),
        Some(exit) => Answer::refuse(exit, String::from_utf8_lossy(&output.stderr).into_owned()),
        None => return Err(anyhow!("cosign was killed")),
    };
    let ours = |binary| policy::verify(binary, stack, case.demand, &repository, &reference);
    let proofmark = proofmark.map(ours).transpose()?;
    let difference = differences.iter().find(|difference| difference.covers(case.id, registry));
    Ok(Outcome { case, registry, cosign, proofmark, difference })
}
