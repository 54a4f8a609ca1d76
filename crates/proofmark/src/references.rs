//! References as users write them: on the command line, in a file, on standard input.

use std::io;
use std::path::Path;

use proofmark_core::display::safe_short;
use proofmark_core::{ImageRef, Repository};
use proofmark_image::Request;
use proofmark_oci::Target;
use proofmark_report::ReportError;

use crate::cli::{ImagesArgs, ReadingArgs};
use crate::failure::{Failure, page};
use crate::files::{read_all, read_bounded};

/// Bytes of a list of references.
const MAX_LIST: u64 = 4 * 1024 * 1024;

/// Every reference once, in the order in which it was first written. Every malformed one is named at once.
pub(crate) fn requests(images: &ImagesArgs, reading: &ReadingArgs) -> Result<Vec<Request>, Failure> {
    let mut all: Vec<String> = images.references.clone();
    for list in &images.from {
        all.extend(read_list(list)?);
    }
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|reference| seen.insert(reference.clone()));
    let as_repository = as_repository(reading)?;
    let mut requests = Vec::with_capacity(all.len());
    let mut wrong: Vec<(String, String)> = Vec::new();
    for written in all {
        match target(&written, as_repository.as_ref()) {
            Ok(target) => {
                requests.push(Request { written, target, platform: images.platform.clone(), host: None });
            }
            Err(why) => wrong.push((written, why)),
        }
    }
    if wrong.is_empty() {
        return Ok(requests);
    }
    Err(malformed(&wrong))
}

/// Every malformed reference, with why, in one failure.
fn malformed(wrong: &[(String, String)]) -> Failure {
    const HELP: &str =
        "write HOST/REPOSITORY:TAG or HOST/REPOSITORY@sha256:…, or oci:DIR:TAG with --as HOST/REPOSITORY";
    let said = |(written, why): &(String, String)| {
        format!("`{}`: {}", safe_short(written, 200), safe_short(why, 400))
    };
    let lines: Vec<String> = wrong.iter().map(|one| format!("  {}", said(one))).collect();
    let errors = wrong.iter().map(|one| ReportError {
        code: "reference-malformed".to_owned(),
        message: said(one),
        help: HELP.to_owned(),
        see: page("reference-malformed"),
        location: None,
    });
    Failure::usage(
        "reference-malformed",
        format!("{} of the references cannot be read; nothing was verified", wrong.len()),
        HELP,
    )
    .with_picture(lines.join("\n"))
    .with_errors(errors.collect())
}

/// The one reference of a command that takes one.
pub(crate) fn one(written: &str, reading: &ReadingArgs) -> Result<Target, Failure> {
    target(written, as_repository(reading)?.as_ref()).map_err(|why| {
        Failure::usage(
            "reference-malformed",
            format!("{}: {why}", safe_short(written, 200)),
            "write HOST/REPOSITORY:TAG or HOST/REPOSITORY@sha256:…, or oci:DIR:TAG with --as HOST/REPOSITORY",
        )
    })
}

fn as_repository(reading: &ReadingArgs) -> Result<Option<Repository>, Failure> {
    let parse = |text: &String| {
        Repository::parse(text).map_err(|error| {
            Failure::usage(
                "reference-malformed",
                format!("--as {text}: {error}"),
                "write --as HOST/REPOSITORY, without tag or digest",
            )
        })
    };
    reading.as_repository.as_ref().map(parse).transpose()
}

/// One reference.
fn target(written: &str, as_repository: Option<&Repository>) -> Result<Target, String> {
    if written.starts_with("oci:") {
        let repository =
            as_repository.ok_or("an oci: layout needs --as REPOSITORY: it chooses the policy's entry")?;
        return Target::parse_layout(written, repository.clone()).map_err(|error| error.to_string());
    }
    if as_repository.is_some() {
        return Err("--as names what an oci: layout stands for, and this is a registry reference".to_owned());
    }
    ImageRef::parse(written).map(Target::Registry).map_err(|error| error.to_string())
}

/// Lines of a file or of standard input; empty lines and lines that start with `#` are passed over.
fn read_list(path: &Path) -> Result<Vec<String>, Failure> {
    let bytes = if path == Path::new("-") {
        read_all(io::stdin().lock(), MAX_LIST)
    } else {
        read_bounded(path, MAX_LIST)
    };
    let unreadable = |why: String| {
        Failure::usage(
            "list-unreadable",
            format!("the list {} cannot be read: {why}", path.display()),
            "give a text file with one reference a line, or - for standard input",
        )
    };
    let text = String::from_utf8(bytes.map_err(|error| unreadable(error.to_string()))?)
        .map_err(|_| unreadable("it is not UTF-8".to_owned()))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    Ok(lines.map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading() -> ReadingArgs {
        ReadingArgs { as_repository: None, no_cache: false }
    }

    fn images(references: &[&str], from: Vec<std::path::PathBuf>) -> ImagesArgs {
        ImagesArgs {
            references: references.iter().map(|one| (*one).to_owned()).collect(),
            platform: None,
            from,
        }
    }

    #[test]
    fn keeps_the_order_and_asks_once() {
        let dir = tempfile::tempdir().unwrap();
        let list = dir.path().join("list");
        crate::files::write_atomically(
            &list,
            b"# images\npostgres:16\n\n  ghcr.io/a/b  \npostgres:16\n",
            crate::files::Readers::Owner,
        )
        .unwrap();
        let requests = requests(&images(&["ghcr.io/a/b"], vec![list]), &reading()).unwrap();
        let written: Vec<&str> = requests.iter().map(|request| request.written.as_str()).collect();
        assert_eq!(written, ["ghcr.io/a/b", "postgres:16"]);
    }

    /// `--as` would choose another entry than the reference names, or none at all: it is never ignored.
    #[test]
    fn a_registry_reference_takes_no_other_name() {
        let reading = ReadingArgs { as_repository: Some("ghcr.io/a/b".to_owned()), ..reading() };
        assert!(one("ghcr.io/a/c", &reading).unwrap_err().message.contains("--as"));
        assert!(one("oci:dir", &reading).is_ok());
    }

    #[test]
    fn names_every_malformed_reference_at_once() {
        let bad = images(&["https://x/y", "Upper/case", "ok", "oci:dir"], Vec::new());
        let failure = requests(&bad, &reading()).unwrap_err();
        assert_eq!(failure.code, "reference-malformed");
        for part in ["https://x/y", "Upper/case", "oci:dir", "3 of the references"] {
            assert!(failure.to_string().contains(part), "{part}: {failure}");
        }
    }
}
