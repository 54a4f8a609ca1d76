//! Requests one after another, for callers that have no runtime.

use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};

use crate::transport::Sink;
use crate::{NetError, Request, Response, Transport};

/// A runtime that nobody waits for when it goes.
///
/// tokio's own waits, when it is dropped, for every blocking call that is under way. A name lookup whose name servers do not
/// answer cannot be interrupted and takes up to half a minute: the run would end that much after its deadline, with a
/// report long made. Here such calls are left to themselves, and end with the process.
#[derive(Debug)]
pub struct Detached {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl Detached {
    /// A runtime for callers on several threads: one thread of this name waits for all their I/O.
    ///
    /// # Errors
    /// The system gives no thread, timer or polling.
    pub fn new(thread_name: &str) -> std::io::Result<Self> {
        Ok(Self::of(
            Builder::new_multi_thread().worker_threads(1).thread_name(thread_name).enable_all().build()?,
        ))
    }

    /// A runtime for one caller, which waits for its own I/O: no other thread must wake it for every answer.
    ///
    /// # Errors
    /// The system gives no timer or polling.
    pub fn for_one_caller() -> std::io::Result<Self> {
        Ok(Self::of(Builder::new_current_thread().enable_all().build()?))
    }

    fn of(runtime: Runtime) -> Self {
        Self { handle: runtime.handle().clone(), runtime: Some(runtime) }
    }

    /// Runs a future on the calling thread until it is done.
    pub fn block_on<F: Future>(&self, work: F) -> F::Output {
        // The runtime's own call serves its I/O where no thread does.
        match &self.runtime {
            Some(runtime) => runtime.block_on(work),
            None => self.handle.block_on(work),
        }
    }
}

impl Drop for Detached {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A transport with a runtime of its own.
pub struct Blocking<T> {
    runtime: Detached,
    transport: T,
}

impl<T: Transport> Blocking<T> {
    /// Makes the runtime; connects to nothing.
    ///
    /// # Errors
    /// The system gives no thread, timer or polling.
    pub fn new(transport: T) -> std::io::Result<Self> {
        Ok(Self { runtime: Detached::for_one_caller()?, transport })
    }

    /// As [`Transport::get`].
    ///
    /// # Errors
    /// As [`Transport::get`].
    pub fn get(&self, request: Request) -> Result<Response, NetError> {
        self.runtime.block_on(self.transport.get(request))
    }

    /// As [`Transport::stream`], and given up when nothing came for `stall`: a long download has a late deadline.
    ///
    /// # Errors
    /// As [`Transport::stream`].
    pub fn stream(&self, request: Request, stall: Duration, sink: Sink<'_>) -> Result<Response, NetError> {
        let host = request.url.split('/').nth(2).unwrap_or_default().to_owned();
        let came = AtomicU64::new(0);
        let mut counted = |piece: &[u8]| {
            came.fetch_add(piece.len() as u64, Ordering::Relaxed);
            sink(piece)
        };
        self.runtime.block_on(async {
            let (mut answer, mut before) = (self.transport.stream(request, &mut counted), 0);
            loop {
                if let Ok(done) = tokio::time::timeout(stall, &mut answer).await {
                    return done;
                }
                let now = came.load(Ordering::Relaxed);
                if now == before {
                    return Err(NetError::Deadline { host });
                }
                before = now;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::BoxFuture;

    /// Leaves a blocking call behind, as a name lookup does that was given up at the deadline.
    struct Leaves;

    impl Transport for Leaves {
        fn get(&self, _request: Request) -> BoxFuture<'_, Result<Response, NetError>> {
            Box::pin(async {
                drop(tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_secs(20))));
                Err(NetError::Offline)
            })
        }
    }

    /// Hands over pieces, so long apart, and never ends.
    struct Drips(u32, Duration);

    impl Transport for Drips {
        fn get(&self, _request: Request) -> BoxFuture<'_, Result<Response, NetError>> {
            Box::pin(async { Err(NetError::Offline) })
        }

        fn stream<'a>(&'a self, _: Request, sink: Sink<'a>) -> BoxFuture<'a, Result<Response, NetError>> {
            Box::pin(async move {
                for _ in 0..self.0 {
                    tokio::time::sleep(self.1).await;
                    let _ = sink(b"piece");
                }
                std::future::pending().await
            })
        }
    }

    #[test]
    fn what_comes_is_waited_for_and_what_stalls_is_not() {
        let request = Request {
            url: "https://tools.test/op.zip".to_owned(),
            accept: String::new(),
            scope: None,
            max_bytes: 0,
            from: 0,
            deadline: Instant::now(),
        };
        let blocking = Blocking::new(Drips(4, Duration::from_millis(60))).unwrap();
        let mut bytes = 0;
        let mut sink = |piece: &[u8]| {
            bytes += piece.len();
            std::ops::ControlFlow::Continue(())
        };
        let error = blocking.stream(request, Duration::from_millis(200), &mut sink).unwrap_err();
        assert!(matches!(error, NetError::Deadline { host } if host == "tools.test"));
        assert_eq!(bytes, 20, "all that came is handed over");
    }

    #[test]
    fn what_blocks_is_not_waited_for() {
        let start = Instant::now();
        let request = Request {
            url: "https://registry.test/".to_owned(),
            accept: String::new(),
            scope: None,
            max_bytes: 0,
            from: 0,
            deadline: start,
        };
        let blocking = Blocking::new(Leaves).unwrap();
        assert!(blocking.get(request).is_err());
        drop(blocking);
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    }
}
