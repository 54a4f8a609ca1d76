//! The gates, one file each.

mod images;
mod references;

pub use images::ImageGate;
pub use references::{ReferenceGate, Scanned};
