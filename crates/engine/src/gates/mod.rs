//! The gates, one file each.

mod bases;
mod compose;
mod downloads;
mod envrc;
mod images;
mod pins;
mod references;
mod shadows;

pub use bases::BaseGate;
pub use compose::ComposeGate;
pub use downloads::DownloadGate;
pub use envrc::{Audited, EnvrcGate};
pub use images::ImageGate;
pub use pins::{EmbeddedGate, ExecutableGate, Locked, PinGate};
pub use references::{ReferenceGate, Scanned};
pub use shadows::ShadowGate;
