//! Which entry, registry and row decide; what options of the command line make; what is shown and published.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod support;

use proofmark_core::{Algorithm, Digest, Repository, Transparency};
use proofmark_policy::{
    Allowlist, Code, FILE_NAME, How, MemoryFiles, Policy, SingleEntry, SingleSigner, allowlist_schema,
    check_allowlist, files_digest, json_schema, render_show,
};

fn load(case: &str) -> Policy {
    let mut files = support::common();
    files.extend(support::files_below(&support::cases().join(case)));
    files.remove("expected.txt");
    Policy::load_from(&MemoryFiles(files), FILE_NAME, How::Nearest, &support::options()).unwrap()
}

fn repository(text: &str) -> Repository {
    Repository::parse(text).unwrap()
}

#[test]
fn the_first_matching_entry_decides() {
    let policy = load("good-everything");
    let pattern =
        |name: &str| policy.entry_for(&repository(name)).map(|entry| entry.pattern.as_str().to_owned());
    assert_eq!(pattern("ghcr.io/acme/agents/core").as_deref(), Some("ghcr.io/acme/agents/core"));
    assert_eq!(pattern("ghcr.io/acme/agents/other").as_deref(), Some("ghcr.io/acme/agents/**"));
    assert_eq!(pattern("ghcr.io/acme/agents"), None);
    assert_eq!(pattern("postgres").as_deref(), Some("docker.io/library/postgres"));
    assert_eq!(pattern("docker.io/evil/postgres"), None);
    assert_eq!(pattern("ghcr.io.evil.com/acme/agents/core"), None);
}

/// A pull-through cache is matched, listed and denied under the upstream name too.
#[test]
fn a_pull_through_cache_has_the_upstream_name_too() {
    let policy = load("good-everything");
    let cached = repository("harbor.corp/hub/library/postgres");
    assert_eq!(policy.upstream_name(&cached).to_string(), "docker.io/library/postgres");
    assert_eq!(policy.entry_for(&cached).unwrap().pattern.as_str(), "docker.io/library/postgres");
    let core = repository("harbor.corp/ghcr/acme/agents/core");
    assert_eq!(policy.upstream_name(&core), repository("ghcr.io/acme/agents/core"));
    let denied = Digest::parse(&format!("sha256:{}", "e".repeat(64))).unwrap();
    assert_eq!(policy.denied_for(&core, &denied).unwrap().why, "released by an abused workflow");
    assert!(policy.denied_for(&repository("ghcr.io/acme/agents/core"), &denied).is_some());
    assert!(policy.denied_for(&repository("ghcr.io/acme/agents/other"), &denied).is_none());
    let everywhere = Digest::parse(&format!("sha256:{}", "d".repeat(64))).unwrap();
    assert!(policy.denied_for(&cached, &everywhere).is_some());
    // What is hashed by another algorithm too is hashed where a row asks for it.
    assert!(policy.denies_by(Algorithm::Sha256) && !policy.denies_by(Algorithm::Sha512));
    for own in ["harbor.corp/hubx/a", "harbor.corp/hub", "ghcr.io/hub/library/postgres"] {
        assert_eq!(policy.upstream_name(&repository(own)), repository(own), "{own}");
    }
}

/// A row may name the cache: what it denies is the upstream image, whatever it is called.
#[test]
fn a_row_that_names_a_cache_denies_its_upstream() {
    let mut files = support::common();
    files.extend(support::files_below(&support::cases().join("good-everything")));
    files.remove("expected.txt");
    let digest = format!("sha256:{}", "c".repeat(64));
    let row = format!(
        "[[deny]]\nrepository = \"harbor.corp/hub/library/postgres\"\ntag-digest = \"{digest}\"\nwhy = \"x\"\nby = \"y\"\n"
    );
    files.insert("allowlists/denied.toml".into(), row.into());
    let policy =
        Policy::load_from(&MemoryFiles(files), FILE_NAME, How::Nearest, &support::options()).unwrap();
    let digest = Digest::parse(&digest).unwrap();
    for name in ["postgres", "harbor.corp/hub/library/postgres"] {
        assert!(policy.denied_for(&repository(name), &digest).is_some(), "{name}");
    }
    assert!(policy.denied_for(&repository("ghcr.io/acme/agents/core"), &digest).is_none());
}

/// A wide entry above it must not switch a pull-through cache off: a denied digest would pass under the cache's name.
#[test]
fn the_upstream_name_does_not_depend_on_the_order_of_entries() {
    let wide = "[[registry]]\nhost = \"harbor.corp\"\nrepositories = [\"**\"]\n";
    let cache = "[[registry]]\nhost = \"harbor.corp\"\npath = \"hub\"\nproxy-of = \"docker.io\"\n";
    let digest = format!("sha256:{}", "c".repeat(64));
    let denied = format!(
        "[[deny]]\nrepository = \"docker.io/library/x\"\ntag-digest = \"{digest}\"\nwhy = \"w\"\nby = \"b\"\n"
    );
    let policy = "version = 1\n[signers.a]\nkey = \"platform.pub\"\n\
                  [[image]]\nmatch = \"docker.io/library/x\"\nsigned-by = [\"a\"]\n";
    for registries in [format!("{wide}{cache}"), format!("{cache}{wide}")] {
        let mut files = support::common();
        files.insert(FILE_NAME.into(), policy.into());
        files.insert("allowlists/registries.toml".into(), registries.clone().into());
        files.insert("allowlists/denied.toml".into(), denied.clone().into());
        let policy =
            Policy::load_from(&MemoryFiles(files), FILE_NAME, How::Nearest, &support::options()).unwrap();
        let cached = repository("harbor.corp/hub/library/x");
        assert_eq!(policy.upstream_name(&cached), repository("docker.io/library/x"), "{registries}");
        assert!(policy.entry_for(&cached).is_some(), "{registries}");
        let digest = Digest::parse(&digest).unwrap();
        assert!(policy.denied_for(&cached, &digest).is_some(), "{registries}");
        assert_eq!(policy.upstream_name(&repository("harbor.corp/own/x")), repository("harbor.corp/own/x"));
    }
}

/// REF-07: hosts are compared whole, never as a prefix; what is not listed is refused.
#[test]
fn ref_07_registries_are_listed_or_refused() {
    let policy = load("good-everything");
    let allowed = |name: &str| policy.registry_for(&repository(name)).is_some();
    for yes in [
        "ghcr.io/acme/app",
        "GHCR.IO/acme/a/b",
        "postgres",
        "registry-1.docker.io/x/y",
        "harbor.corp/hub/x/y",
        "registry.corp:5000/x",
    ] {
        assert!(allowed(yes), "{yes}");
    }
    for no in [
        "ghcr.io/other/app",
        "ghcr.io/acme",
        "ghcr.io:443/acme/app",
        "ghcr.io.evil.com/acme/app",
        "quay.io/acme/app",
        "harbor.corp/x/y",
        "harbor.corp/hub",
        "registry.corp/x",
        "registry.corp:5001/x",
    ] {
        assert!(!allowed(no), "{no}");
    }
}

#[test]
fn claims_are_mapped_by_also() {
    let policy = load("good-everything");
    let entry = policy.entry_for(&repository("ghcr.io/acme/agents/x")).unwrap();
    let maps = |claim: &str| {
        entry.also.iter().find_map(|also| also.maps(&repository(claim))).map(|to| to.to_string())
    };
    assert_eq!(maps("registry.acme.example/stage/a/b").as_deref(), Some("ghcr.io/acme/agents/a/b"));
    assert_eq!(maps("quay.io/acme/old").as_deref(), Some("ghcr.io/acme/agents/new"));
    for none in [
        "registry.acme.example/stage",
        "registry.acme.example/stagex/a",
        "quay.io/acme/old/x",
        "ghcr.io/acme/agents/x",
    ] {
        assert_eq!(maps(none), None, "{none}");
    }
}

/// ID-06: neither key nor identity is an error, never "anyone".
#[test]
fn id_06_naked_verification_is_an_error() {
    let single =
        SingleEntry { signer: None, trusted_root: None, repositories: vec![repository("ghcr.io/a/b")] };
    let failure = Policy::single_entry(&single, &support::options()).unwrap_err();
    assert_eq!(failure.errors[0].code, Code::SignerUnconstrained);
}

#[test]
fn options_of_the_command_line_are_judged_as_a_file_is() {
    let single = |signer, root: Option<&str>| SingleEntry {
        signer: Some(signer),
        trusted_root: root.map(|text| text.as_bytes().to_vec()),
        repositories: vec![repository("ghcr.io/a/b"), repository("postgres"), repository("ghcr.io/a/b")],
    };
    let key =
        |pem: &str, transparency| SingleSigner::Key { file: "my.pub".into(), pem: pem.into(), transparency };
    let load = |entry: &SingleEntry| Policy::single_entry(entry, &support::options());
    let policy = load(&single(key("KEY", Transparency::Required), None)).unwrap();
    assert_eq!(
        (policy.images.len(), policy.registries.len(), policy.found.clone()),
        (2, 2, How::CommandLine)
    );
    assert_eq!(policy.findings, []);
    assert_eq!(policy.path_display().to_string(), "command line");
    let code = |entry: &SingleEntry| load(entry).unwrap_err().errors[0].code;
    assert_eq!(code(&single(key("WEAK", Transparency::Required), None)), Code::UnusableKey);
    assert_eq!(code(&single(key("KEY", Transparency::Timestamp), None)), Code::Transparency);
    assert_eq!(code(&single(key("KEY", Transparency::Required), Some("ROOT tsas"))), Code::Transparency);
    assert_eq!(code(&single(key("KEY", Transparency::Required), Some("garbage"))), Code::UnusableRoot);
    let open = SingleSigner::Identity { identity: "me".into(), issuer: "https://i.example".into() };
    assert_eq!(code(&single(open, None)), Code::IdentityKind);
    let stamped = load(&single(key("KEY", Transparency::Timestamp), Some("ROOT tsas"))).unwrap();
    assert_eq!(stamped.roots[0].name, "given");
}

#[test]
fn the_digest_covers_every_file_that_is_named() {
    let policy = load("good-everything");
    let names: Vec<&str> = policy.files.keys().map(String::as_str).collect();
    for file in [
        "proofmark.toml",
        "allowlists/images.toml",
        "allowlists/registries.toml",
        "allowlists/denied.toml",
        "allowlists/exceptions.toml",
        "trust-roots/platform.pub",
        "trust-roots/platform.toml",
        "trust-roots/corp-ca.pem",
    ] {
        assert!(names.contains(&file), "{file} of {names:?}");
    }
    assert!(!names.contains(&"trust-roots/copy.pub"), "not named by this policy");
    assert_eq!(policy.digest, files_digest(&policy.files));
}

#[test]
fn showing_is_deterministic_and_names_places() {
    let shown = render_show(&load("good-everything"));
    assert_eq!(shown, render_show(&load("good-everything")));
    for part in [
        "policy  proofmark.toml (nearest proofmark.toml)",
        "sigstore-public-good  built in",
        "release  certificate (proofmark.toml:3:10)",
        "valid-until  2027-06-30",
        "postgres  (proofmark.toml:",
        "proxy-of  docker.io below hub",
        "signing outage (carol; allowlists/exceptions.toml:3:1)",
        "image-bytes  134217728",
    ] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
}

#[test]
fn the_schema_is_made_of_the_loaders_keys() {
    let schema = json_schema();
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(schema["required"], serde_json::json!(["version"]));
    let signer = &schema["properties"]["signers"]["additionalProperties"]["properties"];
    assert_eq!(signer["transparency"]["enum"], serde_json::json!(["required", "timestamp", "optional"]));
    assert!(signer["extensions"]["properties"]["source-repository-owner-identifier"].is_object());
    assert_eq!(schema["properties"]["image"]["items"]["required"], serde_json::json!(["match"]));
    let names: Vec<&str> = allowlist_schema().iter().map(|(name, _)| *name).collect();
    let all =
        ["registries", "images", "denied", "base-images", "envrc", "binaries", "exceptions", "trust-root"];
    assert_eq!(names, all);
}

#[test]
fn allowlists_are_checked_alone() {
    let rows =
        |kind, text: &str| check_allowlist(kind, text, "x.toml", support::now()).map_err(|f| f.errors.len());
    assert_eq!(rows(Allowlist::Registries, "[[registry]]\nhost = \"ghcr.io\"\n"), Ok(1));
    assert_eq!(rows(Allowlist::Denied, ""), Ok(0));
    assert_eq!(rows(Allowlist::Denied, "[[deny]]\n"), Err(3));
    assert_eq!(rows(Allowlist::Envrc, ""), Ok(0));
    assert_eq!(rows(Allowlist::Envrc, "[[directory]]\npath = \"~/src\"\nwhy = \"w\"\nby = \"b\"\n"), Ok(1));
    assert_eq!(rows(Allowlist::TrustRoot, "source = \"x\"\n"), Err(3));
    let late = "[[image]]\nrepository = \"a\"\ndigest = \"sha256:\"\nwhy = \"w\"\nby = \"b\"\n";
    assert_eq!(rows(Allowlist::Digests, late), Err(1));
    assert_eq!(rows(Allowlist::Exceptions, "exception = 1\n"), Err(1));
}
