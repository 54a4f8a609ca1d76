//! Which statements decide: one that satisfies, or the newest by times that cannot be made up (verdicts.md 4 and 6).

use proofmark_core::Position;
use proptest::prelude::*;

use super::*;

const HOUR: i64 = 3600;

fn at(hour: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + hour * HOUR).unwrap()
}

fn origin() -> Origin {
    let start = Position { line: 1, column: 1 };
    Origin { file: "proofmark.toml".to_owned(), start, end: start, line_text: String::new() }
}

/// A statement in small: by signer `who`, a key below 2 and a workflow above.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    envelope: u8,
    who: u8,
    /// When its log or stamp says that it existed, in hours.
    verified: Option<i64>,
    /// What its payload says.
    payload: Option<i64>,
    good: bool,
}

fn accepted(said: &Said) -> Accepted {
    let unmet = Unmet {
        reason: Reason::Condition,
        expected: "good".to_owned(),
        observed: "bad".to_owned(),
        origin: origin(),
    };
    let name = format!("signer-{}", said.who);
    Accepted {
        envelope: Digest::sha256(&[said.envelope]),
        identity: match said.who {
            0 | 1 => DistinctIdentity::Key(name.clone()),
            _ => DistinctIdentity::Certificate { issuer: "ci".to_owned(), name: name.clone() },
        },
        signer: name.clone(),
        verified: said.verified.map(at),
        reading: Arc::new(Reading {
            time: said.payload.map(at),
            unmet: if said.good { Vec::new() } else { vec![unmet] },
            ..Reading::default()
        }),
        covers: Digest::sha256(b"image"),
        subjects: Arc::from([]),
        facts: Facts { place: String::new(), who: name, issuer: None, witness: None },
    }
}

fn threshold(at_least: usize) -> Threshold {
    Threshold { at_least, of: (0..4).map(|who| format!("signer-{who}")).collect(), origin: origin() }
}

/// Judged a hundred hours after the first, by statements no older than `max_age` hours.
fn judged(semantics: Semantics, at_least: usize, max_age: Option<i64>, all: &[Said]) -> Attested {
    let (threshold, origin) = (threshold(at_least), origin());
    let max_age = max_age.map(|hours| (SignedDuration::from_hours(hours), &origin));
    let settle = &|_: &Accepted| Settled::default();
    let terms = Terms { semantics, threshold: &threshold, max_age, now: at(100), settle };
    let mut bench = Bench::default();
    for said in all {
        bench.accept(accepted(said));
    }
    let relevant: Vec<&Accepted> = bench.accepted.iter().collect();
    weigh(&terms, &relevant).attested
}

fn newest(all: &[Said]) -> Attested {
    judged(Semantics::NewestDecides, 1, None, all)
}

/// By a workflow, whose certificate bounds its time.
fn scan(envelope: u8, verified: i64, good: bool) -> Said {
    Said { envelope, who: 2, verified: Some(verified), payload: Some(verified), good }
}

#[test]
fn a_newer_failing_one_beats_an_older_passing_one() {
    let (old, new) = (scan(1, 10, true), scan(2, 20, false));
    assert_eq!(newest(&[old.clone(), new.clone()]), Attested::Refused(Reason::Condition));
    assert_eq!(newest(&[new, old]), Attested::Refused(Reason::Condition), "in whatever order they come");
    assert_eq!(newest(&[scan(1, 10, false), scan(2, 20, true)]), Attested::Satisfied);
    assert_eq!(newest(&[]), Attested::Missing);
}

#[test]
fn ties_must_all_satisfy() {
    assert_eq!(newest(&[scan(1, 10, true), scan(2, 10, true)]), Attested::Satisfied);
    assert_eq!(newest(&[scan(1, 10, true), scan(2, 10, false)]), Attested::Refused(Reason::Condition));
}

/// Anyone can log or stamp an old envelope again: the earliest of its times counts, whichever copy has it.
#[test]
fn an_old_scan_that_is_logged_again_is_not_new() {
    let old = Said { envelope: 1, who: 2, verified: Some(10), payload: None, good: true };
    let again = Said { verified: Some(90), ..old.clone() };
    let bad = scan(2, 50, false);
    for all in [[old.clone(), again.clone(), bad.clone()], [bad, again, old]] {
        assert_eq!(newest(&all), Attested::Refused(Reason::Condition));
    }
}

/// A managed key's envelope can be stamped again and the first stamp left out: its own time says how old it is.
#[test]
fn a_key_without_a_time_of_its_own_has_no_order() {
    let keyed = |payload| Said { envelope: 1, who: 0, verified: Some(90), payload, good: true };
    assert_eq!(newest(&[keyed(None)]), Attested::OrderUnknown);
    assert_eq!(newest(&[keyed(None), scan(2, 10, true)]), Attested::OrderUnknown);
    assert_eq!(newest(&[keyed(Some(10)), scan(2, 50, false)]), Attested::Refused(Reason::Condition));
    assert_eq!(newest(&[keyed(Some(60)), scan(2, 50, false)]), Attested::Satisfied);
    // Where one is enough there is no order to know.
    assert_eq!(judged(Semantics::OneIsEnough, 1, None, &[keyed(None)]), Attested::Satisfied);
}

/// "A payload time later than the earliest verified time + 5 min does not satisfy."
#[test]
fn a_payload_cannot_be_newer_than_it_existed() {
    let said = |payload| Said { payload: Some(payload), ..scan(1, 10, true) };
    assert_eq!(newest(&[said(10)]), Attested::Satisfied);
    assert_eq!(newest(&[said(11)]), Attested::Refused(Reason::Condition));
    // Nor is it then the newest: it existed at ten.
    assert_eq!(newest(&[said(80), scan(2, 20, true)]), Attested::Satisfied);
}

#[test]
fn age_is_of_the_earliest_time() {
    let aged = |hours, all: &[Said]| judged(Semantics::NewestDecides, 1, Some(hours), all);
    assert_eq!(aged(90, &[scan(1, 10, true)]), Attested::Satisfied);
    assert_eq!(aged(89, &[scan(1, 10, true)]), Attested::Refused(Reason::TooOld));
    let restamped = Said { verified: Some(99), payload: Some(10), envelope: 1, who: 0, good: true };
    assert_eq!(aged(89, &[restamped]), Attested::Refused(Reason::TooOld));
}

/// "`all` and `at-least` each signer's own."
#[test]
fn each_signer_has_a_newest_of_its_own() {
    let two = |all: &[Said]| judged(Semantics::NewestDecides, 2, None, all);
    let by = |who, envelope, hour, good| Said { who, ..scan(envelope, hour, good) };
    assert_eq!(two(&[by(2, 1, 10, true), by(3, 2, 50, true)]), Attested::Satisfied);
    assert_eq!(two(&[by(2, 1, 10, true), by(2, 2, 50, true)]), Attested::TooFew);
    let newer_bad = [by(2, 1, 10, true), by(2, 3, 20, false), by(3, 2, 50, true)];
    assert_eq!(two(&newer_bad), Attested::Refused(Reason::Condition));
}

fn anything() -> impl Strategy<Value = Said> {
    let hours = || proptest::option::of(0i64..12);
    (0u8..4, 0u8..4, hours(), hours(), any::<bool>())
        .prop_map(|(envelope, who, verified, payload, good)| Said { envelope, who, verified, payload, good })
}

/// One envelope says one thing: copies differ in where they are logged alone.
fn consistent(mut all: Vec<Said>) -> Vec<Said> {
    let first = all.clone();
    for said in &mut all {
        let known = first.iter().find(|other| (other.envelope, other.who) == (said.envelope, said.who));
        if let Some(known) = known {
            (said.payload, said.good) = (known.payload, known.good);
        }
    }
    all
}

/// The rule of the newest in words of its own: over all statements of one signer or another.
fn brute(all: &[Said]) -> bool {
    let time = |said: &Said| {
        let copies = all.iter().filter(|other| (other.envelope, other.who) == (said.envelope, said.who));
        let verified = copies.filter_map(|copy| copy.verified).min();
        let bound = said.who > 1 || said.payload.is_some();
        if bound { verified.into_iter().chain(said.payload).min() } else { None }
    };
    let honest = |said: &Said| {
        let copies = all.iter().filter(|other| (other.envelope, other.who) == (said.envelope, said.who));
        let verified = copies.filter_map(|copy| copy.verified).min();
        match (said.payload, verified) {
            (Some(payload), Some(verified)) => payload <= verified,
            _ => true,
        }
    };
    let newest = all.iter().map(time).max().flatten();
    !all.is_empty()
        && all.iter().all(|said| time(said).is_some())
        && all.iter().filter(|said| time(said) == newest).all(|said| said.good && honest(said))
}

proptest! {
    #[test]
    fn the_newest_is_the_one_of_its_definition(all in proptest::collection::vec(anything(), 0..6)) {
        let all = consistent(all);
        prop_assert_eq!(newest(&all) == Attested::Satisfied, brute(&all), "{:?}", all);
    }

    /// Evidence that is added never takes back what one statement is enough for.
    #[test]
    fn one_is_enough_is_monotone(
        all in proptest::collection::vec(anything(), 0..6),
        more in anything(),
        at_least in 1usize..4,
    ) {
        let all = consistent(all);
        if judged(Semantics::OneIsEnough, at_least, None, &all) == Attested::Satisfied {
            // A copy that says something else would be another envelope.
            let more = Said { envelope: 9, payload: None, ..more };
            let with = [all, vec![more]].concat();
            prop_assert_eq!(judged(Semantics::OneIsEnough, at_least, None, &with), Attested::Satisfied);
        }
    }

    /// An order of arrival decides nothing.
    #[test]
    fn the_order_of_arrival_does_not_show(
        all in proptest::collection::vec(anything(), 0..6),
        at_least in 1usize..4,
    ) {
        let all = consistent(all);
        let back: Vec<Said> = all.iter().rev().cloned().collect();
        for semantics in [Semantics::OneIsEnough, Semantics::NewestDecides] {
            let (one, other) = (judged(semantics, at_least, None, &all), judged(semantics, at_least, None, &back));
            prop_assert_eq!(one, other);
        }
    }
}
