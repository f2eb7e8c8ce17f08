/*
 * Preloaded into a process, it keeps beside a directory what a power cut would leave of it, moves the clock, and fills
 * the disk. Each by an environment variable; without it nothing changes.
 *
 * SHIM_ROOT    the directory that is meant.
 * SHIM_SHADOW  For every fsync of a file under the root its bytes are written to SHADOW/<inode>.file, and of a directory
 *              its entries to SHADOW/<inode>.dir. What is in the shadow is what POSIX promises after a power cut.
 * SHIM_CLOCK   a file of eight bytes: milliseconds by which the wall clock is off. The monotonic clock is left alone.
 * SHIM_FULL    a file: while it is there, writes and creations under the root fail with ENOSPC.
 * SHIM_FULL_TAKES_NAMES  Creations do not: a disk that has room for names, as most have that are full, and for no bytes.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name, type) \
  static __typeof__(type) real; \
  if (!real) real = (__typeof__(type))dlsym(RTLD_NEXT, name)

static const char *setting(const char *name) {
  const char *value = getenv(name);
  return value && *value ? value : NULL;
}

static int is_under_root(const char *path) {
  const char *root = setting("SHIM_ROOT");
  if (!root) return 0;
  size_t length = strlen(root);
  return strncmp(path, root, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static int path_of(int fd, char path[PATH_MAX]) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return is_under_root(path);
}

/* Inodes are used again, so the time of birth belongs to the name. */
static int name_of(int at, const char *path, int flags, char name[64], int *is_directory) {
  struct statx found;
  if (statx(at, path, flags | AT_SYMLINK_NOFOLLOW, STATX_INO | STATX_BTIME | STATX_TYPE, &found) != 0) return 0;
  snprintf(name, 64, "%llu-%llu", (unsigned long long)found.stx_ino,
           (unsigned long long)found.stx_btime.tv_sec * 1000000000ull + found.stx_btime.tv_nsec);
  *is_directory = S_ISDIR(found.stx_mode);
  return S_ISDIR(found.stx_mode) || S_ISREG(found.stx_mode);
}

static void shadow(int fd) {
  const char *folder = setting("SHIM_SHADOW");
  char path[PATH_MAX], name[64], final[PATH_MAX], building[PATH_MAX + 16];
  int is_directory;
  if (!folder || !path_of(fd, path) || !name_of(fd, "", AT_EMPTY_PATH, name, &is_directory)) return;
  int saved = errno;
  pthread_mutex_lock(&one_at_a_time);
  snprintf(final, sizeof final, "%s/%s.%s", folder, name, is_directory ? "dir" : "file");
  snprintf(building, sizeof building, "%s.building", final);
  int to = open(building, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (to >= 0 && is_directory) {
    DIR *entries = opendir(path);
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
      char of[64];
      int inner;
      if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
      if (name_of(dirfd(entries), entry->d_name, 0, of, &inner)) dprintf(to, "%s %s %s\n", inner ? "d" : "f", of, entry->d_name);
      else {
        char target[PATH_MAX];
        ssize_t length = readlinkat(dirfd(entries), entry->d_name, target, sizeof target - 1);
        if (length > 0) dprintf(to, "l %.*s %s\n", (int)length, target, entry->d_name);
      }
    }
    if (entries) closedir(entries);
  } else if (to >= 0) {
    char again[64];
    snprintf(again, sizeof again, "/proc/self/fd/%d", fd);
    int from = open(again, O_RDONLY | O_CLOEXEC);
    char buffer[1 << 16];
    for (ssize_t got; from >= 0 && (got = read(from, buffer, sizeof buffer)) > 0;)
      if (write(to, buffer, got) != got) abort();
    if (from >= 0) close(from);
  }
  if (to >= 0) {
    close(to);
    rename(building, final);
  }
  pthread_mutex_unlock(&one_at_a_time);
  errno = saved;
}

static int is_full(void) {
  const char *full = setting("SHIM_FULL");
  if (!full) return 0;
  int saved = errno;
  int is = access(full, F_OK) == 0;
  errno = saved;
  return is;
}

static int refuses(int fd) {
  char path[PATH_MAX];
  if (!is_full() || !path_of(fd, path)) return 0;
  errno = ENOSPC;
  return 1;
}

int fsync(int fd) {
  REAL("fsync", int (*)(int));
  int result = real(fd);
  if (result == 0) shadow(fd);
  return result;
}

int fdatasync(int fd) {
  REAL("fdatasync", int (*)(int));
  int result = real(fd);
  if (result == 0) shadow(fd);
  return result;
}

ssize_t write(int fd, const void *bytes, size_t length) {
  REAL("write", ssize_t (*)(int, const void *, size_t));
  return refuses(fd) ? -1 : real(fd, bytes, length);
}

ssize_t writev(int fd, const struct iovec *pieces, int count) {
  REAL("writev", ssize_t (*)(int, const struct iovec *, int));
  return refuses(fd) ? -1 : real(fd, pieces, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
  REAL("pwrite", ssize_t (*)(int, const void *, size_t, off_t));
  return refuses(fd) ? -1 : real(fd, bytes, length, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
  REAL("pwrite64", ssize_t (*)(int, const void *, size_t, off64_t));
  return refuses(fd) ? -1 : real(fd, bytes, length, at);
}

ssize_t pwritev(int fd, const struct iovec *pieces, int count, off_t at) {
  REAL("pwritev", ssize_t (*)(int, const struct iovec *, int, off_t));
  return refuses(fd) ? -1 : real(fd, pieces, count, at);
}

ssize_t pwritev64(int fd, const struct iovec *pieces, int count, off64_t at) {
  REAL("pwritev64", ssize_t (*)(int, const struct iovec *, int, off64_t));
  return refuses(fd) ? -1 : real(fd, pieces, count, at);
}

static int open_with(const char *symbol, const char *path, int flags, mode_t mode) {
  int (*real)(const char *, int, ...) = (int (*)(const char *, int, ...))dlsym(RTLD_NEXT, symbol);
  if ((flags & O_CREAT) && !setting("SHIM_FULL_TAKES_NAMES") && is_under_root(path) && access(path, F_OK) != 0 && is_full()) {
    errno = ENOSPC;
    return -1;
  }
  return real(path, flags, mode);
}

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_with("open", path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_with("open64", path, flags, mode);
}

static int64_t offset_ms(void) {
  static volatile int64_t *offset;
  static int is_asked;
  if (!is_asked) {
    is_asked = 1;
    const char *path = setting("SHIM_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file >= 0) {
      void *mapped = mmap(NULL, 8, PROT_READ, MAP_SHARED, file, 0);
      if (mapped != MAP_FAILED) offset = mapped;
      close(file);
    }
  }
  return offset ? *offset : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  REAL("clock_gettime", int (*)(clockid_t, struct timespec *));
  int result = real(clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    int64_t ns = now->tv_nsec + offset_ms() % 1000 * 1000000;
    now->tv_sec += offset_ms() / 1000 + (ns >= 1000000000 ? 1 : ns < 0 ? -1 : 0);
    now->tv_nsec = ns >= 1000000000 ? ns - 1000000000 : ns < 0 ? ns + 1000000000 : ns;
  }
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec precise;
  (void)zone;
  int result = clock_gettime(CLOCK_REALTIME, &precise);
  if (result == 0) {
    now->tv_sec = precise.tv_sec;
    now->tv_usec = precise.tv_nsec / 1000;
  }
  return result;
}

time_t time(time_t *at) {
  struct timespec precise;
  clock_gettime(CLOCK_REALTIME, &precise);
  if (at) *at = precise.tv_sec;
  return precise.tv_sec;
}
