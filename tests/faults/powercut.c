/* A model of a power cut, loaded into every process of a server with LD_PRELOAD.
 *
 * It keeps, beside the directory AMPARO_POWERCUT_ROOT, a durable image in AMPARO_POWERCUT_IMAGE:
 *
 *   files/<key>   what a file held when it was last synced (fsync or fdatasync)
 *   dirs/<key>    the names a directory held when it was last synced
 *
 * A key is inode and birth time, so a name that was moved, replaced or removed is told apart from the file it named.
 * Only the two sync calls are interposed. Writes need no watching: at a sync the live file, as the kernel's page
 * cache shows it to every process, is compared with the image and the blocks that differ are copied. However the
 * bytes were written (write, pwrite, mmap, sendfile, by which thread or process), they are durable from the first
 * sync that follows them and not before.
 *
 * The image is taken before the real sync runs: what other threads write while the disk works is not counted as safe.
 * A process killed in the middle of a copy leaves a part of it, as a disk does whose flush never answered.
 *
 * Not modelled, in the severe direction (nothing becomes durable): sync, syncfs, sync_file_range, msync, O_SYNC and
 * O_DSYNC files, and syncs made without the C library. powercut.py says what else is left out.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 4096, CHUNK = 64 * BLOCK };

typedef int sync_call(int);
static sync_call *real_fsync, *real_fdatasync;
static char root[PATH_MAX], image[PATH_MAX];
static size_t root_length;

/* An instrument that fails must not pass for a server that loses data. */
static void broken(const char *what) {
    fprintf(stderr, "powercut: %s: %s\n", what, strerror(errno));
    abort();
}

__attribute__((constructor)) static void load(void) {
    real_fsync = (sync_call *)dlsym(RTLD_NEXT, "fsync");
    real_fdatasync = (sync_call *)dlsym(RTLD_NEXT, "fdatasync");
    const char *watched = getenv("AMPARO_POWERCUT_ROOT"), *kept = getenv("AMPARO_POWERCUT_IMAGE");
    if (watched == NULL || kept == NULL) return;
    if (snprintf(root, sizeof root, "%s", watched) >= (int)sizeof root
        || snprintf(image, sizeof image, "%s", kept) >= (int)sizeof image) broken("path too long");
    root_length = strlen(root);
}

static int is_watched(int fd) {
    char link[64], path[PATH_MAX];
    if (root_length == 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strncmp(path, root, root_length) == 0 && (path[root_length] == 0 || path[root_length] == '/');
}

static void write_key(char *key, size_t size, const struct statx *facts) {
    snprintf(key, size, "%llx-%llx.%x", (unsigned long long)facts->stx_ino,
             (unsigned long long)facts->stx_btime.tv_sec, facts->stx_btime.tv_nsec);
}

/* Opened anew at each sync: a lock belongs to an open file, so this one keeps threads apart as well as processes,
 * and dies with its holder. */
static int open_locked(const char *folder, const char *key) {
    char path[PATH_MAX + 128];
    snprintf(path, sizeof path, "%s/%s/%s", image, folder, key);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) broken(path);
    while (flock(fd, LOCK_EX) < 0)
        if (errno != EINTR) broken("flock");
    return fd;
}

static ssize_t read_fully(int fd, char *into, size_t wanted, off_t at) {
    size_t got = 0;
    while (got < wanted) {
        ssize_t n = pread(fd, into + got, wanted - got, at + (off_t)got);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) broken("pread");
        if (n == 0) break;
        got += (size_t)n;
    }
    return (ssize_t)got;
}

static void write_fully(int fd, const char *from, size_t count, off_t at) {
    while (count > 0) {
        ssize_t n = pwrite(fd, from, count, at);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) broken("pwrite");
        from += n, at += n, count -= (size_t)n;
    }
}

static void keep_content(int fd, const char *key, const struct statx *facts) {
    static __thread char *live, *kept;
    if (live == NULL && ((live = malloc(CHUNK)) == NULL || (kept = malloc(CHUNK)) == NULL)) broken("malloc");
    /* SQLite's locks on a file fall when any descriptor of it is closed, so the caller's own is read; a write-only
     * one cannot be, and is reopened. */
    int source = fd;
    if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY) {
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        if ((source = open(link, O_RDONLY | O_CLOEXEC)) < 0) broken("reopen");
    }
    int copy = open_locked("files", key);
    off_t at = 0;
    for (;;) {
        ssize_t have = read_fully(source, live, CHUNK, at), had = read_fully(copy, kept, CHUNK, at);
        for (ssize_t from = 0; from < have; from += BLOCK) {
            size_t size = (size_t)(have - from < BLOCK ? have - from : BLOCK);
            if (from + (ssize_t)size > had || memcmp(live + from, kept + from, size) != 0)
                write_fully(copy, live + from, size, at + from);
        }
        at += have;
        if (have < CHUNK) break;
    }
    if (ftruncate(copy, at) < 0 || fchmod(copy, facts->stx_mode & 07777) < 0) broken("ftruncate");
    close(copy);
    if (source != fd) close(source);
}

/* Records end in NUL: type (f, d or l), key, mode in octal, name. */
static void keep_names(int fd, const char *key) {
    char lock_name[128], part[PATH_MAX + 128], whole[PATH_MAX + 128];
    snprintf(lock_name, sizeof lock_name, "%s.lock", key);
    snprintf(part, sizeof part, "%s/dirs/%s.part", image, key);
    snprintf(whole, sizeof whole, "%s/dirs/%s", image, key);
    int lock = open_locked("dirs", lock_name);
    int listing = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *names = listing < 0 ? NULL : fdopendir(listing);
    FILE *out = fopen(part, "we");
    if (names == NULL || out == NULL) broken("directory");
    for (struct dirent *entry; (entry = readdir(names)) != NULL;) {
        struct statx facts;
        char entry_key[96];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
        if (statx(dirfd(names), entry->d_name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &facts) < 0)
            continue; /* removed since it was listed */
        char type = S_ISREG(facts.stx_mode) ? 'f' : S_ISDIR(facts.stx_mode) ? 'd' : 0;
        if (type == 0) continue;
        write_key(entry_key, sizeof entry_key, &facts);
        fprintf(out, "%c %s %o %s%c", type, entry_key, facts.stx_mode & 07777, entry->d_name, 0);
    }
    closedir(names);
    if (fclose(out) != 0 || rename(part, whole) < 0) broken("directory");
    close(lock);
}

static void keep(int fd) {
    struct statx facts;
    char key[96];
    int before = errno;
    if (is_watched(fd) && statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &facts) == 0) {
        write_key(key, sizeof key, &facts);
        if (S_ISREG(facts.stx_mode)) keep_content(fd, key, &facts);
        if (S_ISDIR(facts.stx_mode)) keep_names(fd, key);
    }
    errno = before;
}

int fsync(int fd) {
    keep(fd);
    return real_fsync(fd);
}

int fdatasync(int fd) {
    keep(fd);
    return real_fdatasync(fd);
}
