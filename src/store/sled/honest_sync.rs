//! Makes the engine's own syncs reach the disk.
//!
//! The engine uses a segment of its file again as soon as it believes the pages that were in it
//! durable elsewhere. On Linux it believes that after `sync_file_range`, which by its manual
//! page reaches neither the file's metadata nor the disk's cache: simulated power loss shows
//! commits lost that way. Where a kernel does not know that call, the engine falls back on
//! `fsync`. So the kernel is told to answer this process that it does not know it.
//!
//! The filter stays for the life of the process, and reaches threads and processes that it
//! starts; nothing else in it makes this call.

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Sees to it, once in a process, that what the engine syncs is durable. `false` where the system
/// does not let that be done: then the store flushes by itself, more often.
pub(super) fn ensure() -> bool {
    static ENSURED: OnceLock<bool> = OnceLock::new();
    *ENSURED.get_or_init(|| match refuse_range_syncs() {
        Ok(()) => true,
        Err(reason) => {
            tracing::warn!(event = "store-syncs-by-itself", reason);
            false
        }
    })
}

fn refuse_range_syncs() -> Result<(), String> {
    let unknown = u32::try_from(libc::ENOSYS).map_err(|error| error.to_string())?;
    let machine = std::env::consts::ARCH.try_into();
    let filter = SeccompFilter::new(
        BTreeMap::from([(libc::SYS_sync_file_range, Vec::new())]),
        SeccompAction::Allow,
        SeccompAction::Errno(unknown),
        machine.map_err(|error: seccompiler::BackendError| error.to_string())?,
    );
    let filter = filter.map_err(|error| error.to_string())?;
    let program: BpfProgram =
        filter.try_into().map_err(|error: seccompiler::BackendError| error.to_string())?;
    seccompiler::apply_filter_all_threads(&program).map_err(|error| error.to_string())
}
