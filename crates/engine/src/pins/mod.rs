//! The policy's words about executables as the crate of pins takes them: signers become keys, and bundles are judged.

mod authority;
mod bundles;
mod demands;

pub use authority::vendor_facts;
pub(crate) use demands::vendor_keys;
pub use demands::with_demands;
