//! What a refusal tells to do is what would mend it: done as it says, the image passes or the question is another.

use std::sync::OnceLock;

use proofmark_testkit::registry::{Behaviour, ImageSpec, Registry};
use proofmark_testkit::sigstore::{
    COSIGN_SIGN, KeyType, SignRequest, SigningKey, Statement, World, WorldOptions,
};

use crate::support::{Run, SIGNED_BY_RELEASE, Sandbox};

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| World::new(WorldOptions::default()))
}

/// A signed image, and a policy about it.
struct Case {
    sandbox: Sandbox,
    reference: String,
    _registry: Registry,
}

impl Case {
    fn new(policy: &str, tag: &str) -> Self {
        Self::claiming(policy, tag, None)
    }

    /// One whose signed statement claims a name.
    fn claiming(policy: &str, tag: &str, claim: Option<&str>) -> Self {
        let registry = Registry::start(Behaviour::plain()).unwrap();
        let image = registry.push_image("acme/agent", &ImageSpec::named("agent"));
        registry.tag("acme/agent", tag, &image.digest);
        let statement = match claim {
            Some(claim) => Statement::new(COSIGN_SIGN).subject(claim, &image.digest),
            None => Statement::cosign_sign(&image.digest),
        };
        registry.attach_bundle("acme/agent", &image, &world().sign(&SignRequest::statement(&statement)));
        let sandbox = Sandbox::for_registry(world(), &registry);
        sandbox.write("proofmark.toml", policy);
        sandbox.write("trust-roots/k.pub", SigningKey::from_seed(KeyType::P256, "k").public_pem());
        let reference = format!("{}/acme/agent:{tag}", registry.host());
        Self { sandbox, reference, _registry: registry }
    }

    fn verified(&self) -> Run {
        self.sandbox.verify(["--fail-on", "never", &self.reference])
    }

    /// After the policy was changed to this.
    fn mended(&self, policy: &str) -> Run {
        self.sandbox.write("proofmark.toml", policy);
        self.verified()
    }
}

const EXTENSION: &str = "extensions.source-repository-uri = \"https://github.com/acme/agents\"";

#[test]
fn an_extension_that_differs_is_the_line_that_is_named() {
    let policy = SIGNED_BY_RELEASE.replace("acme/agents\"\ntrusted", "acme/other\"\ntrusted");
    let case = Case::new(&policy, "1");
    let run = case.verified().exits(1).says(&format!("only if this is release, its line is {EXTENSION}"));
    run.says("source-repository-uri https://github.com/acme/other)");
    let mended =
        policy.replace("extensions.source-repository-uri = \"https://github.com/acme/other\"", EXTENSION);
    case.mended(&mended).exits(0);
}

#[test]
fn of_several_signers_the_one_that_was_nearly_met_is_named() {
    let policy = SIGNED_BY_RELEASE
        .replace("version = 1\n", "version = 1\n[signers.k]\nkey = \"k.pub\"\ntrusted-root = \"world\"\n")
        .replace("signed-by = [\"release\"]", "signed-by = { any = [\"k\", \"release\"] }")
        .replace("@refs/tags/*", "@refs/heads/main");
    let run = Case::new(&policy, "1").verified();
    let run =
        run.exits(1).says("signed by one of k, release; nearest is release: https://github.com/acme/agents/");
    run.says("run an image that release signed; only if this is release, its line is identity = \"https://github.com/acme/agents/");
}

#[test]
fn a_tag_that_the_ref_does_not_name_is_no_other_identity() {
    let policy = format!("{SIGNED_BY_RELEASE}tag-from = \"source-repository-ref\"\n");
    Case::new(&policy, "9.9.9")
        .verified()
        .exits(1)
        .says("fix       ask for the tag that the certificate's ref names\n");
}

#[test]
fn an_expression_is_replaced_with_its_kind() {
    let policy = SIGNED_BY_RELEASE.replace(
        "identity = \"https://github.com/acme/agents/.github/workflows/release.yml@refs/tags/*\"",
        "identity-regex = \"https://github\\\\.com/acme/other\"\nsan = \"uri\"",
    );
    let run = Case::new(&policy, "1").verified();
    run.exits(1).says("release.yml@refs/tags/v1.0.0\", in place of identity-regex and san\n");
}

#[test]
fn a_clock_that_is_behind_is_not_mended_by_signing_again() {
    let case = Case::new(SIGNED_BY_RELEASE, "1");
    let early = ["image", "verify", "--now", "2020-01-01T00:00:00Z", "--fail-on", "never", &case.reference];
    case.sandbox
        .program(early)
        .run()
        .exits(1)
        .says("fix       set the clock right, or verify at a later time: --now\n");
}

#[test]
fn who_is_missing_is_named() {
    let policy = SIGNED_BY_RELEASE
        .replace("version = 1\n", "version = 1\n[signers.k]\nkey = \"k.pub\"\ntrusted-root = \"world\"\n")
        .replace("signed-by = [\"release\"]", "signed-by = { all = [\"k\", \"release\"] }");
    let run = Case::new(&policy, "1").verified();
    let run = run.exits(1).says("1 of the 2 signers needed; nothing by k\n");
    run.says("fix       have k sign the same digest: cosign sign 127.0.0.1:");
}

#[test]
fn a_promotion_is_mapped_from_what_is_claimed() {
    let case = Case::claiming(SIGNED_BY_RELEASE, "1", Some("docker.io/up/app"));
    let repository = case.reference.rsplit_once(':').unwrap().0;
    let line = format!("also = [\"docker.io/up/app = {repository}\"]");
    case.verified().exits(1).says(&format!("add {line} to the entry"));
    let run = case.mended(&format!("{SIGNED_BY_RELEASE}{line}\n")).exits(0);
    run.says(&format!("bound to {repository}: it is signed for docker.io/up/app"));
    let run = case.mended(&format!("{SIGNED_BY_RELEASE}repository = \"any\"\n")).exits(0);
    run.says("unbound: it is signed for docker.io/up/app, and the entry takes any");
}
