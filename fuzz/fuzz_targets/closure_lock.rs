//! A lock is put into a list that loads, and nothing else of the list changes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofmark_policy::{Allowlist, EnvrcMember, NewClosure, check_allowlist, write_closure};

fuzz_target!(|text: &str| {
    let member = EnvrcMember { path: ".envrc".into(), kind: "envrc".into(), content: "absent".into() };
    let row = NewClosure { file: "app/.envrc".into(), members: vec![member], by: "me".into() };
    let Ok(written) = write_closure("envrc.toml", text, &row) else { return };
    let rows = |text: &str| check_allowlist(Allowlist::Envrc, text, "envrc.toml", Default::default());
    let (before, after) =
        (rows(text).expect("what was written into loads"), rows(&written).expect("it loads"));
    assert!(after <= before + 1 && after > 0, "{before} rows, then {after}");
    // Once is enough.
    assert_eq!(write_closure("envrc.toml", &written, &row).as_ref(), Ok(&written));
});
