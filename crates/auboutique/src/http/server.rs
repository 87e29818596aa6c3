//! The loop that owns the sockets of HTTP. Nobody who is slow keeps a place for long.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Method, Version};
use axum::response::Response;
use http_body_util::BodyExt as _;
use hyper::Request;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{Sleep, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tower::ServiceExt as _;

use crate::tcp;

/// How many connections are served at once.
const CONNECTIONS: usize = 12_000;
/// How long a client may take for the head of a request, and be idle before the next (`promises.md` R12).
const HEAD_PATIENCE: Duration = Duration::from_secs(5);
/// How many bytes and how many lines the head of a request may have.
const HEAD: (usize, usize) = (16 * 1_024, 64);
/// How many requests one HTTP/2 connection may have under way.
const STREAMS: u32 = 64;
/// How long an HTTP/2 connection may be without one, and how long it then has to take what was answered.
const IDLE: (Duration, Duration) = (Duration::from_secs(8), Duration::from_secs(30));
/// A client that reads takes at least so many bytes in this time while there is more for it. Whoever stops reading is given
/// up at the end of the second such time at the latest: what the kernel still took counts for the first.
const LEAST_READ: (usize, Duration) = (4 * 1_024, Duration::from_millis(4_500));
/// How long a listener's machine may leave bytes unacknowledged before it counts as gone.
const UNHEARD: Duration = Duration::from_secs(4);

/// What a handler knows of the connection its request came by.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The other side.
    pub address: SocketAddr,
    listens: Arc<AtomicBool>,
}

/// Marks an answer without an end. On HTTP/1.1 its connection is taken from hyper, whose buffers would wait with it: ten
/// thousand listeners are most of what an idle market holds in memory.
#[derive(Clone, Copy, Debug)]
pub struct Endless;

impl Peer {
    /// From now on this connection tells what happens: a machine that no longer answers is given up within seconds.
    pub fn listens(&self) {
        self.listens.store(true, Ordering::Relaxed);
    }
}

/// Serves HTTP/1.1, and HTTP/2 where encryption agreed on it, until the market closes.
pub async fn serve(
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    router: Router,
    closing: watch::Receiver<bool>,
) {
    let closed = closing.clone();
    let welcome = move |stream: TcpStream, address| {
        let peer = Peer { address, listens: Arc::default() };
        let stream = Patient { stream, listens: Arc::clone(&peer.listens), window: None, eager: false };
        welcome(stream, peer, acceptor.clone(), router.clone(), closed.clone())
    };
    tcp::accept(listener, "http", CONNECTIONS, closing, welcome).await;
}

async fn welcome(
    stream: Patient,
    peer: Peer,
    acceptor: Option<TlsAcceptor>,
    router: Router,
    closing: watch::Receiver<bool>,
) {
    // Without encryption nothing is sniffed: whoever wants HTTP/2 agrees on it there. Each way is boxed: a task takes as
    // much room as the largest thing it may ever do.
    let Some(acceptor) = acceptor else { return Box::pin(one(stream, peer, router, closing)).await };
    let Some(stream) = Box::pin(tcp::encrypt(&acceptor, stream)).await else { return };
    if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
        Box::pin(two(stream, peer, router, closing)).await;
    } else {
        Box::pin(one(stream, peer, router, closing)).await;
    }
}

/// Serves HTTP/1.1.
async fn one<S>(stream: S, peer: Peer, router: Router, closing: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    if let Some((stream, endless)) = Box::pin(answer_in_turn(stream, peer, router, closing)).await
        && let Err(error) = Box::pin(tell(stream, endless)).await
    {
        tracing::debug!(%error, "a listener is gone");
    }
}

/// Answers one request after the other, until the client goes or asks for what has no end. That answer is left to be written,
/// with the connection.
async fn answer_in_turn<S>(
    stream: S,
    peer: Peer,
    router: Router,
    closing: watch::Receiver<bool>,
) -> Option<(S, Response)>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (hand_over, mut handed_over) = tokio::sync::mpsc::channel(1);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        let asks_for_all = request.method() == Method::GET && request.version() == Version::HTTP_11;
        let (answer, hand_over) = (router.clone().oneshot(request.map(Body::new)), hand_over.clone());
        async move {
            let response = answer.await?;
            if asks_for_all && response.extensions().get::<Endless>().is_some() {
                // Whoever takes it drops this, and what waits for it.
                drop(hand_over.try_send(response));
                return pending().await;
            }
            Ok::<_, Infallible>(response)
        }
    });
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE);
    builder.max_buf_size(HEAD.0).max_headers(HEAD.1);
    let mut connection = builder.serve_connection(TokioIo::new(stream), service);
    let endless = tokio::select! {
        () = finish(Pin::new(&mut connection), closing, pending()) => return None,
        endless = handed_over.recv() => endless?,
    };
    Some((connection.into_parts().io.into_inner(), endless))
}

/// Writes an answer without an end, piece by piece as it comes, until either side goes.
async fn tell<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, endless: Response) -> io::Result<()> {
    let (parts, mut body) = endless.into_parts();
    let mut head = format!("HTTP/1.1 {}\r\n", parts.status).into_bytes();
    for (name, value) in &parts.headers {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"transfer-encoding: chunked\r\nconnection: close\r\n\r\n");
    stream.write_all(&head).await?;
    drop((head, parts));
    loop {
        stream.flush().await?;
        let mut unasked = [0; 16];
        let piece = tokio::select! {
            piece = body.frame() => piece,
            // Nothing more can be asked on this connection; that it was closed can be seen.
            read = stream.read(&mut unasked) => match read? {
                0 => return Ok(()),
                _ => continue,
            },
        };
        let Some(piece) = piece else { break };
        let piece = piece.map_err(io::Error::other)?.into_data().unwrap_or_default();
        if !piece.is_empty() {
            let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), &piece, b"\r\n"].concat();
            stream.write_all(&chunk).await?;
        }
    }
    stream.write_all(b"0\r\n\r\n").await?;
    stream.shutdown().await
}

/// Serves HTTP/2.
async fn two(stream: TlsStream<Patient>, peer: Peer, router: Router, closing: watch::Receiver<bool>) {
    let under_way = UnderWay::default();
    let counted = under_way.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        let one = counted.one_more();
        let answer = router.clone().oneshot(request.map(Body::new));
        async move { answer.await.map(|response| response.map(|body| Answering { body, _one: one })) }
    });
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(10))
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(u32::try_from(HEAD.0).unwrap_or(u32::MAX));
    let connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
    finish(connection, closing, under_way.idle()).await;
}

/// Serves a connection until it ends; when the market closes, until what is under way is answered; when it was idle for too
/// long, for a while longer at most.
async fn finish<C>(
    mut connection: Pin<&mut C>,
    mut closing: watch::Receiver<bool>,
    idle: impl Future<Output = ()>,
) where
    C: GracefulConnection,
    C::Error: std::fmt::Display,
{
    let closed = async move { drop(closing.wait_for(|closing| *closing).await) };
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = closed => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
        () = idle => {
            connection.as_mut().graceful_shutdown();
            match timeout(IDLE.1, connection).await {
                Ok(ended) => ended,
                Err(_) => return tracing::debug!("a client did not take what it had asked for"),
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

/// How many requests of a connection are under way: hyper keeps an idle HTTP/2 connection for as long as it answers pings.
#[derive(Clone)]
struct UnderWay(watch::Sender<usize>);

impl Default for UnderWay {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

/// A request under way, until this is dropped.
struct OneMore(UnderWay);

impl UnderWay {
    fn one_more(&self) -> OneMore {
        self.0.send_modify(|count| *count += 1);
        OneMore(self.clone())
    }

    /// Comes back when there has been none for too long.
    async fn idle(self) {
        let mut count = self.0.subscribe();
        loop {
            if timeout(IDLE.0, count.wait_for(|count| *count > 0)).await.is_err() {
                return;
            }
            drop(count.wait_for(|count| *count == 0).await);
        }
    }
}

impl Drop for OneMore {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}

/// The body of an answer, which is under way until all of it was handed over.
struct Answering {
    body: Body,
    _one: OneMore,
}

impl hyper::body::Body for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A socket that gives up a client who does not read.
struct Patient {
    stream: TcpStream,
    listens: Arc<AtomicBool>,
    /// While bytes wait to be read by the client: when their number is looked at next, and how many went out since.
    window: Option<(Pin<Box<Sleep>>, usize)>,
    /// The kernel was told to give the client up early.
    eager: bool,
}

impl Patient {
    /// Nothing more could be written: is the client still reading?
    fn stalled(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let (least, patience) = LEAST_READ;
        let (deadline, written) = self.window.get_or_insert_with(|| (Box::pin(sleep(patience)), 0));
        while deadline.as_mut().poll(context).is_ready() {
            if *written < least {
                // Nor does the kernel keep for it what it did not take.
                drop(socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)));
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client does not read")));
            }
            *written = 0;
            deadline.set(sleep(patience));
        }
        Poll::Pending
    }

    fn wrote(
        &mut self,
        outcome: Poll<io::Result<usize>>,
        context: &mut Context<'_>,
        asked: usize,
    ) -> Poll<io::Result<usize>> {
        match outcome {
            Poll::Pending => self.stalled(context),
            Poll::Ready(Ok(count)) if count == asked => {
                self.window = None;
                Poll::Ready(Ok(count))
            }
            Poll::Ready(Ok(count)) => {
                if let Some((_, written)) = &mut self.window {
                    *written += count;
                }
                Poll::Ready(Ok(count))
            }
            failed => failed,
        }
    }

    fn be_eager(&mut self) {
        if !self.eager && self.listens.load(Ordering::Relaxed) {
            self.eager = true;
            if let Err(error) = socket2::SockRef::from(&self.stream).set_tcp_user_timeout(Some(UNHEARD)) {
                tracing::debug!(%error, "a listener that vanishes will be missed late");
            }
        }
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, bytes)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.be_eager();
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wrote(outcome, context, bytes.len())
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.be_eager();
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        self.wrote(outcome, context, slices.iter().map(|slice| slice.len()).sum())
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
