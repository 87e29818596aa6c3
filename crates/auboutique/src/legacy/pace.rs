//! Writing so that a client that takes one `recv` for one message is right.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Sleep, sleep, timeout};

/// How long nothing is written after something was, unless another time is asked for: within it a client has read what came
/// (`G2`).
pub const GAP: Duration = Duration::from_millis(50);
/// How long a client may take to make room for what it is sent.
const PATIENCE: Duration = Duration::from_secs(10);

/// Writes one message at a time, each with one `write`, and a gap between two unless the client is known to have read the one
/// before: who asks again has read the answer.
pub struct Paced<W> {
    out: W,
    gap: Duration,
    wait: Option<Pin<Box<Sleep>>>,
    unasked: bool,
}

impl<W: AsyncWrite + Unpin> Paced<W> {
    /// Writes there, with that gap.
    pub const fn new(out: W, gap: Duration) -> Self {
        Self { out, gap, wait: None, unasked: false }
    }

    /// The client was heard of: it has read the answer to what it asked before. What it was sent unasked may still be on
    /// its way.
    pub fn heard(&mut self) {
        if !self.unasked {
            self.wait = None;
        }
    }

    /// Answers a request.
    ///
    /// # Errors
    ///
    /// What the transport says; that the client does not read.
    pub async fn reply(&mut self, message: &[u8]) -> io::Result<()> {
        self.write(message, false).await
    }

    /// Says something that was not asked for.
    ///
    /// # Errors
    ///
    /// As [`Paced::reply`].
    pub async fn push(&mut self, message: &[u8]) -> io::Result<()> {
        self.write(message, true).await
    }

    async fn write(&mut self, message: &[u8], unasked: bool) -> io::Result<()> {
        if let Some(wait) = self.wait.as_mut() {
            wait.await;
        }
        let write = async {
            self.out.write_all(message).await?;
            self.out.flush().await
        };
        timeout(PATIENCE, write).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        self.wait = Some(Box::pin(sleep(self.gap)));
        self.unasked = unasked;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use super::*;

    /// Whether it is done without waiting for anything.
    fn at_once(write: impl Future<Output = io::Result<()>>) -> bool {
        pin!(write).poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[tokio::test]
    async fn between_two_messages_lies_a_gap_unless_the_client_asked_again() {
        let ages = Duration::from_secs(60 * 60);
        let mut paced = Paced::new(tokio::io::sink(), ages);
        assert!(at_once(paced.reply(b"one")));
        paced.heard();
        assert!(at_once(paced.reply(b"two")), "who asked again has read the answer");
        assert!(!at_once(paced.reply(b"three, asked for before two was read")));
        assert!(!at_once(paced.push(b"news")));
        paced.heard();
        assert!(at_once(paced.push(b"news")));
        // The question and the news may have crossed.
        paced.heard();
        assert!(!at_once(paced.reply(b"four")));
    }

    #[tokio::test]
    async fn after_the_gap_what_waited_is_written() {
        let mut read = Vec::new();
        let mut paced = Paced::new(&mut read, Duration::from_millis(1));
        paced.push(b"one ").await.unwrap();
        paced.push(b"two ").await.unwrap();
        paced.reply(b"three").await.unwrap();
        assert_eq!(read, b"one two three");
    }
}
