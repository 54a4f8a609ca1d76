//! The gates, one file each.

mod bases;
mod images;
mod references;

pub use bases::BaseGate;
pub use images::ImageGate;
pub use references::{ReferenceGate, Scanned};
