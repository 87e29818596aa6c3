//! A connection that asks and is answered, one line at a time.
//!
//! It blocks, so it is the shortest reference for people who write a client of their own: connect, read the greeting,
//! write a line, read a line. [`crate::link`] is what the full-screen client uses.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use auboutique_wire::json::{Frame, Id, Lines, Outcome, ServerLine, decode_server_line};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::{Map, Value};

/// How long to wait for an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long to wait for a connection to one address.
const REACH: Duration = Duration::from_secs(8);
/// A server in clear greets at once. One that says nothing for this long expects the other side to begin, with TLS.
const GREETING: Duration = Duration::from_millis(400);

/// Whether and how the connection is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// It is not.
    Off,
    /// It is; the server's certificate is checked against the public authorities.
    Public,
    /// It is; the server's certificate is checked against the certificates in this PEM file.
    Authority(PathBuf),
    /// It is when the server does not speak first, as one that expects encryption does.
    Offered,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody answers there.
    #[error("cannot connect to {server}: {error}. Is the server running, and is this its address?")]
    Unreachable {
        /// Where.
        server: String,
        /// What the system says.
        error: io::Error,
    },
    /// The connection ended. Whether the last request was done is not known; asking again under the same key tells.
    #[error("the connection to the server was lost: {0}")]
    Lost(io::Error),
    /// What came back is not this protocol.
    #[error("this does not speak the AUBoutique protocol: {0}")]
    Foreign(String),
    /// The certificate or its authority cannot be used.
    #[error("cannot use TLS: {0}")]
    Tls(String),
}

trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// What a server says without being asked, once it was asked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Something happened.
    Event(Value),
    /// Somebody came or went.
    Presence(Value),
    /// Somebody types.
    Typing(Value),
    /// So many follow an auction.
    Here(Value),
    /// The stream is over, with the reason.
    End(Value),
}

/// A connection to a market.
pub struct Client {
    stream: Box<dyn Stream>,
    lines: Lines,
    number: u64,
    greeting: Value,
    expected: VecDeque<Id>,
}

impl Client {
    /// Connects to `HOST:PORT` and reads the greeting.
    ///
    /// # Errors
    ///
    /// [`ClientError`] with a sentence that says what to look at.
    pub fn connect(server: &str, tls: &Tls) -> Result<Self, ClientError> {
        match reach(server, tls)? {
            (stream, None) => Self::over(stream),
            (stream, Some(connection)) => Self::over(rustls::StreamOwned::new(connection, stream)),
        }
    }

    /// Speaks over a stream that is connected already, and reads the greeting.
    ///
    /// # Errors
    ///
    /// [`ClientError::Lost`] or [`ClientError::Foreign`].
    pub fn over(stream: impl Read + Write + Send + 'static) -> Result<Self, ClientError> {
        let mut client = Self {
            stream: Box::new(stream),
            lines: Lines::default(),
            number: 0,
            greeting: Value::Null,
            expected: VecDeque::new(),
        };
        let silent = |error: io::Error| {
            ClientError::Foreign(format!(
                "it said nothing and closed ({error}). If it expects encryption, ask for it"
            ))
        };
        let line = client.read_line().map_err(|error| match error {
            ClientError::Lost(error) => silent(error),
            other => other,
        })?;
        match line {
            ServerLine::Hello(greeting) => client.greeting = greeting,
            other => return Err(ClientError::Foreign(format!("instead of a greeting came {other:?}"))),
        }
        Ok(client)
    }

    /// What the server said of itself.
    #[must_use]
    pub const fn greeting(&self) -> &Value {
        &self.greeting
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when there is none.
    pub fn call(&mut self, op: &str, fields: Map<String, Value>) -> Result<Outcome, ClientError> {
        self.send(op, fields)?;
        self.answer()
    }

    /// Asks without waiting. The answers come in the order of the requests.
    ///
    /// # Errors
    ///
    /// [`ClientError::Lost`].
    pub fn send(&mut self, op: &str, mut fields: Map<String, Value>) -> Result<(), ClientError> {
        self.number += 1;
        fields.insert("id".to_owned(), Value::from(self.number));
        fields.insert("op".to_owned(), Value::from(op));
        let mut line = Value::Object(fields).to_string();
        line.push('\n');
        self.stream
            .write_all(line.as_bytes())
            .and_then(|()| self.stream.flush())
            .map_err(ClientError::Lost)?;
        self.expected.push_back(Id::number(self.number));
        Ok(())
    }

    /// Waits for the next answer.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when there is none.
    pub fn answer(&mut self) -> Result<Outcome, ClientError> {
        let expected = self.expected.pop_front();
        match self.read_line()? {
            ServerLine::Response { id, outcome } if Some(&id) == expected.as_ref() || id == Id::default() => {
                Ok(outcome)
            }
            other => Err(ClientError::Foreign(format!("an answer nobody waits for: {other:?}"))),
        }
    }

    /// Waits for what happens, after `listen` was answered. When nothing does for a while, it lets itself be heard of.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when the connection is lost.
    pub fn next_news(&mut self) -> Result<News, ClientError> {
        loop {
            match self.read_line() {
                Ok(ServerLine::Event(event)) => return Ok(News::Event(event)),
                Ok(ServerLine::Presence(presence)) => return Ok(News::Presence(presence)),
                Ok(ServerLine::Typing(typing)) => return Ok(News::Typing(typing)),
                Ok(ServerLine::Here(here)) => return Ok(News::Here(here)),
                Ok(ServerLine::End(end)) => return Ok(News::End(end)),
                Ok(ServerLine::Response { id, .. }) if Some(&id) == self.expected.front() => {
                    self.expected.pop_front();
                }
                Ok(ServerLine::Response { id, outcome: Outcome::Busy(no) }) if id == Id::default() => {
                    return Ok(News::End(no));
                }
                Ok(other) => {
                    return Err(ClientError::Foreign(format!("a line nobody waits for: {other:?}")));
                }
                Err(ClientError::Lost(error))
                    if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) =>
                {
                    self.send("ping", Map::new())?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn read_line(&mut self) -> Result<ServerLine, ClientError> {
        let mut bytes = [0; 16 * 1_024];
        loop {
            match self.lines.next_frame() {
                Some(Frame::Line(line)) => return decode_server_line(&line).map_err(ClientError::Foreign),
                Some(Frame::TooLong) => {
                    return Err(ClientError::Foreign("a line longer than the protocol allows".to_owned()));
                }
                None => {}
            }
            match self.stream.read(&mut bytes) {
                Ok(0) => return Err(ClientError::Lost(io::ErrorKind::UnexpectedEof.into())),
                Ok(count) => self.lines.push(&bytes[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ClientError::Lost(error)),
            }
        }
    }
}

/// Connects and, when it shall be, encrypts: the stream, and the TLS connection on it.
///
/// # Errors
///
/// [`ClientError`] with a sentence that says what to look at.
pub(crate) fn reach(
    server: &str,
    tls: &Tls,
) -> Result<(TcpStream, Option<rustls::ClientConnection>), ClientError> {
    let stream = connect(server)?;
    match tls {
        Tls::Off => return Ok((stream, None)),
        Tls::Offered if greets(&stream, GREETING) => return Ok((stream, None)),
        Tls::Offered | Tls::Public | Tls::Authority(_) => {}
    }
    match encrypt(server, &stream, tls)? {
        Ok(connection) => Ok((stream, Some(connection))),
        Err(error) => {
            let slow = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
            if *tls == Tls::Offered && matches!(slow, Some(rustls::Error::InvalidMessage(_))) {
                // It spoke in clear after all and was only slow to greet.
                let again = connect(server)?;
                if greets(&again, REACH) {
                    return Ok((again, None));
                }
            }
            let hint = match slow {
                Some(rustls::Error::InvalidCertificate(_)) => ". If it is yours, trust it with --ca FILE",
                Some(rustls::Error::InvalidMessage(_)) => {
                    ". It answers in clear, although encryption was asked for or was spoken there before"
                }
                _ => "",
            };
            Err(ClientError::Tls(format!("{error}{hint}")))
        }
    }
}

fn connect(server: &str) -> Result<TcpStream, ClientError> {
    let unreachable = |error| ClientError::Unreachable { server: server.to_owned(), error };
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in server.to_socket_addrs().map_err(unreachable)? {
        match TcpStream::connect_timeout(&address, REACH) {
            Ok(stream) => {
                stream.set_nodelay(true).map_err(unreachable)?;
                stream.set_read_timeout(Some(PATIENCE)).map_err(unreachable)?;
                stream.set_write_timeout(Some(PATIENCE)).map_err(unreachable)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(unreachable(last))
}

/// Whether the first thing to come is the beginning of a JSON object.
fn greets(stream: &TcpStream, patience: Duration) -> bool {
    let mut first = [0];
    let set = stream.set_read_timeout(Some(patience));
    let came = set.and_then(|()| stream.peek(&mut first));
    let _ = stream.set_read_timeout(Some(PATIENCE));
    matches!(came, Ok(1)) && first == *b"{"
}

fn encrypt(
    server: &str,
    mut stream: &TcpStream,
    tls: &Tls,
) -> Result<io::Result<rustls::ClientConnection>, ClientError> {
    let wrong = |error: String| ClientError::Tls(error);
    let host = server.rsplit_once(':').map_or(server, |(host, _)| host);
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
        .map_err(|error| wrong(error.to_string()))?;
    let config = Arc::new(tls_config(tls)?);
    let mut connection =
        rustls::ClientConnection::new(config, name).map_err(|error| wrong(error.to_string()))?;
    while connection.is_handshaking() {
        if let Err(error) = connection.complete_io(&mut stream) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(connection))
}

fn tls_config(tls: &Tls) -> Result<rustls::ClientConfig, ClientError> {
    let wrong = |error: String| ClientError::Tls(error);
    let mut roots = rustls::RootCertStore::empty();
    if let Tls::Authority(file) = tls {
        let open = File::open(file).map_err(|error| wrong(format!("{}: {error}", file.display())))?;
        for certificate in CertificateDer::pem_reader_iter(open) {
            let certificate = certificate.map_err(|error| wrong(format!("{}: {error}", file.display())))?;
            roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
        }
        if roots.is_empty() {
            return Err(wrong(format!("{} holds no certificate", file.display())));
        }
    } else {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(error.to_string()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
