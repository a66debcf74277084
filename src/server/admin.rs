//! The admin socket: one line asks, one line answers. Only the owner of the data folder may
//! connect: the socket's mode says so.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::AdminHandler;
use super::clock::Clock;

/// Longest line, in bytes: a whole directory can be imported in one.
pub const LINE_BYTES_MAX: u64 = 64_000_000;

/// Makes the socket. One that a crash has left behind is replaced: the store's lock has
/// already shown that no other server works on this folder.
pub(super) fn bind(path: &Path) -> std::io::Result<UnixListener> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

pub(super) async fn serve(
    listener: UnixListener,
    answer: AdminHandler,
    clock: Arc<Clock>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut conversations = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    conversations.spawn(converse(stream, answer.clone(), clock.clone()));
                }
            }
            Some(_) = conversations.join_next() => {}
            _ = stopped.changed() => return,
        }
    }
}

async fn converse(stream: UnixStream, answer: AdminHandler, clock: Arc<Clock>) {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    loop {
        let mut line = String::new();
        match (&mut read).take(LINE_BYTES_MAX).read_line(&mut line).await {
            Ok(length) if length > 0 && line.ends_with('\n') => {}
            _ => return,
        }
        let (answer, now) = (answer.clone(), clock.now());
        let Ok(mut text) = tokio::task::spawn_blocking(move || answer(&line, now)).await else {
            return;
        };
        text.push('\n');
        if write.write_all(text.as_bytes()).await.is_err() {
            return;
        }
    }
}
