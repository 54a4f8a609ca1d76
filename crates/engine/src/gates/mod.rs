//! The gates, one file each.

mod bases;
mod compose;
mod images;
mod references;

pub use bases::BaseGate;
pub use compose::ComposeGate;
pub use images::ImageGate;
pub use references::{ReferenceGate, Scanned};
