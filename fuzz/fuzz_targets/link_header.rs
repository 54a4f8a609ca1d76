//! The next page's address is what stands between angle brackets in the header, and nothing else.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofmark_oci::parse_link_header;

fuzz_target!(|header: &str| {
    let Some(target) = parse_link_header(header) else { return };
    assert!(!target.contains('>'), "{target}");
    assert!(header.contains(&format!("<{target}>")), "{target} is not a target of the header");
    assert!(header.to_ascii_lowercase().contains("next"), "no relation `next`");
});
