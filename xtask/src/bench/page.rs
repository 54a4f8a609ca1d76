//! `docs/performance.md`: the tables between its marks.

use std::fs;

use anyhow::{Context, Result};

use crate::peers::tree;

const PAGE: &str = "docs/performance.md";

/// Puts a table between `<!-- measured: NAME -->` and the next `<!-- end -->`.
pub(super) fn write(name: &str, table: &str) -> Result<()> {
    let path = tree().join(PAGE);
    let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let text = replaced(&text, name, table).with_context(|| format!("{PAGE} has no table \"{name}\""))?;
    fs::write(&path, text).with_context(|| path.display().to_string())?;
    println!("written to {PAGE}");
    Ok(())
}

fn replaced(text: &str, name: &str, table: &str) -> Option<String> {
    let mark = format!("<!-- measured: {name} -->\n");
    let (before, rest) = text.split_once(&mark)?;
    let (_, after) = rest.split_once("<!-- end -->")?;
    Some(format!("{before}{mark}{table}<!-- end -->{after}"))
}

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn only_the_named_table_changes() {
        let page = "a\n<!-- measured: x -->\nold\n<!-- end -->\n<!-- measured: y -->\nold\n<!-- end -->\n";
        let new = replaced(page, "y", "new\n").unwrap();
        assert_eq!(
            new,
            "a\n<!-- measured: x -->\nold\n<!-- end -->\n<!-- measured: y -->\nnew\n<!-- end -->\n"
        );
        assert!(replaced(page, "z", "new\n").is_none());
    }
}
