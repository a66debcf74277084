//! Answers on their way out: whole, or piece by piece from a thread that reads the store.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::mpsc;

/// Pieces that may wait for a client.
pub(super) const PIECES_WAITING_MAX: usize = 4;

/// A piece of an answer, or the word that it was the last: without that word the connection is
/// broken off, so that nobody takes half an answer for the whole.
pub(super) enum Piece {
    Bytes(Bytes),
    End,
}

/// The body of an answer.
pub(super) enum Outgoing {
    Full(Option<Bytes>),
    Pieces(mpsc::Receiver<Piece>, bool),
}

/// An answer that was broken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer could not be finished")]
pub struct BrokenOff;

impl HttpBody for Outgoing {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        match &mut *self {
            Outgoing::Full(bytes) => Poll::Ready(bytes.take().map(|it| Ok(Frame::data(it)))),
            Outgoing::Pieces(_, true) => Poll::Ready(None),
            Outgoing::Pieces(pieces, ended) => match pieces.poll_recv(context) {
                Poll::Pending => Poll::Pending,
                Poll::Ready(Some(Piece::Bytes(bytes))) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Poll::Ready(Some(Piece::End)) => {
                    *ended = true;
                    Poll::Ready(None)
                }
                Poll::Ready(None) => Poll::Ready(Some(Err(BrokenOff))),
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Outgoing::Full(bytes) => bytes.as_ref().is_none_or(Bytes::is_empty),
            Outgoing::Pieces(_, ended) => *ended,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Outgoing::Full(bytes) => {
                let length = bytes.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(length).unwrap_or(u64::MAX))
            }
            Outgoing::Pieces(..) => SizeHint::default(),
        }
    }
}
