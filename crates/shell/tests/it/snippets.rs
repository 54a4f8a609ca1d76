//! The snippets of `tests/corpora/bash`, which `cargo xtask bash` holds against bash itself.

use std::fs;
use std::path::Path;

fn each(folder: &str, check: impl Fn(&str) -> Option<String>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/corpora/bash").join(folder);
    let (mut count, mut wrong) = (0, Vec::new());
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if let Some(error) = check(&fs::read_to_string(&path).unwrap()) {
            wrong.push(format!("{}: {error}", path.display()));
        }
        count += 1;
    }
    assert!(count > 20 && wrong.is_empty(), "{count}: {wrong:#?}");
}

#[test]
fn what_bash_reads_is_read() {
    each("read", |text| crate::script(text).err().map(|error| format!("{error:?}")));
}

#[test]
fn what_bash_refuses_is_refused() {
    each("refused", |text| crate::script(text).is_ok().then(|| "it was read".to_owned()));
}
