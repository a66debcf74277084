//! A stream whose client has to take what is written: otherwise whoever asks for a long answer
//! and never reads it would keep the connection, and the answer, for ever.

use std::future::Future;
use std::io::{Error, ErrorKind, IoSlice, Result};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// Gives up when nothing could be written for so long.
pub(super) struct Patient<S> {
    stream: S,
    time: Duration,
    /// Since something waits to be written.
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<S> Patient<S> {
    /// Waits as long as `time` for each piece.
    pub fn new(stream: S, time: Duration) -> Patient<S> {
        Patient { stream, time, waiting: None }
    }

    /// What becomes of a step that has or has not been done.
    fn settle<T>(&mut self, step: Poll<Result<T>>, context: &mut Context<'_>) -> Poll<Result<T>> {
        if step.is_ready() {
            self.waiting = None;
            return step;
        }
        let time = self.time;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(tokio::time::sleep(time)));
        ready!(waiting.as_mut().poll(context));
        Poll::Ready(Err(Error::from(ErrorKind::TimedOut)))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        let step = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.settle(step, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let step = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.settle(step, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let step = Pin::new(&mut self.stream).poll_flush(context);
        self.settle(step, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        let step = Pin::new(&mut self.stream).poll_shutdown(context);
        self.settle(step, context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    const TIME: Duration = Duration::from_millis(50);

    #[test]
    fn who_takes_nothing_is_left_and_who_takes_slowly_is_not() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (mut client, server) = tokio::io::duplex(8);
            let mut server = Patient::new(server, TIME);
            let writing = tokio::spawn(async move {
                let all = server.write_all(&[1; 40]).await;
                (all, server.write_all(&[2; 40]).await)
            });
            let mut taken = [0; 8];
            for _ in 0..5 {
                tokio::time::sleep(TIME / 4).await;
                client.read_exact(&mut taken).await.unwrap();
            }
            let (slowly, never) = writing.await.unwrap();
            assert!(slowly.is_ok());
            assert_eq!(never.unwrap_err().kind(), ErrorKind::TimedOut);
        });
    }
}
