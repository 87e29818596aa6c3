//! As little of an HTTP client as a load generator needs: one connection, one request after the other.

use anyhow::Context as _;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// A connection to the pages.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    host: String,
    line: String,
    body: Vec<u8>,
}

impl Client {
    /// Connects.
    pub(crate) async fn connect(address: std::net::SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let stream = BufReader::with_capacity(64 * 1_024, stream);
        Ok(Self { stream, host: address.to_string(), line: String::new(), body: Vec::new() })
    }

    /// Asks for a page as a browser of a visitor does.
    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<u16> {
        let host = &self.host;
        let head = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\naccept-encoding: gzip\r\n\r\n");
        self.ask(head.as_bytes()).await
    }

    /// Sends JSON as a member, under a key if there is one.
    pub(crate) async fn post(
        &mut self,
        path: &str,
        token: &str,
        key: Option<&str>,
        body: &str,
    ) -> anyhow::Result<u16> {
        let key = key.map_or_else(String::new, |key| format!("idempotency-key: {key}\r\n"));
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\n{key}\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.host,
            body.len()
        );
        self.ask(head.as_bytes()).await
    }

    /// What was answered last.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    async fn ask(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        self.stream.write_all(request).await?;
        self.line.clear();
        self.stream.read_line(&mut self.line).await?;
        let status =
            self.line.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no answer")?;
        let mut length = None;
        loop {
            self.line.clear();
            self.stream.read_line(&mut self.line).await?;
            let Some((name, value)) = self.line.trim_end().split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = Some(value.trim().parse()?);
            }
        }
        match length {
            Some(length) => {
                self.body.resize(length, 0);
                self.stream.read_exact(&mut self.body).await?;
            }
            None => self.take_pieces().await?,
        }
        Ok(status)
    }

    /// Takes a body that comes in pieces, each behind its length.
    async fn take_pieces(&mut self) -> anyhow::Result<()> {
        self.body.clear();
        loop {
            self.line.clear();
            self.stream.read_line(&mut self.line).await?;
            let length =
                usize::from_str_radix(self.line.trim_end(), 16).context("an answer without a length")?;
            let start = self.body.len();
            self.body.resize(start + length + 2, 0);
            self.stream.read_exact(&mut self.body[start..]).await?;
            self.body.truncate(start + length);
            if length == 0 {
                return Ok(());
            }
        }
    }
}
