//! From recipes to pins, and from pins to executables: each test breaks one thing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods, reason = "a test fails by it")]

#[path = "../../../lock/tests/support/mod.rs"]
mod archives;
mod installing;
mod sources;
#[path = "../../../vendorsig/tests/support/mod.rs"]
mod vendors;
mod world;

use proofmark_core::{Digest, Platform};
use proofmark_lock::{EvidenceKind, Lock, Over};
use proofmark_pin::AddError;
use proofmark_pin::recipe::Recipe;

pub(crate) use archives::{ZipEntry, zip};
pub(crate) use vendors::fixture;
use world::{Asked, Call, Folder, Net, OP, op, op_zip};

fn good() -> Net {
    Net::default().with(OP, op_zip(&fixture("good.sig")))
}

#[test]
fn op_is_pinned_by_its_hash_its_signature_and_what_it_says() {
    let folder = Folder::new();
    let added = Call::of("op").run(&Asked::signed(), &mut good(), &folder).unwrap();
    let pin = &added.pin;
    assert_eq!(pin.sha256, Digest::sha256(&op_zip(&fixture("good.sig"))));
    assert_eq!(pin.executable.as_ref().unwrap().sha256, Digest::sha256(&op()));
    assert_eq!(
        (pin.url.as_str(), pin.member.as_deref(), pin.mode.to_string().as_str()),
        (OP, Some("op"), "2755")
    );
    let [one] = &pin.evidence[..] else { panic!("{:?}", pin.evidence) };
    assert_eq!(
        (one.kind, one.over, one.signature.clone()),
        (EvidenceKind::OpenPgp, Over::Executable, fixture("good.sig"))
    );
    assert!(pin.unsigned.is_none() && !added.same);
    assert_eq!(folder.asked.get(), 1, "its version is asked once");
    let said: Vec<&str> = added.evidence.iter().map(|one| one.kind).collect();
    assert_eq!(said, ["signature", "version"]);
    // The lock reads what is written, and a second time nothing changes, whoever does it.
    let mut lock = Lock::default();
    lock.insert(added.pin.clone());
    let again = Call { lock, by: "bob", ..Call::of("op") }
        .run(&Asked::signed(), &mut good(), &Folder::new())
        .unwrap();
    assert!(again.same && again.pin == added.pin);
}

#[test]
fn the_executable_is_asked_only_after_hash_and_signature() {
    for (signature, message) in [("friend.sig", "key"), ("hash-SHA1.sig", "SHA-1")] {
        let folder = Folder::new();
        let mut net = Net::default().with(OP, op_zip(&fixture(signature)));
        let error = Call::of("op").run(&Asked::signed(), &mut net, &folder).unwrap_err();
        assert!(matches!(error, AddError::Refused(_)) && error.to_string().contains(message), "{error}");
        assert_eq!(folder.asked.get(), 0, "{signature}");
    }
    // Right, and by the right key, over another executable.
    let other = zip(&[ZipEntry::stored("op", b"poisoned"), ZipEntry::stored("op.sig", &fixture("good.sig"))]);
    let folder = Folder::new();
    let error =
        Call::of("op").run(&Asked::signed(), &mut Net::default().with(OP, other), &folder).unwrap_err();
    assert!(matches!(error, AddError::Refused(_)), "{error}");
    assert_eq!(folder.asked.get(), 0);
    // Signed, and an older one: what op.sig alone would let pass.
    let folder = Folder { says: "2.18.0", ..Folder::new() };
    let error = Call::of("op").run(&Asked::signed(), &mut good(), &folder).unwrap_err().to_string();
    assert!(error.contains("says 2.18.0, which is older than the pinned 2.39.0"), "{error}");
}

#[test]
fn an_executable_of_another_platform_is_not_asked() {
    let platform = Platform::parse("darwin/arm64").unwrap();
    let url = OP.replace("linux_amd64", "darwin_arm64");
    let folder = Folder { says: "nonsense", ..Folder::new() };
    let mut net = Net::default().with(&url, op_zip(&fixture("good.sig")));
    let added = Call { platform, ..Call::of("op") }.run(&Asked::signed(), &mut net, &folder).unwrap();
    assert_eq!((folder.asked.get(), added.evidence.last().unwrap().kind), (0, "version-not-asked"));
}

/// A signature that is not there is not made up for by anything but the policy.
#[test]
fn a_missing_signature_is_told() {
    let bare = zip(&[ZipEntry::stored("op", &op())]);
    for accept in [None, Some("I trust it")] {
        let call = Call { accept, ..Call::of("op") };
        let error = call
            .run(&Asked::signed(), &mut Net::default().with(OP, bare.clone()), &Folder::new())
            .unwrap_err();
        assert!(
            matches!(error, AddError::NoEvidence { .. }) && error.to_string().contains("op.sig is not in"),
            "{error}"
        );
    }
}

#[test]
fn without_a_signature_somebodys_word_is_needed_and_kept() {
    let url = "https://github.com/direnv/direnv/releases/download/v2.39.0/direnv.linux-amd64";
    let run = |accept: Option<&str>, asked: &Asked| {
        let mut net = Net::default().with(url, "direnv");
        Call { accept, ..Call::of("direnv") }.run(asked, &mut net, &Folder::new())
    };
    let error = run(None, &Asked::nothing()).unwrap_err();
    assert!(matches!(error, AddError::NoEvidence { .. }), "{error}");
    assert!(error.to_string().contains("without checksums and without a signature"), "{error}");
    let pin = run(Some("reviewed by hand"), &Asked::nothing()).unwrap().pin;
    assert_eq!(
        (pin.unsigned.as_deref(), pin.executable.unwrap().sha256),
        (Some("reviewed by hand"), Digest::sha256(b"direnv"))
    );
    // Nobody's word stands for a signature that the policy asks for.
    assert!(matches!(run(Some("reviewed"), &Asked::signed()), Err(AddError::NoEvidence { .. })));
    // What is signed, and the policy does not ask by whom.
    let error = Call::of("op").run(&Asked::nothing(), &mut good(), &Folder::new()).unwrap_err();
    assert!(matches!(error, AddError::NotAsked { .. }), "{error}");
    let folder = Folder::new();
    let pin = Call { accept: Some("seed"), ..Call::of("op") }
        .run(&Asked::nothing(), &mut good(), &folder)
        .unwrap()
        .pin;
    assert!(pin.evidence.is_empty() && pin.unsigned.is_some(), "what nobody verified is not kept");
    assert_eq!(folder.asked.get(), 0, "nor is it run");
}

#[test]
fn bundles_beside_the_download_and_over_its_list() {
    let url = "https://github.com/sigstore/cosign/releases/download/v2.39.0/cosign-linux-amd64";
    let bundle = format!("release {}", Digest::sha256(b"cosign").hex());
    let mut net = Net::default().with(url, "cosign").with(&format!("{url}.sigstore.json"), bundle);
    let pin = Call::of("cosign").run(&Asked::signed(), &mut net, &Folder::new()).unwrap().pin;
    assert_eq!((pin.evidence[0].kind, pin.member), (EvidenceKind::Sigstore, None));
    // A list of checksums with its bundle.
    let base = "https://github.com/anchore/syft/releases/download/v2.39.0/syft_2.39.0_";
    let archive = archives::gz(&archives::Tar::new().file("syft", b"syft").end());
    let run = |list: &str, signed: &str| {
        let bundle = format!("release {}", Digest::sha256(signed.as_bytes()).hex());
        let mut net = Net::default()
            .with(&format!("{base}linux_amd64.tar.gz"), archive.clone())
            .with(&format!("{base}checksums.txt"), list)
            .with(&format!("{base}checksums.txt.sigstore.json"), bundle);
        Call::of("syft").run(&Asked::signed(), &mut net, &Folder::new())
    };
    let line = |sum: &Digest| format!("{}  syft_2.39.0_linux_amd64.tar.gz\n", sum.hex());
    let right = line(&Digest::sha256(&archive));
    let pin = run(&right, &right).unwrap().pin;
    assert_eq!(pin.checksums.unwrap().0, right.as_bytes());
    let wrong = line(&Digest::sha256(b"other"));
    for (list, signed) in [(&wrong, &wrong), (&right, &wrong)] {
        let error = run(list, signed).unwrap_err();
        assert!(matches!(error, AddError::Refused(_)), "{error}");
    }
}

/// helm's maintainers sign the archive: computed while it is here.
#[test]
fn signatures_over_the_archive() {
    let url = "https://get.helm.sh/helm-v2.39.0-linux-amd64.tar.gz";
    let archive = archives::gz(&archives::Tar::new().file("linux-amd64/helm", b"helm").end());
    let mut net = Net::default().with(url, archive).with(&format!("{url}.asc"), fixture("good.sig"));
    let error = Call::of("helm").run(&Asked::signed(), &mut net, &Folder::new()).unwrap_err();
    assert!(matches!(error, AddError::Refused(_)), "a signature over other bytes: {error}");
    // The fixtures are signatures over one file: it is the archive, of a recipe without a member.
    let text = "tool = \"helm\"\nvendor = \"helm\"\n[[build]]\nplatforms = [\"linux/amd64\"]\nurl = \"https://h.test/{version}.bin\"\narchive = \"none\"\n\
                [[evidence]]\nkind = \"openpgp\"\nover = \"archive\"\nat = \"{url}.asc\"\n";
    let recipe = Recipe::parse(text.as_bytes(), "helm.toml").unwrap();
    let mut net = Net::default()
        .with("https://h.test/2.39.0.bin", op())
        .with("https://h.test/2.39.0.bin.asc", fixture("good.sig"));
    let added = Call { recipe, ..Call::of("helm") }.run(&Asked::signed(), &mut net, &Folder::new()).unwrap();
    assert!(added.evidence[0].summary.contains("signed the archive"), "{:?}", added.evidence);
}

#[test]
fn what_cannot_be_had() {
    let error =
        |call: Call<'_>, net: &mut Net, folder: &Folder| call.run(&Asked::signed(), net, folder).unwrap_err();
    let none = error(Call::of("op"), &mut Net::default(), &Folder::new());
    assert!(matches!(none, AddError::NotThere { ref url } if url == OP), "{none}");
    let dead =
        error(Call::of("op"), &mut Net { dead: vec!["https://".to_owned()], ..good() }, &Folder::new());
    assert!(matches!(dead, AddError::Fetch(_)), "{dead}");
    let plan9 = Call { platform: Platform::parse("plan9/amd64").unwrap(), ..Call::of("op") };
    let nowhere = error(plan9, &mut good(), &Folder::new());
    assert!(
        matches!(nowhere, AddError::NoBuild { ref known, .. } if known.contains(&"linux/amd64".to_owned())),
        "{nowhere}"
    );
    let full = error(Call::of("op"), &mut good(), &Folder { full: true, ..Folder::new() });
    assert!(matches!(full, AddError::Scratch(_)), "{full}");
    let mut cut = op_zip(&fixture("good.sig"));
    cut.truncate(cut.len() - 30);
    let cut = error(Call::of("op"), &mut Net::default().with(OP, cut), &Folder::new());
    assert!(matches!(cut, AddError::Unpack { .. }), "{cut}");
    let sly = zip(&[ZipEntry::stored("op", &op()), ZipEntry::stored("../op.sig", b"x")]);
    let sly = error(Call::of("op"), &mut Net::default().with(OP, sly), &Folder::new());
    assert!(sly.to_string().contains("leads out of the archive"), "{sly}");
}

#[test]
fn versions_that_the_policy_does_not_list() {
    let asked = Asked { versions: vec!["2.38.0".to_owned()], ..Asked::signed() };
    let mut net = good();
    let error = Call::of("op").run(&asked, &mut net, &Folder::new()).unwrap_err();
    assert!(matches!(error, AddError::NotListed { .. }) && net.asked.is_empty(), "{error}");
    // For a reviewer: verified as any other.
    assert!(Call { unlisted: true, ..Call::of("op") }.run(&asked, &mut net, &Folder::new()).is_ok());
}

#[test]
fn a_release_whose_file_was_replaced() {
    let mut lock = Lock::default();
    lock.insert(Call::of("op").run(&Asked::signed(), &mut good(), &Folder::new()).unwrap().pin);
    let other = zip(&[ZipEntry::stored("op", &op()), ZipEntry::stored("op.sig", &fixture("good.sig"))]);
    let run = |replace| {
        let mut net = Net::default().with(OP, other.clone());
        Call { lock: lock.clone(), replace, ..Call::of("op") }.run(&Asked::signed(), &mut net, &Folder::new())
    };
    let error = run(false).unwrap_err();
    assert!(matches!(error, AddError::Differs { .. }), "{error}");
    assert_eq!(run(true).unwrap().pin.sha256, Digest::sha256(&other));
}

/// The vendor's own list finds damage.
#[test]
fn the_vendors_own_checksums() {
    let url = "https://dl.k8s.io/release/v2.39.0/bin/linux/amd64/kubectl";
    let run = |sum: Option<&str>| {
        let mut net = Net::default().with(url, "kubectl");
        if let Some(sum) = sum {
            net = net.with(&format!("{url}.sha256"), sum);
        }
        Call { accept: Some("seed"), ..Call::of("kubectl") }.run(&Asked::nothing(), &mut net, &Folder::new())
    };
    let right = run(Some(Digest::sha256(b"kubectl").hex())).unwrap();
    assert!(
        right.notes[0].contains("counts as no source") && right.pin.sources.is_empty(),
        "{:?}",
        right.notes
    );
    assert!(run(None).unwrap().notes[0].contains("is not there"));
    let error = run(Some(Digest::sha256(b"other").hex())).unwrap_err();
    assert!(matches!(error, AddError::Checksum { .. }), "{error}");
}

#[test]
fn addresses_from_an_index() {
    let text = "tool = \"ruff\"\nvendor = \"astral\"\nunsigned = \"no\"\n[[build]]\nplatforms = [\"linux/amd64\"]\n\
                index = \"https://pypi.org/pypi/ruff/{version}/json\"\nfile = \"ruff-{version}.whl\"\narchive = \"none\"\n";
    let recipe = Recipe::parse(text.as_bytes(), "ruff.toml").unwrap();
    let run = |index: &str| {
        let mut net = Net::default()
            .with("https://pypi.org/pypi/ruff/2.39.0/json", index)
            .with("https://files.test/ab/ruff-2.39.0.whl", "ruff");
        Call { recipe: recipe.clone(), accept: Some("test"), ..Call::of("op") }.run(
            &Asked::nothing(),
            &mut net,
            &Folder::new(),
        )
    };
    let row = |file: &str, url: &str| {
        format!(
            "{{\"urls\": [{{\"filename\": \"x\", \"url\": \"y\"}}, {{\"filename\": \"{file}\", \"url\": \"{url}\"}}]}}"
        )
    };
    let pin = run(&row("ruff-2.39.0.whl", "https://files.test/ab/ruff-2.39.0.whl")).unwrap().pin;
    assert_eq!(pin.url, "https://files.test/ab/ruff-2.39.0.whl");
    let nested = row("ruff-2.39.0.whl", "https://files.test/ab/ruff-2.39.0.whl")
        .replace("\"urls\": ", "\"releases\": {\"2.39.0\": ")
        + "}";
    assert!(run(&nested).is_ok());
    for bad in [
        "nothing".to_owned(),
        "{}".to_owned(),
        row("ruff-2.38.0.whl", "https://files.test/ab/ruff-2.39.0.whl"),
        row("ruff-2.39.0.whl", "https://files.test/ab/other-1.0.whl"),
        row("ruff-2.39.0.whl", "http://files.test/ab/ruff-2.39.0.whl"),
    ] {
        assert!(matches!(run(&bad), Err(AddError::NotIndexed { .. })), "{bad}");
    }
}
