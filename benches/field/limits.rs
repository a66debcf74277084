//! What no server could beat here: a bare hyper server that says hello, and a disk that does
//! nothing but sync.

use crate::Fallible;
use crate::bookings::Layout;
use crate::measure::milliseconds;
use crate::process::run;
use crate::site::{Kind, Site, free_address};
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// Answers with a text as long as a booking, so that a `get` can be compared.
const HELLO_BYTES: usize = 1_600;

/// Syncs that are timed.
const SYNCS: usize = 200;

/// Bytes written before each of them.
const BLOCK: [u8; 4_096] = [0; 4_096];

/// The bare server; it goes on until it is killed.
pub fn hello(address: SocketAddr) -> Fallible<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(address).await?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let service = service_fn(|_| async {
                Ok::<_, Infallible>(http::Response::new(Full::new(Bytes::from_static(
                    &[b'x'; HELLO_BYTES],
                ))))
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    })
}

/// The bare server as a process of its own: this very program.
pub fn hello_site(layout: Layout) -> Fallible<Site> {
    let mut site = Site::new(Kind::Hello, free_address()?, PathBuf::new(), layout);
    let (program, address) = (std::env::current_exe()?, site.address.to_string());
    site.calendar = "/".to_owned();
    site.command = Box::new(move || {
        let mut command = Command::new(&program);
        command.args(["--hello", &address]).stdout(Stdio::null());
        command
    });
    site.start()?;
    Ok(site)
}

/// Median milliseconds of writing a block and `fdatasync`, in a file of its own.
pub fn sync_ms(folder: &Path) -> Fallible<f64> {
    let path = folder.join("synced");
    let mut file = File::create(&path).map_err(|fault| format!("{}: {fault}", path.display()))?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let begun = Instant::now();
        file.write_all(&BLOCK)?;
        file.sync_data()?;
        times.push(begun.elapsed());
    }
    std::fs::remove_file(&path)?;
    times.sort_unstable();
    Ok(milliseconds(times[SYNCS / 2]))
}

/// Makes `fdatasync` and `fsync` of a process that is preloaded with it take so long.
const SLOW_DISK: &str = r#"
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void rest(void) {
    struct timespec time = {0, NANOSECONDS};
    nanosleep(&time, 0);
}

int fdatasync(int fd) {
    rest();
    return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd) {
    rest();
    return (int)syscall(SYS_fsync, fd);
}
"#;

/// Builds a library to preload, with which syncing takes longer by this time.
pub fn slow_disk(folder: &Path, by: Duration) -> Fallible<PathBuf> {
    let (source, library) = (folder.join("slow_disk.c"), folder.join("slow_disk.so"));
    let code = SLOW_DISK.replace("NANOSECONDS", &by.as_nanos().to_string());
    std::fs::write(&source, code)?;
    run(Command::new("cc").args(["-O2", "-shared", "-fPIC", "-o"]).arg(&library).arg(&source))?;
    Ok(library)
}
