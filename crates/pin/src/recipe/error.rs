//! What is wrong with a recipe.

/// Why a recipe is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}{}: {message}", line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct RecipeError {
    /// The file, as it is shown.
    pub file: String,
    /// The line, where it is known.
    pub line: Option<usize>,
    /// One sentence; may hold text of the recipe.
    pub message: String,
}
