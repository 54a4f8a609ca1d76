//! One test for each row of the published table of what an answer means.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test fails by it")]

use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use proofmark_core::{Digest, ImageRef, Limits, Reason};
use proofmark_net::{BoxFuture, NetError, Request, Response, Transport};
use proofmark_oci::{Budget, Client, ClientConfig, PathKind, PathState, Place, Plan, Target, media_type};
use serde::Deserialize;

#[derive(Deserialize)]
struct Table {
    row: Vec<Row>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    path: String,
    status: Option<u16>,
    /// How the answer fails to come.
    error: Option<String>,
    #[serde(rename = "type")]
    content_type: Option<String>,
    body: Option<String>,
    link: Option<String>,
    /// Whether the image's own manifest may be read.
    image: Option<String>,
    means: String,
    reason: Option<String>,
}

/// A registry that has an image and nothing else, and gives one answer for the row's paths.
struct OneAnswer(Row);

fn image() -> Vec<u8> {
    let config = Digest::sha256(b"{}");
    format!(
        r#"{{"schemaVersion":2,"layers":[],"config":{{"mediaType":"x","digest":"{config}","size":2}},"mediaType":"{}"}}"#,
        media_type::OCI_MANIFEST
    )
    .into_bytes()
}

impl OneAnswer {
    fn about(&self, url: &str) -> bool {
        match self.0.path.as_str() {
            "referrers" => url.contains("/referrers/"),
            _ => url.contains("/manifests/sha256-"),
        }
    }

    fn answer(&self, url: String, most: u64) -> Result<Response, NetError> {
        let (host, limit) = ("r.example".to_owned(), most);
        let cause = "test".to_owned();
        let error = match self.0.error.as_deref() {
            None => None,
            Some("cut") => Some(NetError::Truncated { host, received: 1, expected: Some(2), cause }),
            Some("closed") => Some(NetError::Aborted { host, cause }),
            Some("late") => Some(NetError::Deadline { host }),
            Some("offline") => Some(NetError::Offline),
            Some("endless") => Some(NetError::TooLarge { host, limit }),
            Some(other) => panic!("no error {other}"),
        };
        if let Some(error) = error {
            return Err(error);
        }
        let content_type = self.0.content_type.as_deref().map(|kind| match kind {
            "index" => media_type::OCI_INDEX.to_owned(),
            "manifest" => media_type::OCI_MANIFEST.to_owned(),
            other => other.to_owned(),
        });
        let body = match self.0.body.as_deref() {
            Some("manifest") => image(),
            Some("gzip") => vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3],
            other => other.unwrap_or_default().as_bytes().to_vec(),
        };
        Ok(Response {
            status: self.0.status.expect("a status or an error"),
            content_type,
            link: self.0.link.clone(),
            url,
            body,
        })
    }
}

impl Transport for OneAnswer {
    fn get(&self, request: Request) -> BoxFuture<'_, Result<Response, NetError>> {
        let Request { url, max_bytes, .. } = request;
        let plain =
            |status, body| Ok(Response { status, content_type: None, link: None, url: url.clone(), body });
        let answer = if self.about(&url) {
            self.answer(url, max_bytes)
        } else if url.contains("/manifests/sha256:") {
            let forbidden = self.0.image.as_deref() == Some("forbidden");
            if forbidden { plain(403, Vec::new()) } else { plain(200, image()) }
        } else {
            plain(404, Vec::new())
        };
        Box::pin(async move { answer })
    }
}

fn check(row: &Row) -> Result<(), Failed> {
    let limits = Limits::default();
    let transport = Arc::new(OneAnswer(row.clone()));
    let config =
        ClientConfig { transport, registries: Vec::new(), cache: None, limits: limits.clone(), callers: 1 };
    let digest = Digest::sha256(&image());
    let target = ImageRef::parse("r.example/acme/app").unwrap();
    let place = Place::registry(Target::Registry(target).repository().clone());
    let client = Client::new(config).unwrap();
    let reports = client.discover(&place, &digest, Plan::ALL, &Budget::new(&limits), &mut |_| {});
    let paths: &[PathKind] = match row.path.as_str() {
        "referrers" => &[PathKind::Referrers],
        "tag" => &[PathKind::FallbackTag, PathKind::SigTag, PathKind::AttTag],
        other => panic!("no path {other}"),
    };
    let reports: Vec<_> = reports.iter().filter(|report| paths.contains(&report.path)).collect();
    if reports.len() != paths.len() {
        return Err(format!("{} paths answered, not {}", reports.len(), paths.len()).into());
    }
    for report in reports {
        let got = match &report.state {
            PathState::Complete { .. } => ("read", None),
            PathState::Absent => ("absent", None),
            PathState::NotOffered => ("not-offered", None),
            PathState::Failed { reason, .. } => ("failed", Some(*reason)),
            PathState::Capped { .. } => ("capped", Some(Reason::Limit)),
        };
        let reason = row.reason.as_deref().map(|name| Reason::from_name(name).expect("a reason"));
        if got != (row.means.as_str(), reason) {
            return Err(format!(
                "{}: {got:?}, not {} {reason:?}; {:?}",
                report.path, row.means, report.state
            )
            .into());
        }
        // verdicts.md 4: what is not read to its end must not look as if nothing were there.
        if report.is_complete() != reason.is_none() {
            return Err(format!("{}: {report:?}", report.path).into());
        }
    }
    Ok(())
}

fn main() {
    let table: Table =
        toml::from_str(include_str!("../../../docs/vectors/answers.toml")).expect("the table parses");
    let trials =
        table.row.into_iter().map(|row| Trial::test(row.name.clone(), move || check(&row))).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}
