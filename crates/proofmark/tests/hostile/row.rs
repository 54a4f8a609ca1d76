//! One row: how the registry is hostile, and what the program must say.

use std::time::Duration;

use libtest_mimic::Failed;
use proofmark_testkit::registry::Pushed;
use serde_json::Value;

use crate::child::{self, MAX_PEAK_KIB, Measured};
use crate::scene::{DOCKER_CONFIG, REPOSITORY, Scene};
use crate::support::NOW;

/// How much later than its limit the program may end: it starts, writes its report and shares two processors.
const MARGIN: Duration = Duration::from_secs(2);

/// The verdict, by the tables of the policy's meaning; the exit code follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    /// Every path was read to its end.
    Pass,
    /// With `incomplete: <path>: <cause>` in the evidence; the cause's reason.
    PassIncomplete { path: &'static str, reason: &'static str },
    /// Exit code 1.
    Fail(&'static str),
    /// Exit code 3.
    Unverifiable(&'static str),
}

impl Want {
    const fn exit(self) -> i32 {
        match self {
            Self::Pass | Self::PassIncomplete { .. } => 0,
            Self::Fail(_) => 1,
            Self::Unverifiable(_) => 3,
        }
    }

    const fn reason(self) -> &'static str {
        match self {
            Self::Pass | Self::PassIncomplete { .. } => "pass",
            Self::Fail(reason) | Self::Unverifiable(reason) => reason,
        }
    }
}

/// What a row holds beside the verdict: what was asked of whom.
type Check = fn(&Scene) -> Result<(), String>;

/// One row of the table.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    want: Want,
    scene: fn() -> Scene,
    check: Check,
}

impl Row {
    pub(crate) const fn new(name: &'static str, want: Want, scene: fn() -> Scene) -> Self {
        Self { name, want, scene, check: |_| Ok(()) }
    }

    pub(crate) const fn and(mut self, check: Check) -> Self {
        self.check = check;
        self
    }
}

/// How a row went.
pub(crate) struct Outcome {
    scene: Scene,
    measured: Measured,
}

/// How often a row is run whose program ended before anybody looked at its memory, on a machine that is busy.
const TRIES: usize = 5;

/// Sets the scene and runs the program in it.
pub(crate) fn run(row: &Row) -> Outcome {
    let mut outcome = run_once(row);
    for _ in 1..TRIES {
        if outcome.measured.peak_kib.is_some() || cfg!(not(target_os = "linux")) {
            break;
        }
        outcome = run_once(row);
    }
    outcome
}

fn run_once(row: &Row) -> Outcome {
    let scene = (row.scene)();
    let sandbox = scene.sandbox();
    let references = scene.references();
    let docker = sandbox.dir().join(DOCKER_CONFIG).display().to_string();
    let arguments = ["image", "verify", "--now", NOW, "--format", "json"];
    let program = sandbox.program(arguments.into_iter().chain(references.iter().map(String::as_str)));
    let measured = child::measure(&program.variable("DOCKER_CONFIG", &docker));
    Outcome { scene, measured }
}

/// What the row measured, on one line.
pub(crate) fn line(name: &str, outcome: &Outcome) -> String {
    let Measured { code, peak_kib, time, .. } = &outcome.measured;
    let report: Value = serde_json::from_str(&outcome.measured.stdout).unwrap_or_default();
    let result = &report["results"][0];
    let said = result["reason"].as_str().or(result["verdict"].as_str()).unwrap_or("no report");
    let incomplete: Vec<String> =
        incomplete(result).iter().map(|(path, reason)| format!(" (incomplete: {path}: {reason})")).collect();
    let incomplete = incomplete.concat();
    let peak = peak_kib.map_or_else(|| "unknown".to_owned(), |kib| format!("{kib} KiB"));
    format!("hostile {name}: exit {code} {said}{incomplete}, peak {peak}, {} ms", time.as_millis())
}

/// Holds everything that the row states.
pub(crate) fn check(row: &Row, outcome: &Outcome) -> Result<(), Failed> {
    let Outcome { scene, measured } = outcome;
    let complain = |problem: String| {
        let Measured { code, stdout, stderr, .. } = measured;
        Failed::from(format!("{problem}\nexit {code}\n--- stdout\n{stdout}\n--- stderr\n{stderr}"))
    };
    cost(scene, measured).map_err(complain)?;
    verdict(row.want, scene, measured).map_err(complain)?;
    scene.leaked().map_err(complain)?;
    (row.check)(scene).map_err(complain)
}

fn verdict(want: Want, scene: &Scene, measured: &Measured) -> Result<(), String> {
    let report: Value = serde_json::from_str(&measured.stdout).map_err(|error| error.to_string())?;
    equal("exit code", &measured.code, &want.exit())?;
    equal("exit in the report", &report["summary"]["exit"], &want.exit().into())?;
    let images: Vec<_> = scene.images().collect();
    // What the report says of the policy itself is not looked at.
    let about_images = |result: &&Value| result["subject"]["kind"] == "image";
    let results: Vec<&Value> =
        report["results"].as_array().into_iter().flatten().filter(about_images).collect();
    equal("number of images", &results.len(), &images.len())?;
    images.into_iter().zip(results).try_for_each(|(image, result)| judged(want, scene, image, result))
}

fn judged(want: Want, scene: &Scene, image: &Pushed, result: &Value) -> Result<(), String> {
    equal("reason", &result["reason"].as_str().unwrap_or("pass"), &want.reason())?;
    let expected = match want {
        Want::PassIncomplete { path, reason } => vec![(path.to_owned(), reason.to_owned())],
        _ => Vec::new(),
    };
    equal("incomplete paths", &incomplete(result), &expected)?;
    let pinned = format!("{}/{REPOSITORY}@{}", scene.registry.host(), image.digest);
    let pinned = (want.exit() == 0).then_some(pinned);
    equal("what may be run", &result["subject"]["pinned"].as_str(), &pinned.as_deref())
}

/// Path and reason of each piece of evidence that says that a path was not read to its end.
fn incomplete(result: &Value) -> Vec<(String, String)> {
    let evidence = result["evidence"].as_array().into_iter().flatten();
    let fact = |one: &Value, name: &str| {
        let mut facts = one["facts"].as_array().into_iter().flatten();
        let fact = facts.find(|fact| fact["name"] == name).and_then(|fact| fact["value"].as_str());
        fact.unwrap_or_default().to_owned()
    };
    evidence
        .filter(|one| one["kind"] == "incomplete")
        .filter(|one| one["summary"].as_str().is_some_and(|said| said.starts_with(&fact(one, "path"))))
        .map(|one| (fact(one, "path"), fact(one, "reason")))
        .collect()
}

fn cost(scene: &Scene, measured: &Measured) -> Result<(), String> {
    let allowed = scene.image_time() + MARGIN;
    if measured.time > allowed {
        return Err(format!("{:?}, more than {allowed:?}", measured.time));
    }
    match measured.peak_kib {
        Some(peak) if peak > MAX_PEAK_KIB => Err(format!("peak {peak} KiB, more than {MAX_PEAK_KIB}")),
        None if cfg!(target_os = "linux") => Err("the peak was not seen".to_owned()),
        _ => Ok(()),
    }
}

fn equal<T: PartialEq + std::fmt::Debug>(what: &str, got: &T, want: &T) -> Result<(), String> {
    if got == want { Ok(()) } else { Err(format!("{what}: {got:?}, not {want:?}")) }
}
