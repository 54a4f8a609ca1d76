//! A door before a registry that counts requests and can make each of them wait.
//!
//! With a wait that is long against everything else, the whole time divided by it is the number of round trips.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Result;

/// What the threads of a door share.
#[derive(Debug, Default)]
struct State {
    requests: AtomicUsize,
    /// Milliseconds.
    wait: AtomicU64,
}

/// A loopback port in front of another; it serves until the process ends.
#[derive(Debug)]
pub(super) struct Counter {
    /// `127.0.0.1:PORT`.
    pub(super) host: String,
    state: Arc<State>,
}

impl Counter {
    /// Opens a port whose connections lead to `upstream`.
    pub(super) fn before(upstream: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let host = listener.local_addr()?.to_string();
        let state = Arc::<State>::default();
        let (shared, upstream) = (Arc::clone(&state), upstream.to_owned());
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (shared, upstream) = (Arc::clone(&shared), upstream.clone());
                // A connection that breaks is the business of its two ends.
                thread::spawn(move || drop(connect(client, &upstream, &shared)));
            }
        });
        Ok(Self { host, state })
    }

    /// Requests since the last time it was asked.
    pub(super) fn take(&self) -> usize {
        self.state.requests.swap(0, Ordering::SeqCst)
    }

    /// How long every request waits from now on.
    pub(super) fn set_wait(&self, wait: Duration) {
        let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self.state.wait.store(millis, Ordering::SeqCst);
    }
}

fn connect(mut client: TcpStream, upstream: &str, state: &State) -> Result<()> {
    let mut server = TcpStream::connect(upstream)?;
    for stream in [&client, &server] {
        stream.set_nodelay(true)?;
    }
    let (mut answers, mut back) = (server.try_clone()?, client.try_clone()?);
    let copier = thread::spawn(move || {
        let _ = std::io::copy(&mut answers, &mut back);
        let _ = back.shutdown(Shutdown::Both);
    });
    let mut buffer = [0; 16 * 1024];
    let mut heads = Heads::default();
    loop {
        let read = client.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        for _ in 0..heads.ended_in(&buffer[..read]) {
            state.requests.fetch_add(1, Ordering::SeqCst);
            thread::sleep(Duration::from_millis(state.wait.load(Ordering::SeqCst)));
        }
        server.write_all(&buffer[..read])?;
    }
    server.shutdown(Shutdown::Write)?;
    let _ = copier.join();
    Ok(())
}

/// Counts the heads that end in a stream of requests without bodies, as those that read are.
#[derive(Debug, Default)]
struct Heads {
    /// How much of the blank line was seen.
    seen: usize,
}

impl Heads {
    fn ended_in(&mut self, bytes: &[u8]) -> usize {
        const END: &[u8; 4] = b"\r\n\r\n";
        let mut ended = 0;
        for byte in bytes {
            self.seen = match (*byte == END[self.seen], *byte) {
                (true, _) => self.seen + 1,
                (false, b'\r') => 1,
                (false, _) => 0,
            };
            if self.seen == END.len() {
                ended += 1;
                self.seen = 0;
            }
        }
        ended
    }
}

#[cfg(test)]
mod tests {
    use super::Heads;

    #[test]
    fn heads_are_counted_across_reads() {
        let mut heads = Heads::default();
        assert_eq!(heads.ended_in(b"GET / HTTP/1.1\r\nHost: a\r\n\r"), 0);
        assert_eq!(heads.ended_in(b"\nGET /b HTTP/1.1\r\n\r\nGET"), 2);
        assert_eq!(heads.ended_in(b" / HTTP/1.1\r\r\n\r\n"), 1);
    }
}
