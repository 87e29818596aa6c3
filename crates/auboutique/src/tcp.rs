//! The loops that own the sockets: accepting, encryption, and the AUBoutique protocol on top.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use auboutique_market::{Market, Source, Who};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::connection::Connection;
use crate::http::metric::Open;
use crate::live::Live;

/// How many connections are served at once.
const CONNECTIONS: usize = 12_000;
/// How long a client may take to agree on encryption.
const TLS_PATIENCE: Duration = Duration::from_secs(5);
/// How long connections have to finish what is under way when the market closes.
const DRAIN: Duration = Duration::from_secs(10);

/// Reads a certificate chain and its key. `alpn` names what is spoken on top, best first; nothing for the protocol.
///
/// # Errors
///
/// Which file is wrong, and how.
pub fn tls(certificate: &Path, key: &Path, alpn: &[&str]) -> anyhow::Result<TlsAcceptor> {
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("cannot read the certificate {}", certificate.display()))?;
    anyhow::ensure!(!chain.is_empty(), "{} holds no certificate", certificate.display());
    let private = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("cannot read the private key {}", key.display()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .context("the certificate and the key do not fit together")?;
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Serves the AUBoutique protocol until the market closes.
pub async fn serve(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    market: (Market, Live),
    closing: watch::Receiver<bool>,
) {
    let closed = closing.clone();
    let welcome = move |stream, peer| welcome(stream, peer, acceptor.clone(), market.clone(), closed.clone());
    accept(listener, "protocol", CONNECTIONS, closing, welcome).await;
}

/// Accepts connections of a wire until the market closes, `most` at once, then waits until they have finished.
pub async fn accept<C>(
    listener: TcpListener,
    wire: &'static str,
    most: usize,
    closing: watch::Receiver<bool>,
    welcome: impl Fn(TcpStream, SocketAddr) -> C,
) where
    C: Future<Output = ()> + Send + 'static,
{
    accept_of_each(listener, wire, (most, most), closing, welcome).await;
}

/// The same with a bound for every address but loopback's too, so that one machine does not take all the room.
pub async fn accept_of_each<C>(
    listener: TcpListener,
    wire: &'static str,
    (most, each): (usize, usize),
    mut closing: watch::Receiver<bool>,
    welcome: impl Fn(TcpStream, SocketAddr) -> C,
) where
    C: Future<Output = ()> + Send + 'static,
{
    let room = Arc::new(Semaphore::new(most));
    let mut connections = JoinSet::new();
    let guests = Guests::default();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = closing.wait_for(|closing| *closing) => break,
            Some(_) = connections.join_next() => continue,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of descriptors, or the client is gone already: neither ends the market.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let place = Arc::clone(&room).try_acquire_owned().ok();
        let Some(place) = place.and_then(|place| Some((place, guests.admit(peer.ip(), each)?))) else {
            tracing::warn!(%peer, "too many connections: one was turned away");
            drop(stream);
            continue;
        };
        drop(stream.set_nodelay(true));
        let conversation = welcome(stream, peer);
        let open = Open::connection(wire);
        connections.spawn(async move {
            let _place = (place, open);
            conversation.await;
        });
    }
    drop(listener);
    let finish = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN, finish).await.is_err() {
        tracing::warn!("some connections did not finish in time and were cut");
    }
}

/// How many connections there are from each address.
#[derive(Debug, Clone, Default)]
struct Guests(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// One of them, until this is dropped.
struct Guest(Guests, IpAddr);

impl Guests {
    /// Lets one more in, unless there are so many already.
    fn admit(&self, address: IpAddr, most: usize) -> Option<Guest> {
        let address = address.to_canonical();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = all.entry(address).or_default();
        if *count >= most && !address.is_loopback() {
            return None;
        }
        *count += 1;
        drop(all);
        Some(Guest(self.clone(), address))
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut all = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut count) = all.entry(self.1) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

/// Agrees with a client on encryption. Nothing when that fails, or takes too long.
pub async fn encrypt<S: AsyncRead + AsyncWrite + Unpin>(
    acceptor: &TlsAcceptor,
    stream: S,
) -> Option<tokio_rustls::server::TlsStream<S>> {
    match tokio::time::timeout(TLS_PATIENCE, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => return Some(stream),
        Ok(Err(error)) => tracing::debug!(%error, "a client could not agree on encryption"),
        Err(_) => tracing::debug!("a client took too long to agree on encryption"),
    }
    None
}

async fn welcome(
    stream: TcpStream,
    peer: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    market: (Market, Live),
    closing: watch::Receiver<bool>,
) {
    let source = Source::address(peer.ip());
    // Boxed, each for itself: a task takes as much room as the largest thing it may ever do.
    match acceptor {
        None => Box::pin(converse(stream, source, Who::Visitor, market, closing)).await,
        Some(acceptor) => {
            if let Some(stream) = Box::pin(encrypt(&acceptor, stream)).await {
                Box::pin(converse(stream, source, Who::Visitor, market, closing)).await;
            }
        }
    }
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    source: Source,
    base: Who,
    (market, live): (Market, Live),
    closing: watch::Receiver<bool>,
) {
    match Connection::new(market, live, source, base).serve(stream, closing).await {
        Ok(end) => tracing::debug!(?end, "a connection ended"),
        Err(error) => tracing::debug!(%error, "a connection broke"),
    }
}

/// Serves the console: whoever may open the socket's file has an operator's rights.
pub async fn serve_console(
    listener: UnixListener,
    market: (Market, Live),
    mut closing: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            _ = closing.wait_for(|closing| *closing) => break,
        };
        match accepted {
            Ok((stream, _)) => {
                let (market, closing) = (market.clone(), closing.clone());
                connections.spawn(converse(stream, Source::console(), Who::Console, market, closing));
            }
            Err(error) => {
                tracing::warn!(%error, "a console could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(tokio::time::timeout(DRAIN, async { while connections.join_next().await.is_some() {} }).await);
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn an_address_has_its_share_of_the_connections_and_loopback_all_of_them() {
        let (guests, away) = (Guests::default(), IpAddr::from([192, 0, 2, 1]));
        let first = guests.admit(away, 2).unwrap();
        let second = guests.admit(away, 2);
        assert!(second.is_some() && guests.admit(away, 2).is_none());
        assert!(guests.admit(IpAddr::from([192, 0, 2, 2]), 2).is_some());
        drop(first);
        assert!(guests.admit(away, 2).is_some());
        let here: Vec<_> = (0..9).map(|_| guests.admit(Ipv4Addr::LOCALHOST.into(), 2)).collect();
        assert!(here.iter().all(Option::is_some));
        drop((second, here));
        assert!(guests.0.lock().unwrap().is_empty());
    }
}
