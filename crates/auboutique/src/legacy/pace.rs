//! Writing so that a client that takes one `recv` for one message is right.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Sleep, sleep, timeout};

/// How long nothing is written after something was: within it a client has read what came (`G2`).
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
    /// Writes there, with the usual gap.
    pub const fn new(out: W) -> Self {
        Self::with_gap(out, GAP)
    }

    /// The same with another gap.
    pub const fn with_gap(out: W, gap: Duration) -> Self {
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
    use tokio::time::Instant;

    use super::*;

    #[tokio::test]
    #[expect(clippy::disallowed_methods, reason = "how long it takes is what is asked")]
    async fn between_two_messages_lies_a_gap_unless_the_client_asked_again() {
        let gap = Duration::from_millis(60);
        let mut paced = Paced::with_gap(tokio::io::sink(), gap);
        let start = Instant::now();
        paced.reply(b"one").await.unwrap();
        paced.heard();
        paced.reply(b"two").await.unwrap();
        assert!(start.elapsed() < gap, "who asked again has read the answer");
        paced.reply(b"three, asked for before two was read").await.unwrap();
        assert!(start.elapsed() >= gap);
        paced.push(b"news").await.unwrap();
        assert!(start.elapsed() >= gap * 2);
        // The question and the news may have crossed.
        paced.heard();
        paced.reply(b"four").await.unwrap();
        assert!(start.elapsed() >= gap * 3);
    }
}
