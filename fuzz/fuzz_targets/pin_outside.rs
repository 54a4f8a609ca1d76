//! Recipes, lists of versions and lists of checksums: whatever they say, what comes of them is an address, a version or a SHA-256 that stands there.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofmark_lock::{is_member_name, is_url, is_version};
use proofmark_pin::recipe::{FeedFormat, Listed, PlannedPlace, Recipe, SignatureAt, listed, releases};

const URL: &str = "https://tools.test/1.2.3/tool-1.2.3.zip";

fuzz_target!(|bytes: &[u8]| {
    if let Ok(recipe) = Recipe::parse(bytes, "recipe.toml") {
        for platform in recipe.platforms() {
            let planned = recipe.plan("1.2.3", platform).expect("it is one of the recipe's");
            let url = match &planned.place {
                PlannedPlace::Url(url) => url.clone(),
                PlannedPlace::Index { at, .. } => at.clone(),
            };
            assert!(is_url(&url), "{url}");
            assert!(planned.member.as_deref().is_none_or(is_member_name));
            assert!(planned.checksums(URL).is_none_or(|at| is_url(&at)));
            for one in planned.signatures(URL) {
                assert!(one.list.is_none_or(|at| is_url(&at)));
                match one.at {
                    SignatureAt::Url(at) => assert!(is_url(&at), "{at}"),
                    SignatureAt::Member(name) => assert!(is_member_name(&name), "{name}"),
                }
            }
        }
    }
    for (format, _) in FeedFormat::ALL {
        let found = releases(bytes, format).unwrap_or_default();
        assert!(found.iter().all(|release| is_version(&release.version)));
        assert!(found.is_sorted_by(|one, other| one.version < other.version));
    }
    let text = String::from_utf8_lossy(bytes);
    if let Listed::Sum(sum) = listed(&text, URL, "1.2.3") {
        assert!(text.to_ascii_lowercase().contains(sum.hex()) && text.contains("tool-1.2.3.zip"));
    }
});
