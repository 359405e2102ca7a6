//! One HTTP/1.1 connection, driven by whoever sends on it: no task of its own, so no wake-ups between tasks, and one call
//! of the system for a request and one for its answer, where the system lets them pass in one piece.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use httparse::Status;
use tokio::io::{AsyncReadExt, AsyncWrite};
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};

use super::endpoint::{Endpoint, Wire};
use super::head::{End, Head};
use super::message::Message;
use super::{BODY_LIMIT, Failure};
use crate::wire::Response;

/// Room for an answer of the usual size.
const ROOM: usize = 8 << 10;
/// How long a connection may take to open.
const CONNECT: Duration = Duration::from_secs(5);
/// Most bytes of the head of an answer, and of what follows its last chunk.
const HEAD_LIMIT: usize = 256 << 10;
/// A head that is longer is only read again once its end is in sight.
const SHORT_HEAD: usize = 8 << 10;
/// Most bytes of the line before a chunk.
const CHUNK_LINE_LIMIT: usize = 4 << 10;

/// A connection to the target.
#[derive(Debug)]
pub struct Connection {
    wire: Wire,
    /// What came in and was not read yet.
    received: BytesMut,
    /// Runs on between requests: to put off a timer costs next to nothing, to set one does.
    timer: Pin<Box<Sleep>>,
}

/// When an exchange has taken too long.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    /// Then.
    pub at: Instant,
    /// How long it was given.
    pub limit: Duration,
}

/// What came back, and whether the connection is good for another request.
#[derive(Debug)]
pub struct Answer {
    pub response: Response,
    pub stays_open: bool,
}

/// A request on its way out.
struct Outgoing {
    left: Bytes,
    /// How long the exchange may take.
    limit: Duration,
    /// Whether anything came back since it was begun.
    is_heard: bool,
    /// Why it could not be sent as a whole; the answer may have come all the same.
    broken: Option<io::Error>,
}

impl Connection {
    /// Opens a connection.
    ///
    /// # Errors
    /// Nobody listens, or it takes too long.
    pub async fn open(endpoint: &Endpoint, deadline: Deadline) -> Result<Connection, Failure> {
        let at = deadline.at.min(Instant::now() + CONNECT);
        let silence = |_| match at < deadline.at {
            true => Failure::Connect(format!("nobody answers within {} s", CONNECT.as_secs())),
            false => Failure::Timeout(deadline.limit),
        };
        let opened = timeout_at(at, endpoint.connect()).await.map_err(silence)?;
        let wire = opened.map_err(|error| Failure::Connect(error.to_string()))?;
        Ok(Connection { wire, received: BytesMut::with_capacity(ROOM), timer: Box::pin(sleep_until(deadline.at)) })
    }

    /// Whether the other side has left it open, and silent, since it was last used.
    pub async fn is_open(&mut self) -> bool {
        poll_fn(|cx| Poll::Ready(self.poll_read(cx).is_pending())).await
    }

    /// Sends a request and reads what comes back, the body up to [`BODY_LIMIT`].
    ///
    /// # Errors
    /// What came back is no HTTP, or nothing came back in time.
    pub async fn exchange(&mut self, message: &Message, deadline: Deadline) -> Result<Answer, Failure> {
        self.timer.as_mut().reset(deadline.at);
        let limit = deadline.limit;
        let mut outgoing = Outgoing { left: message.bytes.clone(), limit, is_heard: false, broken: None };
        let head = self.head(&mut outgoing, message.is_head).await?;
        self.received.advance(head.length);
        let (body, is_truncated) = match head.end {
            End::After(length) => self.body_of_length(&mut outgoing, length).await?,
            End::LastChunk => self.body_of_chunks(&mut outgoing).await?,
            End::Close => self.body_until_close(&mut outgoing).await?,
        };
        let is_sent = outgoing.left.is_empty() && outgoing.broken.is_none();
        let stays_open = head.stays_open && is_sent && !is_truncated && self.received.is_empty();
        if self.received.capacity() > 8 * ROOM {
            self.received = BytesMut::with_capacity(ROOM);
        }
        let response = Response { status: head.status, headers: head.headers, body, is_truncated };
        Ok(Answer { response, stays_open })
    }

    /// The head of the answer itself, after those of interim ones.
    async fn head(&mut self, outgoing: &mut Outgoing, answers_head: bool) -> Result<Head, Failure> {
        let (mut looked_through, mut interim) = (0, 0);
        loop {
            if self.may_hold_head(looked_through) {
                match Head::read(&self.received, answers_head)? {
                    Some(head) if head.is_interim() => {
                        self.received.advance(head.length);
                        interim += head.length;
                        looked_through = 0;
                        if interim > HEAD_LIMIT {
                            return Err(Failure::Protocol("interim answers without end".to_owned()));
                        }
                        continue;
                    }
                    Some(head) => return Ok(head),
                    None => {}
                }
            }
            if self.received.len() > HEAD_LIMIT {
                return Err(Failure::Protocol(format!("a head of more than {} KiB", HEAD_LIMIT >> 10)));
            }
            looked_through = self.received.len();
            if self.more(outgoing).await? == 0 {
                return Err(match &outgoing.broken {
                    _ if outgoing.is_heard => {
                        Failure::Protocol("connection closed before message completed".to_owned())
                    }
                    Some(error) => Failure::Unanswered(error.to_string()),
                    None => Failure::Unanswered("connection closed before message completed".to_owned()),
                });
            }
        }
    }

    /// Whether it is worth reading the head: byte by byte a long one would be read for ever.
    fn may_hold_head(&self, looked_through: usize) -> bool {
        let fresh = self.received.get(looked_through.saturating_sub(3)..).unwrap_or_default();
        let ends = |line: &[u8]| fresh.windows(line.len()).any(|window| window == line);
        !self.received.is_empty() && (looked_through < SHORT_HEAD || ends(b"\n\r\n") || ends(b"\n\n"))
    }

    async fn body_of_length(&mut self, outgoing: &mut Outgoing, length: u64) -> Result<(Bytes, bool), Failure> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let wanted = length.min(BODY_LIMIT);
        while self.received.len() < wanted {
            self.some_more(outgoing).await?;
        }
        let body = self.take(wanted);
        Ok((body, length > wanted))
    }

    async fn body_until_close(&mut self, outgoing: &mut Outgoing) -> Result<(Bytes, bool), Failure> {
        while self.received.len() <= BODY_LIMIT {
            if self.more(outgoing).await? == 0 {
                let whole = self.received.len();
                return Ok((self.take(whole), false));
            }
        }
        Ok((self.take(BODY_LIMIT), true))
    }

    async fn body_of_chunks(&mut self, outgoing: &mut Outgoing) -> Result<(Bytes, bool), Failure> {
        let mut body = BytesMut::new();
        loop {
            let size = self.chunk_size(outgoing).await?;
            if size == 0 {
                self.skip_trailers(outgoing).await?;
                return Ok((body.freeze(), false));
            }
            let mut left = usize::try_from(size).unwrap_or(usize::MAX);
            while left > 0 {
                if self.received.is_empty() {
                    self.some_more(outgoing).await?;
                }
                let piece = self.received.len().min(left);
                let kept = piece.min(BODY_LIMIT - body.len());
                body.extend_from_slice(self.received.get(..kept).unwrap_or_default());
                if kept < piece {
                    return Ok((body.freeze(), true));
                }
                self.received.advance(piece);
                left -= piece;
            }
            self.end_of_chunk(outgoing).await?;
        }
    }

    async fn chunk_size(&mut self, outgoing: &mut Outgoing) -> Result<u64, Failure> {
        loop {
            match httparse::parse_chunk_size(&self.received) {
                Ok(Status::Complete((length, size))) => {
                    self.received.advance(length);
                    return Ok(size);
                }
                Ok(Status::Partial) if self.received.len() <= CHUNK_LINE_LIMIT => self.some_more(outgoing).await?,
                Ok(Status::Partial) | Err(_) => return Err(Failure::Protocol("invalid chunk size parsed".to_owned())),
            }
        }
    }

    async fn end_of_chunk(&mut self, outgoing: &mut Outgoing) -> Result<(), Failure> {
        while self.received.len() < 2 {
            self.some_more(outgoing).await?;
        }
        if !self.received.starts_with(b"\r\n") {
            return Err(Failure::Protocol("a chunk does not end where it should".to_owned()));
        }
        self.received.advance(2);
        Ok(())
    }

    /// Trailers say nothing that a clause is about.
    async fn skip_trailers(&mut self, outgoing: &mut Outgoing) -> Result<(), Failure> {
        let mut skipped = 0;
        loop {
            match self.received.iter().position(|byte| *byte == b'\n') {
                Some(end) => {
                    let is_last = self.received.get(..end).unwrap_or_default().trim_ascii().is_empty();
                    self.received.advance(end + 1);
                    skipped += end + 1;
                    if is_last {
                        return Ok(());
                    }
                }
                None if skipped + self.received.len() <= HEAD_LIMIT => self.some_more(outgoing).await?,
                None => return Err(Failure::Protocol("trailers without end".to_owned())),
            }
            if skipped > HEAD_LIMIT {
                return Err(Failure::Protocol("trailers without end".to_owned()));
            }
        }
    }

    /// A copy of what was received, so that the room for the next answer is used again.
    fn take(&mut self, length: usize) -> Bytes {
        let taken = Bytes::copy_from_slice(self.received.get(..length).unwrap_or_default());
        self.received.advance(taken.len());
        taken
    }

    /// Reads some more of an answer that is not at its end.
    async fn some_more(&mut self, outgoing: &mut Outgoing) -> Result<(), Failure> {
        match self.more(outgoing).await? {
            0 => Err(Failure::Protocol("end of file before message length reached".to_owned())),
            _ => Ok(()),
        }
    }

    /// Reads some more, and sends what is left of the request meanwhile. How many bytes came; none at the end.
    async fn more(&mut self, outgoing: &mut Outgoing) -> Result<usize, Failure> {
        if self.received.capacity() - self.received.len() < ROOM / 2 {
            self.received.reserve(ROOM);
        }
        let read = poll_fn(|cx| {
            outgoing.poll_send(&mut self.wire, cx);
            match self.poll_read(cx) {
                Poll::Pending if self.timer.as_mut().poll(cx).is_ready() => Poll::Ready(None),
                read => read.map(Some),
            }
        });
        let Some(read) = read.await else { return Err(Failure::Timeout(outgoing.limit)) };
        match read {
            Ok(length) => {
                outgoing.is_heard |= length > 0;
                Ok(length)
            }
            Err(error) if outgoing.is_heard => Err(Failure::Protocol(error.to_string())),
            Err(error) => Err(Failure::Unanswered(error.to_string())),
        }
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        pin!(self.wire.read_buf(&mut self.received)).poll(cx)
    }
}

impl Outgoing {
    /// Sends as much as the connection takes. What an answer may explain is no failure yet.
    fn poll_send(&mut self, wire: &mut Wire, cx: &mut Context<'_>) {
        while !self.left.is_empty() {
            match Pin::new(&mut *wire).poll_write(cx, &self.left) {
                Poll::Pending => return,
                Poll::Ready(Ok(sent)) if sent > 0 => self.left.advance(sent),
                Poll::Ready(result) => {
                    self.broken = Some(result.err().unwrap_or_else(|| io::ErrorKind::WriteZero.into()));
                    self.left.clear();
                }
            }
        }
        if self.broken.is_none()
            && let Poll::Ready(Err(error)) = Pin::new(wire).poll_flush(cx)
        {
            self.broken = Some(error);
        }
    }
}

#[cfg(test)]
mod tests;
