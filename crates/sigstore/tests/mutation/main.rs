//! Every field and every encoded region of good evidence is changed, removed, repeated and swapped: nothing of it is
//! accepted, but for a few named spellings of the same evidence, which give the same signer, content and times.
#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod bases;
mod classes;
mod mutants;
mod tree;

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use bases::Base;
use mutants::Mutant;

/// What the accepted mutants were, by class.
#[derive(Default)]
struct Tally {
    classes: BTreeMap<&'static str, usize>,
    unexpected: Vec<String>,
}

#[test]
fn no_mutant_of_good_evidence_is_accepted() {
    let bases = bases::all();
    let work: Vec<(&Base, Mutant)> = bases
        .iter()
        .flat_map(|base| {
            let peers: Vec<_> = bases.iter().filter(|b| b.name != base.name).map(|b| &b.document).collect();
            mutants::of_document(&base.document, &peers).into_iter().map(move |mutant| (base, mutant))
        })
        .collect();
    let (next, tried) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let tally = Mutex::new(Tally::default());
    let threads = std::thread::available_parallelism().map_or(2, NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((base, mutant)) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(outcome) = base.try_mutant(mutant) {
                        tried.fetch_add(1, Ordering::Relaxed);
                        record(&tally, base, mutant, outcome);
                    }
                }
            });
        }
    });
    let tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    let tried = tried.into_inner();
    println!(
        "{} documents, {tried} mutants, accepted as the same evidence: {:?}",
        bases.len(),
        tally.classes
    );
    assert!(
        tally.unexpected.is_empty(),
        "{} accepted:\n{}",
        tally.unexpected.len(),
        tally.unexpected.join("\n")
    );
    assert!(bases.len() >= 19 && tried >= 5000, "{} documents, {tried} mutants", bases.len());
    for (class, _) in classes::CLASSES {
        assert!(tally.classes.contains_key(class), "nothing is accepted as {class}: the class can go");
    }
}

/// Accepted is right only for a named class, and only as exactly the same evidence.
fn record(tally: &Mutex<Tally>, base: &Base, mutant: &Mutant, outcome: bases::Outcome) {
    let bases::Outcome::Accepted(found) = outcome else { return };
    let found = *found;
    let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    match classes::of(base, mutant) {
        Some(class) if base.is_evidence(&found) => *tally.classes.entry(class).or_default() += 1,
        Some(class) => {
            tally.unexpected.push(format!("{}{} as {class}, with other facts", base.name, mutant.label));
        }
        None => tally.unexpected.push(format!("{}{}", base.name, mutant.label)),
    }
}
