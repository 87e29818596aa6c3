//! A connection of an older program: bytes in whatever pieces they come, messages out one at a time.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use auboutique_domain::Moment;
use auboutique_domain::time::Span;
use auboutique_market::Source;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;
use tokio::time::sleep;

use super::pace::Paced;

/// How many connections of a wire are served at once.
pub(super) const CONNECTIONS: usize = 1_000;
/// How many of them may come from one address, unless that is this machine.
pub(super) const OF_EACH: usize = 100;
/// How long a person may take to type, or to think.
pub(super) const TYPING: Duration = Duration::from_secs(10 * 60);
/// How long a connection that is signed in may be silent. Its program waits for its user, for as long as it takes; that it
/// is still there is asked of its machine.
pub(super) const IDLE: Duration = Duration::from_secs(12 * 60 * 60);
/// After how much silence a request without an end is given up: later than a network needs to send a lost piece again.
pub(super) const GIVE_UP: Duration = Duration::from_secs(3);
/// These programs say nothing while their user does nothing. So the machine is asked: after so much silence, so often, and
/// so many times until nobody is believed to be there.
const SILENCE: Duration = Duration::from_secs(2);
const ASK_AGAIN: Duration = Duration::from_secs(1);
const ASKS: u32 = 2;
/// How much of one connection is answered in how long. Who asks more waits.
const MOST: (u32, Span) = (2_000, Span::seconds(1));
/// How many bytes are read at once.
const READ: usize = 4 * 1_024;

/// Waits until the market closes.
pub(super) async fn closed(closing: &mut watch::Receiver<bool>) {
    drop(closing.wait_for(|closing| *closing).await);
}

/// From now on the machine at the other end is asked, in silence, whether it is still there.
pub(super) fn ask_whether_there(stream: &TcpStream) {
    let ask = TcpKeepalive::new().with_time(SILENCE).with_interval(ASK_AGAIN).with_retries(ASKS);
    if let Err(error) = SockRef::from(stream).set_tcp_keepalive(&ask) {
        tracing::debug!(%error, "whether an older program is still there cannot be asked");
    }
}

/// A connection of an older program.
pub(super) struct Connection {
    input: OwnedReadHalf,
    /// What is said to it.
    pub(super) out: Paced<OwnedWriteHalf>,
    /// Where it is from.
    pub(super) source: Source,
    bytes: Vec<u8>,
    /// Since when requests are counted, and how many there were.
    asked: (Moment, u32),
}

impl Connection {
    pub(super) fn new(stream: TcpStream, peer: SocketAddr, now: Moment, gap: Duration) -> Self {
        ask_whether_there(&stream);
        let (input, output) = stream.into_split();
        let out = Paced::new(output, gap);
        Self { input, out, source: Source::address(peer.ip()), bytes: vec![0; READ], asked: (now, 0) }
    }

    /// The next piece, however small; nothing at the end. Nothing is lost when it is no longer waited for.
    pub(super) async fn read(&mut self) -> io::Result<Option<&[u8]>> {
        let count = self.input.read(&mut self.bytes).await?;
        self.out.heard();
        Ok(self.bytes.get(..count).filter(|piece| !piece.is_empty()))
    }

    /// A request is about to be answered: waits when there were too many.
    pub(super) async fn admit(&mut self, now: Moment) {
        let (most, span) = MOST;
        let (since, count) = &mut self.asked;
        if !(Span::seconds(0)..span).contains(&now.since(*since)) {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        if *count > most {
            let rest = since.plus(span).since(now).micros();
            sleep(Duration::from_micros(u64::try_from(rest).unwrap_or(0))).await;
        }
    }
}
