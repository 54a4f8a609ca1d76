//! Requests one after another, for callers that have no runtime.

use tokio::runtime::Runtime;

use crate::{NetError, Request, Response, Transport};

/// A transport with a runtime of its own.
pub struct Blocking<T> {
    runtime: Runtime,
    transport: T,
}

impl<T: Transport> Blocking<T> {
    /// Makes the runtime; connects to nothing.
    ///
    /// # Errors
    /// The system gives no timer or no polling.
    pub fn new(transport: T) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        Ok(Self { runtime, transport })
    }

    /// As [`Transport::get`].
    ///
    /// # Errors
    /// As [`Transport::get`].
    pub fn get(&self, request: Request) -> Result<Response, NetError> {
        self.runtime.block_on(self.transport.get(request))
    }
}
