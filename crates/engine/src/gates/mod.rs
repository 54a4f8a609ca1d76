//! The gates, one file each.

mod images;

pub use images::ImageGate;
