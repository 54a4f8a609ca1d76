//! The match against a brute force, and what it must never say.

use proofmark_core::{Origin, Position, Threshold};
use proofmark_sigstore::threshold::DistinctIdentity;
use proptest::prelude::*;

use super::*;

const DAY: i64 = 24 * 60 * 60;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn layer(name: u8) -> Digest {
    Digest::sha256(&[name])
}

fn layers(names: &[u8]) -> Vec<Digest> {
    names.iter().copied().map(layer).collect()
}

fn platform(text: &str) -> Platform {
    Platform::parse(text).unwrap()
}

fn base(name: &str, names: &[u8]) -> ApprovedBase {
    let start = Position { line: 1, column: 1 };
    ApprovedBase {
        name: name.to_owned(),
        digests: vec![Digest::sha256(name.as_bytes())],
        platforms: vec![platform("linux/amd64")],
        diff_ids: layers(names),
        not_after: None,
        revoked: None,
        added_by: "ops".to_owned(),
        why: "reviewed".to_owned(),
        origin: Origin { file: "b.toml".to_owned(), start, end: start, line_text: String::new() },
    }
}

fn judged<'p>(bases: &'p [ApprovedBase], image: &[u8]) -> Standing<'p> {
    standing(bases, &platform("linux/amd64"), &layers(image), at(DAY))
}

/// BASE-02: the whole base, and the longest.
#[test]
fn base_02_one_common_layer_and_a_shortened_base_are_no_base() {
    let bases = [base("os", &[1]), base("runtime", &[1, 2, 3])];
    assert_eq!(judged(&bases, &[1, 2, 3, 9]), Standing::Approved(&bases[1]));
    assert_eq!(judged(&bases, &[1, 2, 9]), Standing::Approved(&bases[0]));
    assert_eq!(judged(&bases[1..], &[1, 9]), Standing::Unknown);
    assert_eq!(judged(&bases, &[2, 3, 1]), Standing::Unknown, "order counts");
    assert_eq!(judged(&bases, &[9, 1, 2, 3]), Standing::Unknown, "from the bottom");
    assert_eq!(judged(&bases, &[1, 2, 3]), Standing::Approved(&bases[1]), "the base itself");
}

/// BASE-02: every image begins with nothing.
#[test]
fn base_02_the_empty_list_is_never_a_base() {
    let bases = [base("nothing", &[])];
    for image in [&[][..], &[1], &[1, 2]] {
        assert_eq!(judged(&bases, image), Standing::Unknown);
    }
}

/// BASE-02: "else an expired child would pass by its older parent".
#[test]
fn base_02_an_ended_or_revoked_child_does_not_pass_by_its_parent() {
    let ended = ApprovedBase { not_after: Some(at(DAY)), ..base("child", &[1, 2]) };
    let revoked = ApprovedBase { revoked: Some("CVE".to_owned()), ..ended.clone() };
    let parent = base("parent", &[1]);
    let bases = [parent.clone(), ended.clone()];
    assert_eq!(judged(&bases, &[1, 2, 9]), Standing::Ended(&bases[1]), "at its last second");
    assert_eq!(judged(&bases, &[1, 9]), Standing::Approved(&bases[0]));
    let bases = [revoked, parent];
    assert_eq!(judged(&bases, &[1, 2, 9]), Standing::Revoked(&bases[0]));
    let bases = [ApprovedBase { not_after: Some(at(DAY + 1)), ..ended }];
    assert_eq!(judged(&bases, &[1, 2, 9]), Standing::Approved(&bases[0]));
}

#[test]
fn of_equal_lists_the_worst_counts() {
    let good = base("good", &[1]);
    let ended = ApprovedBase { not_after: Some(at(0)), ..base("ended", &[1]) };
    let revoked = ApprovedBase { revoked: Some("CVE".to_owned()), ..base("revoked", &[1]) };
    let two = [good.clone(), ended.clone()];
    assert_eq!(judged(&two, &[1, 9]), Standing::Ended(&two[1]));
    let three = [good, ended, revoked];
    assert_eq!(judged(&three, &[1, 9]), Standing::Revoked(&three[2]));
}

/// BASE-02: a variant or a build of Windows that the row does not name takes no image off a base that is out of force.
#[test]
fn base_02_another_platform_does_not_hide_a_base_that_is_out_of_force() {
    let parent = ApprovedBase { platforms: vec![platform("windows/amd64")], ..base("parent", &[1]) };
    let child =
        ApprovedBase { platforms: vec![platform("windows/amd64:10.0.20348.1")], ..base("child", &[1, 2]) };
    let revoked = ApprovedBase { revoked: Some("CVE".to_owned()), ..child.clone() };
    let ended = ApprovedBase { not_after: Some(at(DAY)), ..child.clone() };
    let on = |bases: &[ApprovedBase]| match standing(
        bases,
        &platform("windows/amd64:10.0.17763.1"),
        &layers(&[1, 2, 9]),
        at(DAY),
    ) {
        Standing::Approved(base) => base.name.clone(),
        other => format!("{other:?}").chars().take_while(|c| c.is_alphabetic()).collect(),
    };
    assert_eq!(on(&[parent.clone(), child]), "parent", "an approval is for its platforms");
    assert_eq!(on(&[parent.clone(), revoked]), "Revoked");
    assert_eq!(on(&[parent, ended]), "Ended");
}

#[test]
fn the_platform_is_the_rows() {
    for (listed, image, same) in [
        ("linux/amd64", "linux/amd64", true),
        ("linux/amd64", "linux/arm64", false),
        ("linux/amd64", "windows/amd64", false),
        ("linux/arm64", "linux/arm64/v8", true),
        ("linux/arm64/v8", "linux/arm64", true),
        ("linux/arm", "linux/arm/v7", true),
        ("linux/arm/v7", "linux/arm/v6", false),
        ("linux/amd64", "linux/amd64/v3", false),
        ("windows/amd64", "windows/amd64:10.0.20348.1", true),
        ("windows/amd64:10.0.20348.1", "windows/amd64:10.0.17763.1", false),
        ("windows/amd64:10.0.20348.1", "windows/amd64", false),
    ] {
        let bases = [ApprovedBase { platforms: vec![platform(listed)], ..base("b", &[1]) }];
        let found = longest(&bases, &platform(image), &layers(&[1, 2]), at(DAY));
        assert_eq!(!found.is_empty(), same, "{listed} {image}");
    }
}

fn built(signer: &str, materials: &[&Material], satisfies: bool) -> Built {
    let identity = DistinctIdentity::Key(signer.to_owned());
    let materials = materials.iter().map(|one| (*one).clone()).collect();
    Built { signer: signer.to_owned(), identity, satisfies, materials }
}

fn from(at_least: usize, statements: Vec<Built>) -> BuiltFrom {
    let of = ["a", "b"].map(str::to_owned).to_vec();
    let origin = bases_origin();
    BuiltFrom { statements, threshold: Threshold { at_least, of, origin }, open: None }
}

fn bases_origin() -> Origin {
    base("x", &[1]).origin
}

/// By digest, and what is absent names nothing; as many signers as the rule asks for must name it.
#[test]
fn provenance_names_a_base_by_digest_alone() {
    let runtime = base("runtime", &[1]);
    let material =
        |uri: &str, digest: &Digest| Material { uri: uri.to_owned(), digests: vec![digest.clone()] };
    let builder = material("pkg:docker/golang@1.24", &Digest::sha256(b"golang"));
    let other = material("pkg:docker/runtime@1", &Digest::sha256(b"another runtime"));
    let same = material("", &runtime.digests[0]);
    let all = [&builder, &other, &same];
    for (at_least, statements, names, mentions) in [
        (1, vec![], false, false),
        (1, vec![built("a", &[], true)], false, false),
        (1, vec![built("a", &[&builder, &other], true)], false, false),
        (1, vec![built("a", &all, true)], true, true),
        (1, vec![built("a", &all, false)], false, true),
        (2, vec![built("a", &all, true)], false, true),
        (2, vec![built("a", &all, true), built("b", &[&other], true)], false, true),
        (2, vec![built("a", &all, true), built("b", &[&same], true)], true, true),
    ] {
        let from = from(at_least, statements);
        assert_eq!((from.names(&runtime), from.mentions(&runtime)), (names, mentions), "{from:?}");
    }
    let uris = from(1, vec![built("a", &all, true), built("b", &all, false)]).uris();
    assert_eq!(uris, ["pkg:docker/golang@1.24", "pkg:docker/runtime@1", "a material without URI"]);
}

/// A list over three names, so that prefixes are often shared.
fn names() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(0u8..3, 0..5)
}

fn row() -> impl Strategy<Value = ApprovedBase> {
    (names(), any::<bool>(), 0i64..3, any::<bool>()).prop_map(|(names, revoked, days, arm)| ApprovedBase {
        revoked: revoked.then(|| "why".to_owned()),
        not_after: (days > 0).then(|| at(days * DAY)),
        platforms: vec![platform(if arm { "linux/arm64" } else { "linux/amd64" })],
        ..base("b", &names)
    })
}

/// Every length, every row, every layer, one by one.
fn brute(bases: &[ApprovedBase], image: &[Digest]) -> u8 {
    for length in (1..=image.len()).rev() {
        let mut worst = None;
        for base in bases.iter().filter(|base| base.diff_ids.len() == length) {
            let whole = (0..length).all(|at| base.diff_ids[at] == image[at]);
            let ended = base.not_after.is_some_and(|end| end.as_second() <= DAY);
            if whole && (ended || base.revoked.is_some() || base.platforms[0].architecture == "amd64") {
                let rank = if base.revoked.is_some() { 3 } else { 1 + u8::from(ended) };
                worst = worst.max(Some(rank));
            }
        }
        if let Some(rank) = worst {
            return rank;
        }
    }
    0
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn matches_as_a_brute_force_does(bases in proptest::collection::vec(row(), 0..8), image in names()) {
        let rank = match judged(&bases, &image) {
            Standing::Unknown => 0,
            Standing::Approved(_) => 1,
            Standing::Ended(_) => 2,
            Standing::Revoked(_) => 3,
        };
        prop_assert_eq!(rank, brute(&bases, &layers(&image)));
    }

    /// More layers on top never change what an image stands on, unless a longer base is listed.
    #[test]
    fn layers_on_top_reach_a_longer_base_or_none(bases in proptest::collection::vec(row(), 0..8), image in names()) {
        let before = longest(&bases, &platform("linux/amd64"), &layers(&image), at(DAY)).first().map(|b| b.diff_ids.len());
        let more: Vec<u8> = image.into_iter().chain([7]).collect();
        let after = longest(&bases, &platform("linux/amd64"), &layers(&more), at(DAY)).first().map(|b| b.diff_ids.len());
        prop_assert_eq!(before, after);
    }
}
