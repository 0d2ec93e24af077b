//! HTTP around the tenant: reads a request, asks the tenant how it ends, waits, and writes or cuts.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::connect_info::Connected;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderName, Response, header};
use axum::serve::{IncomingStream, Listener};
use futures_util::{StreamExt as _, stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::Api;
use super::clock::Clock;
use super::dice::{dice, guid, hash};
use super::reply::{Kind, Reply};
use super::route::Route;
use super::switches::Counted;
use super::tenant::{Ending, Request, Tenant};

/// A comment and a form are small; no body of the reference comes near this.
const BODY_MAX: usize = 1 << 20;

/// What every call shares. The tenant is behind a plain mutex: work on it is short and never awaits.
pub(super) struct Shared {
    pub clock: Clock,
    tenant: Mutex<Tenant>,
    /// True once the emulator was dropped: what waits then ends.
    stopped: watch::Receiver<bool>,
}

impl Shared {
    pub(super) fn new(clock: Clock, tenant: Tenant, stopped: watch::Receiver<bool>) -> Shared {
        Shared { clock, tenant: Mutex::new(tenant), stopped }
    }

    pub(super) fn tenant(&self) -> MutexGuard<'_, Tenant> {
        // A panic while the lock was held fails its own test; the others shall still see the tenant.
        self.tenant.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends when the emulator is dropped.
    async fn stop(&self) {
        let mut stopped = self.stopped.clone();
        // An error says that the sender is gone, which is the same.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    }

    async fn wait(&self, duration: Duration) {
        if !duration.is_zero() {
            tokio::select! {
                () = tokio::time::sleep(duration) => {}
                () = self.stop() => {}
            }
        }
    }
}

/// Serves until the emulator is dropped.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let stop = Arc::clone(&shared);
    let router = Router::new().fallback(handle).with_state(shared);
    let served = axum::serve(Lines(listener), router.into_make_service_with_connect_info::<Line>())
        .with_graceful_shutdown(async move { stop.stop().await });
    // Accepting never fails for good: see `Lines::accept`.
    let _ = served.await;
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: axum::extract::Request,
) -> Response<Body> {
    let Some(request) = read(request).await else { return line.cut() };
    let (latency, counted) = latency(&shared, &request);
    if counted == Counted::OnAnswer {
        shared.wait(latency).await;
    }
    let outcome = {
        let mut tenant = shared.tenant();
        // Under the lock, so that the log's times never go back.
        let now = shared.clock.now();
        tenant.receive(now, &request)
    };
    if counted == Counted::OnArrival {
        shared.wait(latency).await;
    }
    shared.wait(shared.clock.outside(outcome.wait_ms)).await;
    match outcome.ending {
        Ending::Answer(reply) => {
            shared.tenant().answered(outcome.call, reply.status);
            written(&shared, &request, reply, Written::Whole)
        }
        Ending::CutInside(reply) => written(&shared, &request, reply, Written::Half),
        Ending::Cut => line.cut(),
        Ending::Silence => {
            shared.stop().await;
            line.cut()
        }
    }
}

async fn read(request: axum::extract::Request) -> Option<Request> {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_MAX).await.ok()?;
    let text =
        |name: HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Some(Request {
        method: parts.method.as_str().to_owned(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or("").to_owned(),
        authorization: text(header::AUTHORIZATION),
        content_type: text(header::CONTENT_TYPE),
        body: body.into(),
    })
}

fn latency(shared: &Shared, request: &Request) -> (Duration, Counted) {
    let mut tenant = shared.tenant();
    let ms = match Route::of(&request.method, &request.path).api() {
        Api::Offboard => {
            let jitter_ms = tenant.switches.offboard_jitter_ms;
            tenant.switches.offboard_latency_ms + tenant.roll("latency", "").u64(0..=jitter_ms)
        }
        _ => tenant.switches.latency_ms,
    };
    (Duration::from_millis(ms), tenant.switches.counted)
}

/// How much of an answer is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Written {
    Whole,
    /// Then the connection ends.
    Half,
}

/// The answer with its headers (reference, section 3, answer headers).
fn written(shared: &Shared, request: &Request, reply: Reply, written: Written) -> Response<Body> {
    let now = shared.clock.now();
    let api = Route::of(&request.method, &request.path).api();
    let mut response = Response::builder().status(reply.status).header(header::DATE, now.http_date());
    if let Some(seconds) = reply.retry_after {
        response = response.header(header::RETRY_AFTER, seconds);
    }
    if let Some(allow) = reply.allow {
        response = response.header(header::ALLOW, allow);
    }
    // A gateway's page has none of the service's own headers.
    if reply.kind != Kind::Html {
        response = response.header(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains");
        response = if api == Api::Token {
            response.header(header::CACHE_CONTROL, "no-store, no-cache")
        } else {
            // Since 2025; to be shown with errors.
            let seed = hash(request.path.as_bytes()) ^ now.unix_seconds() as u64;
            let correlation = guid(&mut dice(seed, "correlation", reply.body.len() as u64));
            response.header("mise-correlation-id", correlation)
        };
    }
    response = match reply.kind {
        Kind::OData => {
            response.header("OData-Version", "4.0").header(header::VARY, "Accept-Encoding").header(
                header::CONTENT_TYPE,
                "application/json; odata.metadata=minimal; odata.streaming=true; charset=utf-8",
            )
        }
        Kind::Json => response.header(header::CONTENT_TYPE, "application/json; charset=utf-8"),
        Kind::Html => response.header(header::CONTENT_TYPE, "text/html"),
        Kind::Bare => response,
    };
    let kind = reply.kind;
    let bytes = Bytes::from(reply.body);
    let body = match (written, kind) {
        (Written::Half, _) => half(&bytes),
        // Chunked, without a length.
        (_, Kind::OData) => Body::from_stream(stream::iter([Ok::<_, io::Error>(bytes)])),
        _ => Body::from(bytes),
    };
    response.body(body).expect("statuses come from constants or tests, headers are plain text")
}

/// The first half of a body, then the end of the connection.
fn half(whole: &Bytes) -> Body {
    let first = whole.slice(..whole.len() / 2);
    let broken = stream::once(async {
        // The pause lets the first half leave: an error right behind it would take it back.
        tokio::task::yield_now().await;
        Err(io::Error::from(io::ErrorKind::ConnectionReset))
    });
    Body::from_stream(stream::iter([Ok(first)]).chain(broken))
}

/// A connection, as a handler sees it: it can end it.
#[derive(Clone, Debug)]
struct Line {
    is_cut: Arc<AtomicBool>,
}

impl Line {
    /// From now on nothing is written any more; the response only moves the connection on to notice it.
    fn cut(&self) -> Response<Body> {
        self.is_cut.store(true, Ordering::Release);
        Response::new(Body::empty())
    }
}

impl Connected<IncomingStream<'_, Lines>> for Line {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Line {
        stream.remote_addr().clone()
    }
}

/// A listener whose connections can be cut.
struct Lines(TcpListener);

impl Listener for Lines {
    type Io = Wire;
    type Addr = Line;

    async fn accept(&mut self) -> (Wire, Line) {
        loop {
            match self.0.accept().await {
                Ok((stream, _)) => {
                    // Small answers must not wait for the client's acknowledgement; if it fails they only do.
                    let _ = stream.set_nodelay(true);
                    let line = Line { is_cut: Arc::new(AtomicBool::new(false)) };
                    return (Wire { stream, line: line.clone() }, line);
                }
                // Out of file descriptors, or a client that went away: neither ends the tenant.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    fn local_addr(&self) -> io::Result<Line> {
        Ok(Line { is_cut: Arc::new(AtomicBool::new(false)) })
    }
}

/// A stream that refuses to write once its line is cut; the server then closes it.
struct Wire {
    stream: TcpStream,
    line: Line,
}

impl Wire {
    fn whole(&self) -> io::Result<()> {
        if self.line.is_cut.load(Ordering::Acquire) {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.whole()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.whole()?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
