/* Preloaded into the server: files below FAULT_DIR fail as the file FAULT_RULE says, for as
 * long as it is there: `write ENOSPC db` lets writes to files named db fail when half of their
 * bytes are written, `sync EIO journal` lets the syncs of the journal fail. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The error that a call on a file ends with; 0 for none. */
static int fault(int fd, const char *call) {
    const char *dir = getenv("FAULT_DIR"), *rule = getenv("FAULT_RULE");
    if (!dir || !rule) return 0;
    int file = (int)syscall(SYS_openat, AT_FDCWD, rule, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    char text[64] = {0};
    syscall(SYS_read, file, text, sizeof text - 1);
    syscall(SYS_close, file);
    char wanted[16], error[16], name[32];
    if (sscanf(text, "%15s %15s %31s", wanted, error, name) != 3) return 0;
    if (strcmp(wanted, call) != 0) return 0;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    const char *last = strrchr(path, '/');
    if (strncmp(path, dir, strlen(dir)) != 0 || !last || strcmp(last + 1, name) != 0) return 0;
    return strcmp(error, "ENOSPC") == 0 ? ENOSPC : EIO;
}

#define FAIL(fd, call, before) \
    do { \
        int error = fault(fd, call); \
        if (error) { \
            before; \
            errno = error; \
            return -1; \
        } \
    } while (0)

ssize_t write(int fd, const void *bytes, size_t length) {
    FAIL(fd, "write", syscall(SYS_write, fd, bytes, length / 2));
    return syscall(SYS_write, fd, bytes, length);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) {
    FAIL(fd, "write", syscall(SYS_pwrite64, fd, bytes, length / 2, offset));
    return syscall(SYS_pwrite64, fd, bytes, length, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    return pwrite64(fd, bytes, length, offset);
}

int fdatasync(int fd) {
    FAIL(fd, "sync", (void)0);
    return (int)syscall(SYS_fdatasync, fd);
}

int fsync(int fd) {
    FAIL(fd, "sync", (void)0);
    return (int)syscall(SYS_fsync, fd);
}

int sync_file_range(int fd, off_t offset, off_t length, unsigned int flags) {
    FAIL(fd, "range", (void)0);
    return (int)syscall(SYS_sync_file_range, fd, offset, length, flags);
}
