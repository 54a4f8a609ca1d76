//! The program's own recipes, held beside what was really published: `recipes/published.tsv` has addresses from public lists.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::collections::BTreeSet;

use proofmark_core::Platform;
use proofmark_lock::{Over, is_url};
use proofmark_pin::recipe::{PlannedPlace, Recipe, SignatureAt, SignerHint};
use proofmark_pin::version::{question, reported};

const PUBLISHED: &str = include_str!("recipes/published.tsv");

/// The platform of a row: as the list names it, else as the file's name does.
fn platform(name: &str, url: &str) -> Platform {
    let name = match (name, url) {
        ("linux-x64", _) => "linux/amd64",
        ("linux-arm64", _) => "linux/arm64",
        ("macos-x64", _) => "darwin/amd64",
        ("macos-arm64", _) => "darwin/arm64",
        ("windows-x64", _) => "windows/amd64",
        ("windows-x86", _) => "windows/386",
        ("?", url) if url.contains("macOS_amd64") => "darwin/amd64",
        ("?", url) if url.contains("macOS_arm64") => "darwin/arm64",
        other => panic!("{other:?}"),
    };
    Platform::parse(name).unwrap()
}

#[test]
fn addresses_are_the_published_ones() {
    let mut seen = BTreeSet::new();
    for line in PUBLISHED.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let &[tool, version, on, url, _] = fields.as_slice() else { panic!("{line}") };
        let recipe = Recipe::embedded(tool).unwrap();
        let platform = platform(on, url);
        let planned = recipe.plan(version, &platform).unwrap_or_else(|| panic!("no build: {line}"));
        assert_eq!(planned.place, PlannedPlace::Url(url.to_owned()), "{line}");
        seen.insert(tool);
    }
    let all: BTreeSet<&str> = Recipe::embedded_tools().collect();
    assert_eq!(seen, all, "a recipe without a published address");
}

#[test]
fn every_recipe_is_whole() {
    let mut before = "";
    for tool in Recipe::embedded_tools() {
        assert!(before < tool, "sorted");
        before = tool;
        let recipe = Recipe::embedded(tool).unwrap_or_else(|| panic!("{tool} cannot be read"));
        assert_eq!(recipe.tool, tool);
        let asks = recipe.asks.as_ref().unwrap();
        assert_eq!(question(tool), Some(asks.arguments.clone()));
        // What it prints is understood.
        assert_eq!(
            reported(&asks.prints.with_version("2.39.0")).map(|said| said.split('+').next().unwrap()),
            Some("2.39.0")
        );
        assert!(recipe.versions.is_some(), "{tool}");
        for list in &recipe.lists {
            assert_ne!(list.operator, recipe.vendor, "{tool}");
        }
        for platform in recipe.platforms() {
            let planned = recipe.plan("1.2.3", platform).unwrap();
            let PlannedPlace::Url(url) = &planned.place else { panic!("{tool}") };
            assert!(is_url(url), "{url}");
            let signatures = planned.signatures(url);
            assert_eq!(signatures.is_empty(), planned.unsigned().is_some(), "{tool} {platform}");
            for one in signatures {
                assert_eq!(one.list.is_some(), one.over == Over::Checksums);
                if let SignatureAt::Url(at) = one.at {
                    assert!(is_url(&at), "{at}");
                }
            }
        }
    }
}

#[test]
fn what_lies_beside_a_download() {
    let linux = Platform::parse("linux/amd64").unwrap();
    let url = |tool: &str, version: &str| match Recipe::embedded(tool)
        .unwrap()
        .plan(version, &linux)
        .unwrap()
        .place
    {
        PlannedPlace::Url(url) => url,
        PlannedPlace::Index { at, .. } => panic!("{at}"),
    };
    let beside = |tool: &str, version: &str| {
        let recipe = Recipe::embedded(tool).unwrap();
        let planned = recipe.plan(version, &linux).unwrap();
        let url = url(tool, version);
        let places: Vec<String> = planned
            .signatures(&url)
            .into_iter()
            .map(|one| match one.at {
                SignatureAt::Url(at) => at.rsplit('/').next().unwrap().to_owned(),
                SignatureAt::Member(name) => format!("in the archive: {name}"),
            })
            .chain(planned.checksums(&url).map(|list| list.rsplit('/').next().unwrap().to_owned()))
            .collect();
        (planned.member.clone().unwrap_or_default(), places)
    };
    for (tool, version, member, places) in [
        ("op", "2.39.0", "op", &["in the archive: op.sig"][..]),
        ("cosign", "3.1.3", "", &["cosign-linux-amd64.sigstore.json"]),
        ("kubectl", "1.35.2", "", &["kubectl.sha256"]),
        (
            "helm",
            "4.2.4",
            "linux-amd64/helm",
            &["helm-v4.2.4-linux-amd64.tar.gz.asc", "helm-v4.2.4-linux-amd64.tar.gz.sha256sum"],
        ),
        ("direnv", "2.37.1", "", &[]),
        ("syft", "1.51.0", "syft", &["syft_1.51.0_checksums.txt.sigstore.json"]),
        ("kyverno", "1.19.1", "kyverno", &["checksums.txt.sigstore.json"]),
        ("gh", "2.97.0", "gh_2.97.0_linux_amd64/bin/gh", &["gh_2.97.0_checksums.txt"]),
    ] {
        let places: Vec<String> = places.iter().map(|place| (*place).to_owned()).collect();
        assert_eq!(beside(tool, version), (member.to_owned(), places), "{tool}");
    }
    let op = Recipe::embedded("op").unwrap();
    assert!(op.mode.is_setgid() && op.group.as_deref() == Some("onepassword-cli"));
    assert!(
        matches!(&op.signer, Some(SignerHint::OpenPgp { fingerprint, .. }) if fingerprint == "3FEF9748469ADBE15DA7CA80AC2D62742012EA22")
    );
    assert_eq!(op.plan("1", &Platform::parse("plan9/amd64").unwrap()), None);
}

const GOOD: &str = r#"tool = "acme"
vendor = "acme"
unsigned = "nobody signs it"
[[build]]
platforms = ["linux/amd64"]
url = "https://acme.test/{version}/acme_{os}_{arch}.tar.gz"
archive = "tar.gz"
member = "acme-{version}/acme"
"#;

/// Every row changes the good recipe in one way.
#[test]
fn what_is_refused() {
    assert!(Recipe::parse(GOOD.as_bytes(), "acme.toml").is_ok());
    for (from, to, said) in [
        ("vendor = \"acme\"\n", "", "missing field `vendor`"),
        ("tool = \"acme\"", "tool = \"Acme!\"", "no name of a tool"),
        ("unsigned", "unsinged", "unknown field `unsinged`"),
        ("tool = \"acme\"", "tool = \"acme\"\ntool = \"acme\"", "duplicate key"),
        ("unsigned = \"nobody signs it\"\n", "", "says why not"),
        ("{os}", "{system}", "{system}"),
        ("/{version}/", "/latest/", "names the version"),
        ("https://", "http://", "no address"),
        ("https://", "https://user@", "no address"),
        ("\"tar.gz\"", "\"rar\"", "no kind of archive"),
        ("member = \"acme-{version}/acme\"\n", "", "`member` is for archives"),
        ("acme-{version}/acme", "../acme", "no path in an archive"),
        ("\"linux/amd64\"", "\"linux/x86_64\"", "no platform"),
        ("\"linux/amd64\"", "\"linux/amd64\", \"linux/amd64\"", "two builds are for linux/amd64"),
        ("archive =", "names = { amd64 = \"../x\" }\narchive =", "no name of a system"),
        ("[[build]]", "mode = \"4755\"\n[[build]]", "no mode"),
        ("[[build]]", "mode = \"2755\"\n[[build]]", "`group` is for a setgid"),
        (
            "[[build]]",
            "[[evidence]]\nkind = \"openpgp\"\nover = \"archive\"\nat = \"{url}.asc\"\n[[build]]",
            "says why not",
        ),
        (
            "[[build]]",
            "[versions]\nat = \"https://acme.test/v\"\nformat = \"html\"\n[[build]]",
            "no list of versions",
        ),
        (
            "[[build]]",
            "[[list]]\noperator = \"\"\nat = \"https://acme.test/v\"\n[[build]]",
            "a list has an `operator`",
        ),
        ("[[build]]", "[signer]\nissuer = \"https://acme.test\"\n[[build]]", "a signer is"),
    ] {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "{from}");
        let error = Recipe::parse(text.as_bytes(), "acme.toml").unwrap_err().to_string();
        assert!(error.contains(said) && error.starts_with("acme.toml"), "{said}: {error}");
    }
    // A line is told where TOML tells it.
    let error = Recipe::parse(b"tool = \"x\"\n[\n", "r.toml").unwrap_err();
    assert!(error.line >= Some(2), "{error}");
}

/// PyPI's addresses hold a hash, so that an index tells them.
#[test]
fn addresses_that_an_index_tells() {
    let text = GOOD.replace(
        "url = \"https://acme.test/{version}/acme_{os}_{arch}.tar.gz\"",
        "index = \"https://pypi.org/pypi/acme/{version}/json\"\nfile = \"acme-{version}-{arch}.whl\"\nnames = { amd64 = \"x86_64\" }",
    );
    let recipe = Recipe::parse(text.as_bytes(), "acme.toml").unwrap();
    let place = recipe.plan("1.0", &Platform::parse("linux/amd64").unwrap()).unwrap().place;
    let (at, file) = ("https://pypi.org/pypi/acme/1.0/json".to_owned(), "acme-1.0-x86_64.whl".to_owned());
    assert_eq!(place, PlannedPlace::Index { at, file });
}

/// The example of the guide has every key, and is read.
#[test]
fn the_example_of_the_guide() {
    let page = include_str!("../../../docs/guide/pins.md");
    let (_, rest) = page.split_once("# recipes/acme.toml\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    let recipe = Recipe::parse(text.as_bytes(), "acme.toml").unwrap();
    assert!(
        recipe.asks.is_some()
            && recipe.signer.is_some()
            && !recipe.lists.is_empty()
            && recipe.checksums.is_some()
    );
}
