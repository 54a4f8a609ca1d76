//! Recipes: the policy's own before the program's.

use std::io::ErrorKind;
use std::path::Path;

use proofmark_lock::is_tool_name;
use proofmark_pin::recipe::{FOLDER, MAX_RECIPE, Recipe};
use proofmark_policy::Policy;

use crate::failure::Failure;
use crate::files::{open_file, read_all};
use crate::paths::plain;

/// The recipe of a tool, and the file that it is in if it is the policy's.
pub(crate) fn recipe(tool: &str, policy: &Policy) -> Result<(Recipe, Option<String>), Failure> {
    if let Some(own) = own(tool, policy)? {
        return Ok(own);
    }
    let known = || Recipe::embedded_tools().collect::<Vec<&str>>().join(", ");
    Recipe::embedded(tool).map(|recipe| (recipe, None)).ok_or_else(|| {
        Failure::usage(
            "recipe-unknown",
            format!("how {tool} is published is not known; known are {}", known()),
            format!("write {FOLDER}/{tool}.toml beside the policy, or pin it from a list: proofmark pin import FILE"),
        )
    })
}

/// The group that a tool runs with, and how it is asked for its version, as far as somebody knows.
pub(crate) fn known(tool: &str, policy: &Policy) -> Result<Option<Recipe>, Failure> {
    match own(tool, policy)? {
        Some((recipe, _)) => Ok(Some(recipe)),
        None => Ok(Recipe::embedded(tool)),
    }
}

fn own(tool: &str, policy: &Policy) -> Result<Option<(Recipe, Option<String>)>, Failure> {
    if !is_tool_name(tool) {
        return Err(Failure::usage(
            "recipe-unknown",
            format!("`{tool}` is no name of a tool"),
            "write it as the policy does: letters a-z, digits, `.`, `_` and `-`",
        ));
    }
    let path = policy.path.parent().unwrap_or(Path::new("")).join(FOLDER).join(format!("{tool}.toml"));
    let file = plain(&path);
    let bytes = match open_file(&path).and_then(|file| read_all(file, MAX_RECIPE)) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            let message = format!("{file} cannot be read: {error}");
            return Err(Failure::usage(
                "recipe-invalid",
                message,
                "make it a regular file that you may read",
            ));
        }
    };
    let read = Recipe::parse(&bytes, &file).map_err(|error| error.to_string());
    let other = |recipe: &Recipe| format!("{file}: it is the recipe of {}, and not of {tool}", recipe.tool);
    let named = read.and_then(|recipe| if recipe.tool == tool { Ok(recipe) } else { Err(other(&recipe)) });
    let recipe = named.map_err(|message| {
        Failure::usage("recipe-invalid", message, "mend it; docs/guide/pins.md has an example of every key")
    })?;
    Ok(Some((recipe, Some(file))))
}
