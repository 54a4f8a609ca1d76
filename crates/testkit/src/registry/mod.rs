//! A registry on the loopback interface that can be every real registry, and every hostile one.
//!
//! A [`Behaviour`] says how it answers in general (profiles of real registries), a [`Fault`] what is wrong with some
//! answers. Content is pushed by method calls; clients only read. Every request is logged.
//!
//! ```
//! use proofmark_testkit::registry::{Behaviour, ImageSpec, Registry};
//! use proofmark_testkit::sigstore::{SignRequest, World, WorldOptions};
//! let registry = Registry::start(Behaviour::plain()).unwrap();
//! let image = registry.push_image("acme/app", &ImageSpec::default());
//! registry.tag("acme/app", "1", &image.digest);
//! let signed = World::new(WorldOptions::default()).sign(&SignRequest::image(&image.digest));
//! registry.attach_bundle("acme/app", &image, &signed);
//! let reference = format!("{}/acme/app:1", registry.host());
//! assert!(reference.starts_with("127.0.0.1:"));
//! assert!(registry.requests().is_empty());
//! ```

mod auth;
mod behaviour;
mod body;
pub mod bombs;
mod fault;
mod http;
mod image;
mod log;
mod push;
mod route;
mod serve;
mod store;

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

pub use auth::{Auth, Realm, Scheme};
pub use behaviour::{ArtifactTypes, Behaviour, Referrers};
pub use fault::{Effect, Fault};
pub use image::{ImageSpec, MEDIA_INDEX, MEDIA_MANIFEST, PlatformSpec, Pushed};
pub use log::LoggedRequest;
pub use route::Route;

use store::Store;

/// What the threads share.
struct Shared {
    state: Mutex<State>,
    stop: AtomicBool,
    address: SocketAddr,
}

/// Everything that a request may read or change.
struct State {
    behaviour: Behaviour,
    store: Store,
    requests: Vec<LoggedRequest>,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// A running registry; it stops when dropped.
pub struct Registry {
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

impl Registry {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If there is no port to be had.
    pub fn start(behaviour: Behaviour) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let state = State { behaviour, store: Store::default(), requests: Vec::new() };
        let shared = Arc::new(Shared { state: Mutex::new(state), stop: AtomicBool::new(false), address });
        let server = Arc::clone(&shared);
        let accepting = std::thread::spawn(move || accept(&listener, &server));
        Ok(Self { shared, accepting: Some(accepting) })
    }

    /// `127.0.0.1:PORT`, the host part of references.
    pub fn host(&self) -> String {
        self.shared.address.to_string()
    }

    /// `http://127.0.0.1:PORT` and `path`.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.shared.address)
    }

    /// Adds something that is wrong from now on.
    pub fn fault(&self, fault: Fault) {
        self.shared.lock().behaviour.faults.push(fault);
    }

    /// Replaces how it answers; content and log stay.
    pub fn behave(&self, behaviour: Behaviour) {
        self.shared.lock().behaviour = behaviour;
    }

    /// Every request so far, in order of arrival.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.shared.lock().requests.clone()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.shared.lock().requests.clear();
    }

    /// How many requests so far took this route.
    pub fn count(&self, route: &Route) -> usize {
        self.shared.lock().requests.iter().filter(|request| route.covers(&request.route)).count()
    }

    /// Every `Authorization` header so far: what must not be here, was leaked.
    pub fn credentials(&self) -> Vec<String> {
        let requests = self.requests();
        requests.iter().filter_map(|request| request.header("authorization").map(str::to_owned)).collect()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        // Wakes the accepting thread; that nobody listens any more is as good.
        drop(TcpStream::connect(self.shared.address));
        if let Some(thread) = self.accepting.take() {
            drop(thread.join());
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.stopped() {
            return;
        }
        let Ok(stream) = stream else { continue };
        let shared = Arc::clone(shared);
        std::thread::spawn(move || serve::connection(&stream, &shared));
    }
}
