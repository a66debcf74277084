/* Preloaded into the writer: does what it is asked, and logs every change to files below
 * SHIM_DIR, in order, to the file SHIM_LOG. A record is a header and `length` bytes. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPEN = 1, WRITE = 2, TRUNCATE = 3, RENAME = 4, UNLINK = 5, SYNC = 6 };

struct header {
    uint32_t kind;
    uint32_t fd;
    uint64_t offset;
    uint64_t length;
};

#define FD_MAX 4096

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned char tracked[FD_MAX];
static const char *dir;
static size_t dir_length;
static int log_fd = -1;

__attribute__((constructor)) static void start(void) {
    dir = getenv("SHIM_DIR");
    const char *log = getenv("SHIM_LOG");
    if (!dir || !log) return;
    dir_length = strlen(dir);
    log_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
}

static void put(const void *bytes, size_t length) {
    const char *at = bytes;
    while (length > 0) {
        ssize_t done = syscall(SYS_write, log_fd, at, length);
        if (done <= 0) abort();
        at += done;
        length -= (size_t)done;
    }
}

static void record(uint32_t kind, int fd, uint64_t offset, const void *bytes, size_t length) {
    struct header header = {kind, (uint32_t)fd, offset, length};
    put(&header, sizeof header);
    put(bytes, length);
}

static int below(const char *path) {
    return log_fd >= 0 && path && strncmp(path, dir, dir_length) == 0;
}

static int is_tracked(int fd) {
    return log_fd >= 0 && fd >= 0 && fd < FD_MAX && tracked[fd];
}

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static int opened(int fd, const char *path, int flags) {
    if (fd >= 0 && fd < FD_MAX) {
        struct stat status;
        /* Folders are opened to be synced, and names count as durable. */
        int folder = fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
        tracked[fd] = (unsigned char)(below(path) && !folder);
        if (tracked[fd]) record(OPEN, fd, (flags & O_TRUNC) != 0, path, strlen(path));
    }
    return fd;
}

static int open_any(int at, const char *path, int flags, mode_t mode) {
    pthread_mutex_lock(&lock);
    int fd = (int)syscall(SYS_openat, at, path, flags, mode);
    int error = errno;
    opened(fd, path, flags);
    pthread_mutex_unlock(&lock);
    errno = error;
    return fd;
}

#define MODE(flags, mode) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list list; \
        va_start(list, flags); \
        mode = va_arg(list, mode_t); \
        va_end(list); \
    }

int open(const char *path, int flags, ...) {
    MODE(flags, mode)
    return open_any(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE(flags, mode)
    return open_any(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}

static ssize_t written(int fd, uint64_t offset, const void *bytes, ssize_t done) {
    int error = errno;
    if (done > 0) record(WRITE, fd, offset, bytes, (size_t)done);
    errno = error;
    return done;
}

ssize_t write(int fd, const void *bytes, size_t length) {
    if (!is_tracked(fd)) return syscall(SYS_write, fd, bytes, length);
    pthread_mutex_lock(&lock);
    off_t whence = fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR;
    off_t offset = lseek(fd, 0, whence);
    ssize_t done = syscall(SYS_write, fd, bytes, length);
    written(fd, (uint64_t)offset, bytes, done);
    pthread_mutex_unlock(&lock);
    return done;
}

static ssize_t write_at(int fd, const void *bytes, size_t length, off_t offset) {
    if (!is_tracked(fd)) return syscall(SYS_pwrite64, fd, bytes, length, offset);
    pthread_mutex_lock(&lock);
    ssize_t done = syscall(SYS_pwrite64, fd, bytes, length, offset);
    written(fd, (uint64_t)offset, bytes, done);
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    return write_at(fd, bytes, length, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t offset) {
    return write_at(fd, bytes, length, offset);
}

/* Nobody here writes in these ways; if that changes, the log would lie. */
ssize_t writev(int fd, const struct iovec *parts, int count) {
    if (is_tracked(fd)) abort();
    return syscall(SYS_writev, fd, parts, count);
}

static int truncate_to(int fd, off_t length) {
    if (!is_tracked(fd)) return (int)syscall(SYS_ftruncate, fd, length);
    pthread_mutex_lock(&lock);
    int result = (int)syscall(SYS_ftruncate, fd, length);
    int error = errno;
    if (result == 0) record(TRUNCATE, fd, (uint64_t)length, "", 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

int ftruncate(int fd, off_t length) { return truncate_to(fd, length); }
int ftruncate64(int fd, off_t length) { return truncate_to(fd, length); }

/* What a sync makes durable is what was written before it began. */
static int sync_file(long call, int fd) {
    if (!is_tracked(fd)) return (int)syscall(call, fd);
    pthread_mutex_lock(&lock);
    int result = (int)syscall(call, fd);
    int error = errno;
    if (result == 0) record(SYNC, fd, 0, "", 0);
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

int fsync(int fd) { return sync_file(SYS_fsync, fd); }
int fdatasync(int fd) { return sync_file(SYS_fdatasync, fd); }

/* The engine takes what it reaches for durable, which it is not: it has to be refused. */
int sync_file_range(int fd, off_t offset, off_t length, unsigned int flags) {
    int result = (int)syscall(SYS_sync_file_range, fd, offset, length, flags);
    if (is_tracked(fd) && result == 0) abort();
    return result;
}

int rename(const char *old, const char *new) {
    REAL(int, "rename", const char *, const char *);
    pthread_mutex_lock(&lock);
    int result = real(old, new);
    int error = errno;
    if (result == 0 && below(old)) {
        size_t old_length = strlen(old) + 1, new_length = strlen(new);
        struct header header = {RENAME, 0, 0, old_length + new_length};
        put(&header, sizeof header);
        put(old, old_length);
        put(new, new_length);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

/* How whole folders are removed. */
int unlinkat(int at, const char *path, int flags) {
    pthread_mutex_lock(&lock);
    int result = (int)syscall(SYS_unlinkat, at, path, flags);
    int error = errno;
    if (result == 0 && !(flags & AT_REMOVEDIR)) {
        char link[64], whole[4096];
        size_t length = 0;
        if (path[0] != '/') {
            snprintf(link, sizeof link, "/proc/self/fd/%d", at);
            ssize_t found = syscall(SYS_readlinkat, AT_FDCWD, link, whole, sizeof whole - 300);
            if (found < 0) abort();
            length = (size_t)found;
            whole[length++] = '/';
        }
        snprintf(whole + length, sizeof whole - length, "%s", path);
        if (below(whole)) record(UNLINK, 0, 0, whole, strlen(whole));
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

int unlink(const char *path) {
    REAL(int, "unlink", const char *);
    pthread_mutex_lock(&lock);
    int result = real(path);
    int error = errno;
    if (result == 0 && below(path)) record(UNLINK, 0, 0, path, strlen(path));
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}
