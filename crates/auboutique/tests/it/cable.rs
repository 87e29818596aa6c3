//! The cable between a client and the server, which a test can cut after so many bytes, or pull out.
//!
//! ```text
//!  client ◀──socket──▶ two threads, one per direction ◀──socket──▶ server
//! ```

#![expect(clippy::unwrap_used, reason = "what a test stands on fails by panicking, as the test does")]

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A connection with something in between. Both sides stay open until this is dropped, unless it is cut.
pub(crate) struct Cable {
    inside: Arc<Inside>,
}

struct Inside {
    client: TcpStream,
    server: TcpStream,
    /// How many bytes still go through, in either direction.
    left: AtomicUsize,
    pulled: AtomicBool,
}

impl Cable {
    /// Connects to the server. The cable breaks after that many bytes, wherever in a line that is.
    pub(crate) fn lay(server: SocketAddr, length: usize) -> io::Result<(TcpStream, Self)> {
        let server = TcpStream::connect(server)?;
        let end = TcpListener::bind("127.0.0.1:0")?;
        let stream = TcpStream::connect(end.local_addr()?)?;
        let (client, _) = end.accept()?;
        for socket in [&server, &stream, &client] {
            socket.set_nodelay(true)?;
        }
        let (left, pulled) = (AtomicUsize::new(length), AtomicBool::new(false));
        let inside = Arc::new(Inside { client, server, left, pulled });
        for up in [true, false] {
            let inside = Arc::clone(&inside);
            std::thread::spawn(move || inside.carry(up));
        }
        Ok((stream, Self { inside }))
    }

    /// From now on nothing goes through, and neither side is told.
    pub(crate) fn pull(&self) {
        self.inside.pulled.store(true, Ordering::SeqCst);
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.inside.cut();
    }
}

impl Inside {
    fn cut(&self) {
        drop(self.client.shutdown(Shutdown::Both));
        drop(self.server.shutdown(Shutdown::Both));
    }

    fn carry(&self, up: bool) {
        let (mut from, mut to) = if up { (&self.client, &self.server) } else { (&self.server, &self.client) };
        let mut bytes = vec![0; 16 * 1_024];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            if self.pulled.load(Ordering::SeqCst) {
                continue;
            }
            let left = self
                .left
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| Some(left.saturating_sub(count)));
            let left = left.unwrap();
            if to.write_all(&bytes[..count.min(left)]).is_err() || left <= count {
                break;
            }
        }
        // Whoever pulled it out wants to see what the server makes of silence.
        if !self.pulled.load(Ordering::SeqCst) {
            self.cut();
        }
    }
}
