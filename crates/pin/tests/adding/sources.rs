//! Others who give the same SHA-256.

use proofmark_core::Digest;
use proofmark_lock::{Lock, SourceOf};
use proofmark_pin::AddError;
use proofmark_pin::recipe::List;

use crate::fixture;
use crate::world::{Asked, Call, Folder, Net, OP, op_zip};

const HERMIT: &str = "https://raw.githubusercontent.com/cashapp/hermit-packages/master/op.hcl";
const OWN: &str = "https://lists.acme.test/SHA256SUMS";

fn sum() -> Digest {
    Digest::sha256(&op_zip(&fixture("good.sig")))
}

fn line(sum: &Digest) -> String {
    format!("{}  op_linux_amd64_v2.39.0.zip\n", sum.hex())
}

fn run(wanted: usize, net: Net, lists: &[(&str, &str)]) -> Result<Vec<SourceOf>, AddError> {
    let mut net = net.with(OP, op_zip(&fixture("good.sig")));
    let list =
        |(operator, at): &(&str, &str)| List { operator: (*operator).to_owned(), at: (*at).to_owned() };
    let call = Call { lists: lists.iter().map(list).collect(), ..Call::of("op") };
    let asked = Asked { sources: wanted, ..Asked::signed() };
    call.run(&asked, &mut net, &Folder::new()).map(|added| added.pin.sources)
}

fn names(sources: Vec<SourceOf>) -> Vec<String> {
    sources.into_iter().map(|source| source.operator).collect()
}

#[test]
fn as_many_as_the_policy_asks_for() {
    let hermit = || Net::default().with(HERMIT, format!("\"{OP}\": \"{}\",", sum().hex()));
    // None is asked for: no list is fetched.
    assert_eq!(names(run(0, hermit(), &[]).unwrap()), [""; 0]);
    assert_eq!(names(run(1, hermit(), &[]).unwrap()), ["cashapp"]);
    let error = run(2, hermit(), &[]).unwrap_err();
    assert!(matches!(error, AddError::Sources { found: 1, wanted: 2, .. }), "{error}");
    let both = hermit().with(OWN, line(&sum()));
    assert_eq!(names(run(2, both, &[("acme", OWN)]).unwrap()), ["acme", "cashapp"]);
}

#[test]
fn one_who_disagrees_ends_it() {
    let net = Net::default().with(HERMIT, line(&Digest::sha256(b"other")));
    let error = run(1, net, &[]).unwrap_err();
    assert!(matches!(error, AddError::Disagree { ref operator, .. } if operator == "cashapp"), "{error}");
    // Also where enough others agree, if it was named.
    let net = Net::default()
        .with(HERMIT, format!("\"{OP}\": \"{}\",", sum().hex()))
        .with(OWN, line(&Digest::sha256(b"other")));
    assert!(matches!(run(1, net, &[("acme", OWN)]), Err(AddError::Disagree { .. })));
    let net = Net::default().with(OWN, format!("{}{}", line(&sum()), line(&Digest::sha256(b"other"))));
    assert!(matches!(run(1, net, &[("acme", OWN)]), Err(AddError::Disagree { .. })));
}

/// The vendor's own list, and one that lies where the download lies, are no second source; nor are two of one operator.
#[test]
fn the_same_hand_counts_for_nothing() {
    let beside = "https://cache.agilebits.com/SHA256SUMS";
    let net = || Net::default().with(beside, line(&sum())).with(OWN, line(&sum()));
    for lists in [&[("friend", beside)][..], &[("1Password", OWN)], &[("1password", beside)]] {
        let error = run(1, net(), lists).unwrap_err();
        assert!(matches!(error, AddError::Sources { found: 0, .. }), "{lists:?}: {error}");
    }
    let again = "https://lists.acme.test/again";
    let net = net().with(again, line(&sum()));
    let error = run(2, net, &[("acme", OWN), ("acme", again)]).unwrap_err();
    assert!(matches!(error, AddError::Sources { found: 1, .. }), "{error}");
}

/// A list that does not answer is a source less, and told.
#[test]
fn a_list_that_is_silent() {
    let net = Net { dead: vec![HERMIT.to_owned()], ..Net::default() };
    let error = run(1, net, &[("acme", OWN)]).unwrap_err();
    let AddError::Sources { silent, .. } = error else { panic!("{error}") };
    assert_eq!(silent.len(), 2, "{silent:?}");
}

/// What a list confirmed before stays confirmed for the same bytes.
#[test]
fn sources_of_the_lock_are_kept() {
    let net = || Net::default().with(OP, op_zip(&fixture("good.sig")));
    let mut pin = Call::of("op").run(&Asked::signed(), &mut net(), &Folder::new()).unwrap().pin;
    pin.sources =
        vec![SourceOf { operator: "homebrew".to_owned(), at: "https://formulae.brew.sh/op".to_owned() }];
    let mut lock = Lock::default();
    lock.insert(pin);
    let asked = Asked { sources: 1, ..Asked::signed() };
    let added = Call { lock, ..Call::of("op") }.run(&asked, &mut net(), &Folder::new()).unwrap();
    assert_eq!(names(added.pin.sources), ["homebrew"]);
}
