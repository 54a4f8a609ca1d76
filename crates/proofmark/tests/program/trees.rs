//! `image tree`: who signed what is attached, and who says so of what does not verify.

use proofmark_testkit::registry::{Behaviour, ImageSpec, Registry};
use proofmark_testkit::sigstore::{Identity, KeyType, SignRequest, SigningKey, World, WorldOptions};
use serde_json::Value;

use crate::support::Sandbox;

/// What the tree of one image says, of one signature that was made by `world` and is not believed.
fn tree(world: &World, change: impl FnOnce(SignRequest) -> SignRequest) -> (String, Value) {
    let registry = Registry::start(Behaviour::plain()).unwrap();
    let image = registry.push_image("acme/agent", &ImageSpec::named("agent"));
    registry.tag("acme/agent", "1", &image.digest);
    let signed = world.sign(&change(SignRequest::image(&image.digest)));
    registry.attach_bundle("acme/agent", &image, &signed);
    let sandbox = Sandbox::for_registry(&World::new(WorldOptions::default()), &registry);
    let reference = format!("{}/acme/agent:1", registry.host());
    let plain = sandbox.program(["image", "tree", &reference]).run().exits(0).escapes().stdout;
    let json = sandbox.program(["image", "tree", "--json", &reference]).run().exits(0).report();
    (plain, json["attachments"][0]["standing"].clone())
}

#[test]
fn a_certificate_of_an_unknown_authority() {
    let (plain, standing) = tree(&World::new(WorldOptions::seeded("stranger")), |request| {
        request.keyless(Identity::email("mallory@evil.example", "https://issuer.evil.example"))
    });
    let claim = "claims, unproven: signed by mallory@evil.example (issuer https://issuer.evil.example)\n";
    assert!(plain.contains("not verified: ") && plain.contains(claim), "{plain}");
    assert_eq!(standing["state"], "not-verified");
    assert_eq!(standing["claimed"]["by"], "certificate");
    assert_eq!(standing["claimed"]["signer"], "mallory@evil.example");
    assert_eq!(standing["claimed"]["issuer"], "https://issuer.evil.example");
    assert!(standing.get("signer").is_none(), "nothing is a signer that was not verified: {standing}");
}

#[test]
fn a_key_that_is_not_at_hand() {
    let (plain, standing) = tree(&World::new(WorldOptions::default()), |request| {
        request.key(SigningKey::from_seed(KeyType::P256, "stranger"))
    });
    assert!(plain.contains("claims, unproven: signed by a key "), "{plain}");
    assert_eq!(standing["claimed"]["by"], "key");
}

#[test]
fn an_identity_that_would_move_a_cursor() {
    let (plain, _) = tree(&World::new(WorldOptions::seeded("stranger")), |request| {
        request.keyless(Identity::email("mallory\u{1b}[2J@evil.example", "https://i.example/\u{202e}x"))
    });
    assert!(plain.contains("mallory\\u{1b}[2J@evil.example"), "{plain}");
    assert!(plain.contains("https://i.example/\\u{202e}x"), "{plain}");
}

/// Nothing can be said of what cannot be read.
#[test]
fn what_is_no_bundle_claims_nothing() {
    let registry = Registry::start(Behaviour::plain()).unwrap();
    let image = registry.push_image("acme/agent", &ImageSpec::named("agent"));
    registry.tag("acme/agent", "1", &image.digest);
    registry.attach("acme/agent", &image, "application/vnd.dev.sigstore.bundle.v0.3+json", b"{}", None);
    let sandbox = Sandbox::for_registry(&World::new(WorldOptions::default()), &registry);
    let reference = format!("{}/acme/agent:1", registry.host());
    let run = sandbox.program(["image", "tree", &reference]).run().exits(0);
    run.says("not verified: malformed").says("no signer can be read from it");
}
