//! `[signers.NAME]`: exactly one kind of constraint, complete, and never none (ID-01, ID-06).

use std::collections::BTreeMap;

use proofmark_core::pattern::{AnchoredRegex, IdentityGlob};
use proofmark_core::{Extension, IdentityPattern, Origin, SanKind, Transparency};

use super::draft::{DraftKind, DraftSigner};
use super::pattern;
use crate::VendorKeyKind;
use crate::error::{Code, Errors};
use crate::schema::{Text, View};

/// The trusted root of signers that name none.
pub(crate) const DEFAULT_ROOT: &str = "sigstore-public-good";

/// Signers that are right, and every name that is defined, right or wrong.
#[derive(Debug, Clone, Default)]
pub(crate) struct Signers {
    pub(crate) good: Vec<DraftSigner>,
    pub(super) names: Vec<String>,
    /// Where each name's signer is in `good`, if it is right.
    places: BTreeMap<String, Option<usize>>,
}

impl Signers {
    /// The signer of a name, if it is right.
    pub(super) fn get(&self, name: &str) -> Option<&DraftSigner> {
        self.good.get((*self.places.get(name)?)?)
    }

    /// Whether a signer has this name, right or wrong.
    pub(super) fn is_defined(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }
}

pub(super) fn read(table: &View<'_>, errors: &mut Errors) -> Signers {
    let mut signers = Signers::default();
    for (name, item) in table.entries() {
        let signer = item.table().and_then(|view| signer(&name, &view, errors));
        signers.places.insert(name.value.clone(), signer.is_some().then_some(signers.good.len()));
        signers.good.extend(signer);
        signers.names.push(name.value);
    }
    signers
}

fn signer(name: &Text, view: &View<'_>, errors: &mut Errors) -> Option<DraftSigner> {
    let any = |keys: &[&str]| keys.iter().any(|key| view.has(key));
    let keyless = any(&["issuer", "identity", "identity-regex", "san", "extensions"]);
    let (openpgp, minisign) = (any(&["openpgp", "fingerprint"]), view.has("minisign"));
    let kind = match [keyless, view.has("key"), openpgp, minisign] {
        [true, false, false, false] => certificate(name, view, errors),
        [false, true, false, false] => key(view),
        [false, false, true, false] => self::openpgp(name, view, errors),
        [false, false, false, true] => {
            view.text("minisign").map(|file| DraftKind::Vendor { file, kind: VendorKeyKind::Minisign })
        }
        [false, false, false, false] => {
            let message = format!("signer `{}` has no constraint: anyone could be it", name.value);
            let help = "add issuer with identity, or key, or openpgp with fingerprint, or minisign";
            errors.push(Code::SignerUnconstrained, &name.origin, message, help);
            None
        }
        _ => {
            let message = format!(
                "signer `{}` mixes constraints of several kinds: a certificate, a key, OpenPGP, minisign",
                name.value
            );
            errors.push(
                Code::SignerConflict,
                &name.origin,
                message,
                "make one signer of each, and name both in signed-by",
            );
            None
        }
    };
    misplaced(name, view, [keyless, view.has("key"), openpgp || minisign], errors);
    let (transparency, transparency_origin) = transparency(name, view, keyless, errors);
    let root = view.text("trusted-root");
    Some(DraftSigner {
        name: name.value.clone(),
        kind: kind?,
        root: root.unwrap_or_else(|| Text { value: DEFAULT_ROOT.to_owned(), origin: name.origin.clone() }),
        transparency,
        transparency_origin,
        origin: name.origin.clone(),
    })
}

/// Keys that have no meaning for this kind of signer are not ignored.
fn misplaced(name: &Text, view: &View<'_>, [keyless, key, vendor]: [bool; 3], errors: &mut Errors) {
    let mut refuse = |names: &[&str], kind: &str| {
        for misplaced in names.iter().filter(|name| view.has(name)) {
            let message = format!("`{misplaced}` has no meaning for signer `{}`, {kind}", name.value);
            errors.push(Code::SignerConflict, &view.key(misplaced), message, "remove it");
        }
    };
    if keyless && !key && !vendor {
        refuse(&["valid-until"], "a certificate identity");
    }
    if vendor && !keyless && !key {
        refuse(&["valid-until", "trusted-root", "transparency"], "a vendor's key");
    }
}

fn transparency(name: &Text, view: &View<'_>, keyless: bool, errors: &mut Errors) -> (Transparency, Origin) {
    let Some(text) = view.text("transparency") else { return (Transparency::Required, name.origin.clone()) };
    let transparency = match text.value.as_str() {
        "timestamp" => Transparency::Timestamp,
        "optional" => Transparency::Optional,
        _ => Transparency::Required,
    };
    if keyless && transparency == Transparency::Optional {
        let message = format!(
            "signer `{}` is a certificate identity: its signatures always need a witness",
            name.value
        );
        errors.push(Code::Transparency, &text.origin, message, "`optional` is for keys alone: remove it");
    }
    (transparency, text.origin)
}

fn certificate(name: &Text, view: &View<'_>, errors: &mut Errors) -> Option<DraftKind> {
    let missing = |what: &str, help: &str, errors: &mut Errors| {
        let message = format!("signer `{}` has no {what}", name.value);
        errors.push(Code::SignerUnconstrained, &name.origin, message, help);
    };
    if !view.has("issuer") {
        missing(
            "issuer",
            "add issuer = \"https://…\": the same identity by another issuer is someone else",
            errors,
        );
    }
    if !view.has("identity") && !view.has("identity-regex") {
        missing("identity", "add identity = \"…\": without it everyone at the issuer may sign", errors);
    }
    let extensions = extensions(view);
    let issuer = view.text("issuer");
    let identity = identity(name, view, errors);
    if let (Some(issuer), Some(other)) = (&issuer, extensions.get(&Extension::Issuer))
        && issuer.value != *other
    {
        let message = format!("signer `{}` asks for two different issuers", name.value);
        errors.push(Code::SignerConflict, &issuer.origin, message, "remove extensions.issuer");
    }
    let (identity, san) = identity?;
    Some(DraftKind::Certificate { issuer: issuer?.value, identity, san, extensions })
}

fn extensions(view: &View<'_>) -> BTreeMap<Extension, String> {
    let entries = view.table("extensions").map(|table| table.entries()).unwrap_or_default();
    entries
        .into_iter()
        .filter_map(|(name, item)| Some((Extension::from_name(&name.value)?, item.text()?.value)))
        .collect()
}

fn identity(name: &Text, view: &View<'_>, errors: &mut Errors) -> Option<(IdentityPattern, Vec<SanKind>)> {
    match (view.text("identity"), view.text("identity-regex")) {
        (Some(_), Some(regex)) => {
            let message = format!("signer `{}` has both identity and identity-regex", name.value);
            errors.push(Code::SignerConflict, &regex.origin, message, "keep one of the two");
            None
        }
        (Some(glob), None) => {
            if view.has("san") {
                let message = "san is for identity-regex: a glob's kind follows from its shape";
                errors.push(Code::SignerConflict, &view.key("san"), message, "remove san");
            }
            glob_identity(&glob, errors)
        }
        (None, Some(regex)) => regex_identity(&regex, view, errors),
        (None, None) => None,
    }
}

/// "a glob with `://` is for URI SANs, one with `@` and no `://` for e-mail and OtherName"
fn glob_identity(text: &Text, errors: &mut Errors) -> Option<(IdentityPattern, Vec<SanKind>)> {
    let glob = IdentityGlob::parse(&text.value)
        .map_err(|error| pattern::bad(&text.origin, "identity: ", &error, errors))
        .ok()?;
    let san = if text.value.contains("://") {
        vec![SanKind::Uri]
    } else if text.value.contains('@') {
        vec![SanKind::Email, SanKind::Other]
    } else {
        let message = "the identity is neither a URI (no `://`) nor an e-mail address (no `@`)";
        errors.push(
            Code::IdentityKind,
            &text.origin,
            message,
            "write the whole identity, such as https://… or name@host",
        );
        return None;
    };
    Some((IdentityPattern::Glob(glob), san))
}

fn regex_identity(
    text: &Text,
    view: &View<'_>,
    errors: &mut Errors,
) -> Option<(IdentityPattern, Vec<SanKind>)> {
    let regex = AnchoredRegex::parse(&text.value).map_err(|error| {
        errors.push(
            Code::BadPattern,
            &text.origin,
            format!("identity-regex: {error}"),
            "mend the expression",
        );
    });
    if !view.has("san") {
        let message = "identity-regex does not say for which kind of name it is";
        errors.push(Code::IdentityKind, &text.origin, message, "add san = \"uri\", \"email\" or \"other\"");
    }
    let san = match view.text("san")?.value.as_str() {
        "uri" => SanKind::Uri,
        "email" => SanKind::Email,
        "other" => SanKind::Other,
        _ => return None,
    };
    Some((IdentityPattern::Regex(regex.ok()?), vec![san]))
}

fn key(view: &View<'_>) -> Option<DraftKind> {
    let valid_until = view.end_of_day("valid-until").ok()?.map(|(end, _)| end);
    Some(DraftKind::Key { file: view.text("key")?, valid_until })
}

fn openpgp(name: &Text, view: &View<'_>, errors: &mut Errors) -> Option<DraftKind> {
    for (key, help) in [
        ("openpgp", "add openpgp = \"FILE\", a file in trust-roots/"),
        ("fingerprint", "add fingerprint = \"…\": without it any key in the file would do"),
    ] {
        if !view.has(key) {
            let message = format!("signer `{}` has no {key}", name.value);
            errors.push(Code::SignerUnconstrained, &name.origin, message, help);
        }
    }
    let fingerprint = view.text("fingerprint")?;
    let hex = fingerprint.value.to_ascii_uppercase();
    if !matches!(hex.len(), 40 | 64) || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        let help = "write 40 hexadecimal digits without spaces";
        errors.push(Code::BadValue, &fingerprint.origin, "this is not an OpenPGP fingerprint", help);
        return None;
    }
    Some(DraftKind::Vendor { file: view.text("openpgp")?, kind: VendorKeyKind::OpenPgp { fingerprint: hex } })
}
