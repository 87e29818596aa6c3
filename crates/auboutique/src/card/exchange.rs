//! One request and its answer over plain HTTP, on this machine: what a market asks its provider, and what the sandbox tells
//! a market. Nobody is waited for longer than was said, and no answer is longer than it may be.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use axum::http::{HeaderName, Method, Request, StatusCode, Uri, header};
use futures_util::future::{Either, select};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How many bytes an answer may have.
const MOST_ANSWER: usize = 64 * 1_024;

/// Somebody on this machine who is asked: at an address, under paths that begin so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbor {
    address: SocketAddr,
    path: String,
}

impl Neighbor {
    /// That address, with paths that begin so.
    #[must_use]
    pub fn at(address: SocketAddr, path: &str) -> Self {
        // What listens on all addresses of the machine is asked on its own.
        let ip = match address.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(std::net::Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        let path = path.trim_end_matches('/').to_owned();
        Self { address: SocketAddr::new(ip, address.port()), path }
    }

    /// Reads an address such as `http://127.0.0.1:8090`.
    ///
    /// # Errors
    ///
    /// When it is none, encrypted, or on another machine.
    pub fn parse(url: &str) -> anyhow::Result<Self> {
        let uri: Uri = url
            .parse()
            .with_context(|| format!("{url:?} is no address: write it like http://127.0.0.1:8090"))?;
        let (Some("http"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            bail!("{url:?} does not begin with http://: write it like http://127.0.0.1:8090");
        };
        let plain = uri.query().is_none() && !authority.as_str().contains('@');
        ensure!(plain, "{url:?} is more than an address: write it like http://127.0.0.1:8090");
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let ip = if host == "localhost" { Some(IpAddr::V4(Ipv4Addr::LOCALHOST)) } else { host.parse().ok() };
        let Some(ip) = ip.filter(IpAddr::is_loopback) else {
            bail!(
                "{url:?} is not on this machine: what is said there is not encrypted, so it has to be an address like \
                 127.0.0.1. A proxy beside the market can lead further"
            );
        };
        Ok(Self::at(SocketAddr::new(ip, authority.port_u16().unwrap_or(80)), uri.path()))
    }

    /// The address itself.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unanswered {
    /// It took too long.
    Late,
    /// The connection could not be made, or broke.
    Broken(String),
    /// The answer is too long.
    TooLong,
}

/// Sends a request and reads its answer.
///
/// # Errors
///
/// When there is none within `patience`.
pub async fn ask(
    neighbor: &Neighbor,
    (method, path): (Method, &str),
    headers: &[(HeaderName, String)],
    body: Vec<u8>,
    patience: Duration,
) -> Result<(StatusCode, Bytes), Unanswered> {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("{}{path}", neighbor.path))
        .header(header::HOST, neighbor.address.to_string())
        .header(header::CONNECTION, "close");
    if !body.is_empty() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request =
        request.body(Full::new(Bytes::from(body))).map_err(|error| Unanswered::Broken(error.to_string()))?;
    timeout(patience, Box::pin(exchange(neighbor.address, request))).await.unwrap_or(Err(Unanswered::Late))
}

/// Posts a body and reads the answer.
///
/// # Errors
///
/// When there is none within `patience`.
pub async fn post(
    neighbor: &Neighbor,
    path: &str,
    headers: &[(HeaderName, String)],
    body: Vec<u8>,
    patience: Duration,
) -> Result<(StatusCode, Bytes), Unanswered> {
    ask(neighbor, (Method::POST, path), headers, body, patience).await
}

async fn exchange(
    address: SocketAddr,
    request: Request<Full<Bytes>>,
) -> Result<(StatusCode, Bytes), Unanswered> {
    let broken = |error: &dyn std::fmt::Display| Unanswered::Broken(error.to_string());
    let stream = TcpStream::connect(address).await.map_err(|error| broken(&error))?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| broken(&error))?;
    let answer = pin!(async move {
        let response = sender.send_request(request).await.map_err(|error| broken(&error))?;
        let status = response.status();
        match Limited::new(response.into_body(), MOST_ANSWER).collect().await {
            Ok(body) => Ok((status, body.to_bytes())),
            Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(Unanswered::TooLong),
            Err(error) => Err(broken(&error)),
        }
    });
    // The connection is driven here, and ends with this: nothing goes on behind somebody who no longer waits.
    match select(answer, pin!(connection)).await {
        Either::Left((answer, _)) => answer,
        Either::Right((_, answer)) => answer.await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neighbor_is_on_this_machine() {
        let check = |url: &str, address: &str, path: &str| {
            assert_eq!(Neighbor::parse(url).unwrap(), Neighbor::at(address.parse().unwrap(), path), "{url}");
        };
        check("http://127.0.0.1:8090", "127.0.0.1:8090", "");
        check("http://localhost:8080/cards/callback", "127.0.0.1:8080", "/cards/callback");
        check("http://[::1]:1/", "[::1]:1", "");
        check("http://127.0.0.1", "127.0.0.1:80", "");
        for url in [
            "",
            "127.0.0.1:8090",
            "https://127.0.0.1",
            "http://10.0.0.1",
            "http://cards.example",
            "http://0.0.0.0:80",
            "http://localhost.example",
            "http://me@127.0.0.1",
            "http://127.0.0.1/?q",
        ] {
            assert!(Neighbor::parse(url).is_err(), "{url}");
        }
        assert_eq!(
            Neighbor::at("0.0.0.0:80".parse().unwrap(), "").address(),
            "127.0.0.1:80".parse().unwrap()
        );
    }
}
