//! `[image.attestation.*]`. Where one statement is enough, fewer signers accept less. Where the newest decides they may accept more:
//! the newest of fewer may be an older one, that passes. So there a change of the signers is always told as loosening.

use super::Way;
use super::entries::{Delta, optional, ordered, threshold, threshold_text};
use crate::Attestations;
use crate::attestation::{
    AllowedAdvisory, Condition, CustomRule, Demand, ProvenanceRule, SbomRule, VsaRule, VulnerabilityRule,
};

pub(super) fn attestations(was: &Attestations, is: &Attestations) -> Vec<Delta> {
    let Attestations { provenance, vulnerabilities, vsa, sbom, custom } = is;
    joined([
        optional("provenance", was.provenance.as_ref(), provenance.as_ref(), self::provenance),
        optional(
            "vulnerabilities",
            was.vulnerabilities.as_ref(),
            vulnerabilities.as_ref(),
            self::vulnerabilities,
        ),
        optional("vsa", was.vsa.as_ref(), vsa.as_ref(), self::vsa),
        optional("sbom", was.sbom.as_ref(), sbom.as_ref(), self::sbom),
        optional("custom", was.custom.as_ref(), custom.as_ref(), self::custom),
    ])
}

fn joined<const N: usize>(deltas: [Vec<Delta>; N]) -> Vec<Delta> {
    deltas.into_iter().flatten().collect()
}

/// A demand that is new tightens; one that is gone or says something else loosens.
fn demand<T: PartialEq>(name: &str, was: Option<&Demand<T>>, is: Option<&Demand<T>>) -> Vec<Delta> {
    optional(name, was, is, |was, is| equal(name, &was.value, &is.value))
}

pub(super) fn equal<T: PartialEq>(name: &str, was: &T, is: &T) -> Vec<Delta> {
    if was == is { Vec::new() } else { vec![Delta::new(Way::Loosens, format!("{name} says something else"))] }
}

/// Values that must all be met: more of them tighten.
fn all<T>(name: &str, was: &[T], is: &[T], same: impl Fn(&T, &T) -> bool) -> Vec<Delta> {
    let holds = |list: &[T], one: &T| list.iter().any(|other| same(other, one));
    if was.iter().any(|one| !holds(is, one)) {
        return vec![Delta::new(Way::Loosens, format!("{name} asks for less, or for something else"))];
    }
    let more = is.iter().any(|one| !holds(was, one));
    more.then(|| Delta::new(Way::Tightens, format!("{name} asks for more"))).into_iter().collect()
}

/// Values of which one is enough, an empty list standing for every value.
fn any<T>(name: &str, was: &[T], is: &[T], same: impl Fn(&T, &T) -> bool) -> Vec<Delta> {
    let within =
        |some: &[T], others: &[T]| some.iter().all(|one| others.iter().any(|other| same(one, other)));
    let way = match (was, is) {
        ([], []) => return Vec::new(),
        ([], _) => Way::Tightens,
        (_, []) => Way::Loosens,
        (was, is) if !within(is, was) => Way::Loosens,
        (was, is) if within(was, is) => return Vec::new(),
        _ => Way::Tightens,
    };
    let how = if way == Way::Tightens { "allows less" } else { "allows more, or something else" };
    vec![Delta::new(way, format!("{name} {how}"))]
}

fn signed_by(
    table: &str,
    was: &proofmark_core::Threshold,
    is: &proofmark_core::Threshold,
    newest: bool,
) -> Vec<Delta> {
    let name = format!("{table}.signed-by");
    let way = threshold(was, is).map(|way| if newest { Way::Loosens } else { way });
    way.map(|way| Delta::new(way, threshold_text(&name, way))).into_iter().collect()
}

fn same<T: PartialEq>(a: &Demand<T>, b: &Demand<T>) -> bool {
    a.value == b.value
}

fn provenance(was: &ProvenanceRule, is: &ProvenanceRule) -> Vec<Delta> {
    let ProvenanceRule {
        signed_by: by,
        builder,
        source,
        source_ref,
        workflow,
        build_type,
        absent_parameters,
        materials,
        origin: _,
    } = is;
    joined([
        signed_by("provenance", &was.signed_by, by, false),
        demand("provenance.builder", was.builder.as_ref(), builder.as_ref()),
        demand("provenance.source", was.source.as_ref(), source.as_ref()),
        demand("provenance.source-ref", was.source_ref.as_ref(), source_ref.as_ref()),
        demand("provenance.workflow", was.workflow.as_ref(), workflow.as_ref()),
        demand("provenance.build-type", was.build_type.as_ref(), build_type.as_ref()),
        all("provenance.absent-parameters", &was.absent_parameters, absent_parameters, same),
        any("provenance.materials", &was.materials, materials, same),
    ])
}

fn vulnerabilities(was: &VulnerabilityRule, is: &VulnerabilityRule) -> Vec<Delta> {
    let VulnerabilityRule {
        signed_by: by,
        max_age,
        fail_at,
        allow,
        vex_signed_by,
        covers_children,
        origin: _,
    } = is;
    let vex = match (&was.vex_signed_by, vex_signed_by) {
        (None, None) => false,
        (Some(was), Some(is)) => threshold(was, is).is_some(),
        _ => true,
    };
    let vex = vex.then(|| Delta::new(Way::Loosens, "vulnerabilities.vex-signed-by is otherwise"));
    joined([
        signed_by("vulnerabilities", &was.signed_by, by, true),
        age("vulnerabilities.max-age", was.max_age.as_ref(), max_age.as_ref()),
        optional("vulnerabilities.fail-at", was.fail_at.as_ref(), fail_at.as_ref(), |was, is| {
            // The lower the severity, the more fails.
            ordered("vulnerabilities.fail-at", std::cmp::Reverse(was.value), std::cmp::Reverse(is.value))
                .into_iter()
                .collect()
        }),
        allowed(&was.allow, allow),
        vex.into_iter().collect(),
        equal("vulnerabilities.scope", &was.covers_children, covers_children),
    ])
}

fn age(
    name: &str,
    was: Option<&Demand<std::time::Duration>>,
    is: Option<&Demand<std::time::Duration>>,
) -> Vec<Delta> {
    use std::cmp::Reverse;
    optional(name, was, is, |was, is| {
        ordered(name, Reverse(was.value), Reverse(is.value)).into_iter().collect()
    })
}

fn allowed(was: &[AllowedAdvisory], is: &[AllowedAdvisory]) -> Vec<Delta> {
    let longer =
        |one: &AllowedAdvisory| !was.iter().any(|other| other.id == one.id && other.until >= one.until);
    if let Some(one) = is.iter().find(|one| longer(one)) {
        let text = format!("vulnerabilities.allow has {} anew, or for longer", one.id);
        return vec![Delta { origin: Some(one.origin.clone()), ..Delta::new(Way::Loosens, text) }];
    }
    let shorter =
        |one: &AllowedAdvisory| !is.iter().any(|other| other.id == one.id && other.until == one.until);
    let fewer = was.iter().any(shorter);
    fewer.then(|| Delta::new(Way::Tightens, "vulnerabilities.allow allows less")).into_iter().collect()
}

fn vsa(was: &VsaRule, is: &VsaRule) -> Vec<Delta> {
    let VsaRule { signed_by: by, verifier, levels, policy_digest, max_age, origin: _ } = is;
    joined([
        signed_by("vsa", &was.signed_by, by, true),
        // Whose summaries are read: the newest of others may pass.
        equal("vsa.verifier", &was.verifier.value, &verifier.value),
        all("vsa.levels", &was.levels, levels, same),
        demand("vsa.policy-digest", was.policy_digest.as_ref(), policy_digest.as_ref()),
        age("vsa.max-age", was.max_age.as_ref(), max_age.as_ref()),
    ])
}

fn sbom(was: &SbomRule, is: &SbomRule) -> Vec<Delta> {
    let SbomRule { signed_by: by, formats, min_components, covers_children, origin: _ } = is;
    joined([
        signed_by("sbom", &was.signed_by, by, false),
        any("sbom.formats", &was.formats, formats, same),
        ordered("sbom.min-components", was.min_components.value, min_components.value).into_iter().collect(),
        equal("sbom.scope", &was.covers_children, covers_children),
    ])
}

fn custom(was: &CustomRule, is: &CustomRule) -> Vec<Delta> {
    let CustomRule { signed_by: by, kind, conditions, origin: _ } = is;
    let same = |a: &Condition, b: &Condition| (&a.pointer, &a.equals) == (&b.pointer, &b.equals);
    joined([
        signed_by("custom", &was.signed_by, by, false),
        equal("custom.type", &was.kind.value, &kind.value),
        all("custom.where", &was.conditions, conditions, same),
    ])
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proofmark_core::{Threshold, Timestamp};

    use super::*;
    use crate::attestation::FailAt;
    use crate::source::nowhere;

    fn by(at_least: usize, of: &[&str]) -> Threshold {
        Threshold { at_least, of: of.iter().map(|name| (*name).to_owned()).collect(), origin: nowhere("p") }
    }

    fn demand<T>(value: T) -> Demand<T> {
        Demand { value, origin: nowhere("p") }
    }

    fn scan() -> VulnerabilityRule {
        let at = |second| Timestamp::from_second(second).unwrap();
        let allowed = |id: &str, until| AllowedAdvisory {
            id: id.to_owned(),
            why: "w".to_owned(),
            until: at(until),
            origin: nowhere("p"),
        };
        VulnerabilityRule {
            signed_by: by(1, &["a", "b"]),
            max_age: Some(demand(Duration::from_mins(1))),
            fail_at: Some(demand(FailAt::High)),
            allow: vec![allowed("CVE-1", 10), allowed("CVE-2", 20)],
            vex_signed_by: None,
            covers_children: false,
            origin: nowhere("p"),
        }
    }

    /// The worst way of what a change of [`scan`] does; `None` if it does nothing.
    fn scans(change: impl FnOnce(&mut VulnerabilityRule)) -> Option<Way> {
        let (was, mut is) = (scan(), scan());
        change(&mut is);
        vulnerabilities(&was, &is).iter().map(|delta| delta.way).max()
    }

    /// Where the newest decides, leaving out who made it lets an older one decide.
    #[test]
    fn fewer_scanners_loosen() {
        assert_eq!(scans(|_| {}), None);
        assert_eq!(scans(|rule| rule.signed_by = by(1, &["a"])), Some(Way::Loosens));
        assert_eq!(scans(|rule| rule.signed_by = by(2, &["a", "b"])), Some(Way::Loosens));
        assert_eq!(scans(|rule| rule.vex_signed_by = Some(by(1, &["a"]))), Some(Way::Loosens));
        assert_eq!(scans(|rule| rule.covers_children = true), Some(Way::Loosens));
    }

    #[test]
    fn what_a_scan_must_say() {
        assert_eq!(scans(|rule| rule.max_age = Some(demand(Duration::from_secs(59)))), Some(Way::Tightens));
        assert_eq!(scans(|rule| rule.max_age = Some(demand(Duration::from_secs(61)))), Some(Way::Loosens));
        assert_eq!(scans(|rule| rule.max_age = None), Some(Way::Loosens));
        assert_eq!(scans(|rule| rule.fail_at = Some(demand(FailAt::Medium))), Some(Way::Tightens));
        assert_eq!(scans(|rule| rule.fail_at = Some(demand(FailAt::Critical))), Some(Way::Loosens));
        assert_eq!(scans(|rule| drop(rule.allow.pop())), Some(Way::Tightens));
        assert_eq!(
            scans(|rule| rule.allow[0].until = Timestamp::from_second(9).unwrap()),
            Some(Way::Tightens)
        );
        assert_eq!(
            scans(|rule| rule.allow[0].until = Timestamp::from_second(11).unwrap()),
            Some(Way::Loosens)
        );
        assert_eq!(scans(|rule| "CVE-3".clone_into(&mut rule.allow[1].id)), Some(Way::Loosens));
    }

    fn summary() -> VsaRule {
        VsaRule {
            signed_by: by(1, &["a", "b"]),
            verifier: demand("https://acme.example/v".to_owned()),
            levels: vec![demand("SLSA_BUILD_LEVEL_2".to_owned())],
            policy_digest: None,
            max_age: None,
            origin: nowhere("p"),
        }
    }

    #[test]
    fn what_a_summary_must_say() {
        let summaries = |change: &dyn Fn(&mut VsaRule)| {
            let (was, mut is) = (summary(), summary());
            change(&mut is);
            vsa(&was, &is).iter().map(|delta| delta.way).max()
        };
        assert_eq!(summaries(&|_| {}), None);
        assert_eq!(summaries(&|rule| rule.signed_by = by(1, &["a"])), Some(Way::Loosens));
        assert_eq!(summaries(&|rule| rule.verifier = demand("x".to_owned())), Some(Way::Loosens));
        assert_eq!(summaries(&|rule| rule.levels.clear()), Some(Way::Loosens));
        assert_eq!(summaries(&|rule| rule.levels.push(demand("x".to_owned()))), Some(Way::Tightens));
        assert_eq!(
            summaries(&|rule| rule.max_age = Some(demand(Duration::from_secs(1)))),
            Some(Way::Tightens)
        );
    }

    #[test]
    fn of_values_one_is_enough() {
        let way = |was: &[u8], is: &[u8]| any("x", was, is, |a, b| a == b).first().map(|delta| delta.way);
        assert_eq!((way(&[], &[]), way(&[1, 2], &[2, 1])), (None, None));
        assert_eq!((way(&[], &[1]), way(&[1, 2], &[1])), (Some(Way::Tightens), Some(Way::Tightens)));
        assert_eq!((way(&[1], &[]), way(&[1], &[1, 2])), (Some(Way::Loosens), Some(Way::Loosens)));
        assert_eq!(way(&[1, 2], &[3]), Some(Way::Loosens));
    }
}
