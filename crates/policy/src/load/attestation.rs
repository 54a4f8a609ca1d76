//! `[image.attestation.*]`: read in full, every error told.

use proofmark_core::pattern::{Glob, IdentityGlob};
use proofmark_core::{Digest, Origin, Threshold};

use super::draft::DraftThreshold;
use super::images::not_for_images;
use super::signers::Signers;
use super::{pattern, threshold};
use crate::attestation::{
    AllowedAdvisory, Attestations, Condition, CustomRule, Demand, FailAt, ProvenanceRule, SbomFormat,
    SbomRule, Scalar, VsaRule, VulnerabilityRule, source_uri,
};
use crate::error::{Code, Errors};
use crate::level::SlsaLevel;
use crate::schema::{Item, Text, View};

const TABLES: &[&str] = &["provenance", "vulnerabilities", "vsa", "sbom", "custom"];

/// Whether the entry has an attestation rule with signers.
pub(super) fn is_signed(image: &View<'_>) -> bool {
    let Some(attestation) = image.table("attestation") else { return false };
    TABLES.iter().filter_map(|name| attestation.table(name)).any(|table| table.has("signed-by"))
}

pub(super) fn read(image: &View<'_>, signers: &Signers, errors: &mut Errors) -> Attestations {
    let Some(attestation) = image.table("attestation") else { return Attestations::default() };
    if !TABLES.iter().any(|name| attestation.has(name)) {
        let message = "attestation names no rule";
        errors.push(Code::AttestationUnsigned, &attestation.origin(), message, "remove it");
    }
    let mut reader = Reader { signers, errors };
    let mut table = |name: &str| {
        let table = attestation.table(name)?;
        let origin = attestation.key(name);
        let signed_by = reader.signed_by(&table, name, &origin);
        Some((table, signed_by, origin))
    };
    let (provenance, vulnerabilities) = (table("provenance"), table("vulnerabilities"));
    let (vsa, sbom, custom) = (table("vsa"), table("sbom"), table("custom"));
    Attestations {
        provenance: provenance.and_then(|(table, by, origin)| reader.provenance(&table, by, origin)),
        vulnerabilities: vulnerabilities
            .and_then(|(table, by, origin)| reader.vulnerabilities(&table, by, origin)),
        vsa: vsa.and_then(|(table, by, origin)| reader.vsa(&table, by, origin)),
        sbom: sbom.and_then(|(table, by, origin)| reader.sbom(&table, by, origin)),
        custom: custom.and_then(|(table, by, origin)| reader.custom(&table, by, origin)),
    }
}

struct Reader<'a> {
    signers: &'a Signers,
    errors: &'a mut Errors,
}

impl Reader<'_> {
    fn signed_by(&mut self, table: &View<'_>, name: &str, origin: &Origin) -> Option<Threshold> {
        if !table.has("signed-by") {
            let message = format!("attestation.{name} does not say who must have signed it: anyone could");
            self.errors.push(Code::AttestationUnsigned, origin, message, "add signed-by = [\"…\"]");
        }
        self.threshold(table, "signed-by")
    }

    fn threshold(&mut self, table: &View<'_>, key: &str) -> Option<Threshold> {
        let draft = threshold::read(table, key, self.signers, self.errors)?;
        not_for_images(Some(&draft), self.signers, self.errors);
        let DraftThreshold { at_least, of, origin } = draft;
        Some(Threshold { at_least, of: of.into_iter().map(|name| name.value).collect(), origin })
    }

    fn provenance(
        &mut self,
        table: &View<'_>,
        signed_by: Option<Threshold>,
        origin: Origin,
    ) -> Option<ProvenanceRule> {
        let builder = table.text("builder").and_then(|text| self.identity(&text));
        let source = table.text("source").and_then(|text| self.source(&text));
        let source_ref = table.text("source-ref").and_then(|text| self.glob(&text));
        let absent_parameters = self.texts(table, "absent-parameters");
        let absent_parameters = absent_parameters.into_iter().filter(|text| self.is_pointer(text)).collect();
        let materials = self.texts(table, "materials");
        let materials = materials.iter().filter_map(|text| self.glob(text)).collect();
        Some(ProvenanceRule {
            signed_by: signed_by?,
            builder,
            source,
            source_ref,
            workflow: table.text("workflow").map(demand),
            build_type: table.text("build-type").map(demand),
            absent_parameters: demands(absent_parameters),
            materials,
            origin,
        })
    }

    fn vulnerabilities(
        &mut self,
        table: &View<'_>,
        signed_by: Option<Threshold>,
        origin: Origin,
    ) -> Option<VulnerabilityRule> {
        let fail_at = table.text("fail-at").and_then(|text| {
            let value = FailAt::ALL.into_iter().find(|one| one.as_str() == text.value)?;
            Some(Demand { value, origin: text.origin })
        });
        if !table.has("fail-at") {
            for key in ["allow", "vex-signed-by"].into_iter().filter(|key| table.has(key)) {
                let message = format!("`{key}` has no meaning without fail-at: no finding fails");
                self.errors.push(Code::BadValue, &table.key(key), message, "add fail-at, or remove it");
            }
        }
        self.not_empty(table, "allow");
        let rows = table.rows("allow");
        let allow = rows.iter().filter_map(allowed).collect();
        let vex_signed_by = self.threshold(table, "vex-signed-by");
        Some(VulnerabilityRule {
            signed_by: signed_by?,
            max_age: max_age(table),
            fail_at,
            allow,
            vex_signed_by,
            covers_children: table.has("scope"),
            origin,
        })
    }

    fn vsa(&mut self, table: &View<'_>, signed_by: Option<Threshold>, origin: Origin) -> Option<VsaRule> {
        let levels = self.texts(table, "levels");
        for level in levels.iter().filter(|level| !SlsaLevel::is_name(&level.value)) {
            let message =
                format!("no summary can state `{}`: SLSA_ begins the levels of its tracks", level.value);
            let help = "write it like SLSA_BUILD_LEVEL_3, or a level of your own under another prefix";
            self.errors.push(Code::BadValue, &level.origin, message, help);
        }
        let policy_digest = table.text("policy-digest").and_then(|text| match Digest::parse(&text.value) {
            Ok(value) => Some(Demand { value, origin: text.origin }),
            Err(error) => {
                let help = "write sha256: and 64 hexadecimal digits";
                self.errors.push(Code::BadValue, &text.origin, format!("policy-digest: {error}"), help);
                None
            }
        });
        Some(VsaRule {
            signed_by: signed_by?,
            verifier: demand(table.text("verifier")?),
            levels: demands(levels),
            policy_digest,
            max_age: max_age(table),
            origin,
        })
    }

    fn sbom(&mut self, table: &View<'_>, signed_by: Option<Threshold>, origin: Origin) -> Option<SbomRule> {
        let formats = self.texts(table, "formats");
        let formats = formats
            .into_iter()
            .filter_map(|text| {
                let value = SbomFormat::ALL.into_iter().find(|one| one.as_str() == text.value)?;
                Some(Demand { value, origin: text.origin })
            })
            .collect();
        let min_components = match table.item("min-components") {
            None => Demand { value: 1, origin: origin.clone() },
            Some(item) => {
                let value = item.whole().and_then(|number| u64::try_from(number).ok()).filter(|n| *n > 0);
                if value.is_none() && item.whole().is_some() {
                    let message = "min-components is below 1: an empty SBOM would do";
                    self.errors.push(Code::BadValue, &item.origin(), message, "write 1 or more");
                }
                Demand { value: value?, origin: item.origin() }
            }
        };
        let covers_children = table.has("scope");
        Some(SbomRule { signed_by: signed_by?, formats, min_components, covers_children, origin })
    }

    fn custom(
        &mut self,
        table: &View<'_>,
        signed_by: Option<Threshold>,
        origin: Origin,
    ) -> Option<CustomRule> {
        self.not_empty(table, "where");
        let rows = table.rows("where");
        let conditions = rows.iter().filter_map(|row| self.condition(row)).collect();
        Some(CustomRule { signed_by: signed_by?, kind: demand(table.text("type")?), conditions, origin })
    }

    fn condition(&mut self, row: &View<'_>) -> Option<Condition> {
        let (pointer, item) = (row.text("pointer")?, row.item("equals")?);
        let Some(equals) = scalar(item, row) else {
            if item.is_integer() {
                let message = "equals is an integer of more than 64 bits";
                self.errors.push(Code::BadValue, &item.origin(), message, "write a smaller one");
            }
            return None;
        };
        if !self.is_pointer(&pointer) {
            return None;
        }
        Some(Condition { pointer: pointer.value, equals, origin: pointer.origin })
    }

    /// RFC 6901: `/` before every step, `~` only in `~0` and `~1`.
    fn is_pointer(&mut self, text: &Text) -> bool {
        let mut pieces = text.value.split('~');
        let steps = pieces.next().is_some_and(|first| first.starts_with('/'));
        let good = steps && pieces.all(|piece| piece.starts_with(['0', '1']));
        if !good {
            let message = format!("`{}` is not a JSON pointer", text.value);
            self.errors.push(Code::BadValue, &text.origin, message, "write it like /predicate/name");
        }
        good
    }

    fn not_empty(&mut self, table: &View<'_>, key: &str) {
        if let Some(item) = table.item(key)
            && item.list().is_some_and(|list| list.is_empty())
        {
            let message = format!("`{key}` is empty");
            self.errors.push(Code::EmptyList, &item.origin(), message, "name something, or remove it");
        }
    }

    fn texts(&mut self, table: &View<'_>, key: &str) -> Vec<Text> {
        self.not_empty(table, key);
        table.item(key).and_then(Item::texts).unwrap_or_default()
    }

    fn glob(&mut self, text: &Text) -> Option<Demand<Glob>> {
        match Glob::parse(&text.value) {
            Ok(value) => Some(Demand { value, origin: text.origin.clone() }),
            Err(error) => {
                pattern::bad(&text.origin, "", &error, self.errors);
                None
            }
        }
    }

    fn identity(&mut self, text: &Text) -> Option<Demand<IdentityGlob>> {
        match IdentityGlob::parse(&text.value) {
            Ok(value) => Some(Demand { value, origin: text.origin.clone() }),
            Err(error) => {
                pattern::bad(&text.origin, "", &error, self.errors);
                None
            }
        }
    }

    /// A source is compared after stripping: what is stripped of the policy's own text would be a demand that is not made.
    fn source(&mut self, text: &Text) -> Option<Demand<String>> {
        let stripped = source_uri(&text.value);
        if stripped != text.value {
            let message = "source is a repository's URI, compared without git+, .git and ref";
            self.errors.push(
                Code::BadValue,
                &text.origin,
                message,
                format!("write \"{stripped}\"; a ref belongs into source-ref"),
            );
            return None;
        }
        Some(demand(text.clone()))
    }
}

fn allowed(row: &View<'_>) -> Option<AllowedAdvisory> {
    let (id, why) = (row.text("id")?, row.text("why")?);
    let (until, _) = row.end_of_day("until").ok()??;
    Some(AllowedAdvisory { id: id.value, why: why.value, until, origin: id.origin })
}

fn demand(text: Text) -> Demand<String> {
    Demand { value: text.value, origin: text.origin }
}

fn demands(texts: Vec<Text>) -> Vec<Demand<String>> {
    texts.into_iter().map(demand).collect()
}

fn max_age(table: &View<'_>) -> Option<Demand<std::time::Duration>> {
    let text = table.text("max-age")?;
    let value = crate::schema::value::span(&text.value)?;
    Some(Demand { value, origin: text.origin })
}

/// The value of `equals`; an empty string is one.
fn scalar(item: Item<'_>, row: &View<'_>) -> Option<Scalar> {
    item.string()
        .map(|text| Scalar::Text(text.to_owned()))
        .or_else(|| item.whole().map(Scalar::Whole))
        .or_else(|| row.flag("equals").map(Scalar::Flag))
}
