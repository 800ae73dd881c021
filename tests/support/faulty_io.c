/* A library to preload (LD_PRELOAD) that makes a host's disk and clock misbehave. Test only.
 *
 * EVH_TEST_UNDO=<file>: every write to a file below EVH_TEST_DISK is noted there with what it overwrote, and every sync that
 * succeeded; after a kill the test takes back what was written and not synced, as a power cut does.
 * EVH_TEST_WEATHER=<file>: while it exists its words come true below EVH_TEST_DISK: "enospc" writes fail with ENOSPC, "eio-write",
 * "eio-sync", "eio-read" with EIO, "slow" syncs take 500 ms. EVH_TEST_CLOCK=<file>: 8 bytes, nanoseconds added to the wall clock.
 * Undo entries: kind (1 write, 2 sync, 3 truncate), length of the path, path, offset, bytes written, old size, length of the old
 * bytes, old bytes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t undo_mutex = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) ({ static __typeof__(&name) found; if (!found) found = (__typeof__(&name))dlsym(RTLD_NEXT, #name); found; })

static int undo_fd(void) {
  static int fd = -2;
  if (fd == -2) {
    const char* path = getenv("EVH_TEST_UNDO");
    fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
  }
  return fd;
}

/* The path of fd when it lies below EVH_TEST_DISK, else 0. */
static int on_disk(int fd, char* path, size_t size) {
  static const char* disk = (const char*)-1;
  if (disk == (const char*)-1) disk = getenv("EVH_TEST_DISK");
  if (!disk) return 0;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t n = readlink(link, path, size - 1);
  if (n <= 0) return 0;
  path[n] = '\0';
  /* The database and its log; logs for people and the tests' own files are nobody's loss. */
  return strncmp(path, disk, strlen(disk)) == 0 && strstr(path, ".db") != NULL && strstr(path, "-shm") == NULL;
}

static int weather(const char* word) {
  const char* file = getenv("EVH_TEST_WEATHER");
  if (!file) return 0;
  const int fd = REAL(open)(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  char words[128] = {0};
  const ssize_t n = REAL(read)(fd, words, sizeof words - 1);
  close(fd);
  return n > 0 && strstr(words, word) != NULL;
}

static void note(uint32_t kind, const char* path, int64_t offset, int64_t count, int64_t old_size, const void* bytes, uint32_t length) {
  const int fd = undo_fd();
  const uint32_t path_length = (uint32_t)strlen(path);
  const size_t whole = 4 + 4 + path_length + 8 + 8 + 8 + 4 + length;
  char* entry = malloc(whole);
  char* at = entry;
  if (fd < 0 || !entry) abort();
  memcpy(at, &kind, 4), at += 4;
  memcpy(at, &path_length, 4), at += 4;
  memcpy(at, path, path_length), at += path_length;
  memcpy(at, &offset, 8), at += 8;
  memcpy(at, &count, 8), at += 8;
  memcpy(at, &old_size, 8), at += 8;
  memcpy(at, &length, 4), at += 4;
  if (length) memcpy(at, bytes, length);
  if (REAL(write)(fd, entry, whole) != (ssize_t)whole) abort();
  free(entry);
}

/* What stands where [offset, offset + count) will be written. Under the mutex. */
static void note_write(int fd, const char* path, size_t count, off_t offset) {
  struct stat s;
  if (undo_fd() < 0 || fstat(fd, &s) != 0) return;
  char* old = malloc(count ? count : 1);
  if (!old) abort();
  ssize_t had = REAL(pread)(fd, old, count, offset);
  note(1, path, offset, (int64_t)count, s.st_size, old, had > 0 ? (uint32_t)had : 0);
  free(old);
}

static ssize_t write_at(int fd, const void* bytes, size_t count, off_t offset) {
  char path[512];
  if (!on_disk(fd, path, sizeof path)) return REAL(pwrite)(fd, bytes, count, offset);
  if (weather("enospc")) return errno = ENOSPC, -1;
  if (weather("eio-write")) return errno = EIO, -1;
  pthread_mutex_lock(&undo_mutex);
  note_write(fd, path, count, offset);
  const ssize_t done = REAL(pwrite)(fd, bytes, count, offset);
  pthread_mutex_unlock(&undo_mutex);
  return done;
}

ssize_t pwrite(int fd, const void* bytes, size_t count, off_t offset) { return write_at(fd, bytes, count, offset); }
ssize_t pwrite64(int fd, const void* bytes, size_t count, off64_t offset) { return write_at(fd, bytes, count, offset); }

ssize_t pread64(int fd, void* bytes, size_t count, off64_t offset) {
  char path[512];
  if (getenv("EVH_TEST_WEATHER") && on_disk(fd, path, sizeof path) && weather("eio-read")) return errno = EIO, -1;
  return REAL(pread64)(fd, bytes, count, offset);
}

static int cut(int fd, off_t size) {
  char path[512];
  if (!on_disk(fd, path, sizeof path)) return REAL(ftruncate)(fd, size);
  pthread_mutex_lock(&undo_mutex);
  struct stat s;
  if (undo_fd() >= 0 && fstat(fd, &s) == 0 && s.st_size > size) {
    const size_t lost = (size_t)(s.st_size - size);
    char* old = malloc(lost);
    if (!old) abort();
    const ssize_t had = REAL(pread)(fd, old, lost, size);
    note(3, path, size, 0, s.st_size, old, had > 0 ? (uint32_t)had : 0);
    free(old);
  }
  const int done = REAL(ftruncate)(fd, size);
  pthread_mutex_unlock(&undo_mutex);
  return done;
}

int ftruncate(int fd, off_t size) { return cut(fd, size); }
int ftruncate64(int fd, off64_t size) { return cut(fd, size); }

static int sync_with(int fd, int (*real)(int)) {
  char path[512];
  if (!on_disk(fd, path, sizeof path)) return real(fd);
  if (weather("eio-sync")) return errno = EIO, -1;
  if (weather("slow")) {
    const struct timespec half = {0, 500000000};
    nanosleep(&half, NULL);
  }
  /* Noted as synced before the real call ends would be a lie to the wrong side; the mutex keeps writes out meanwhile. */
  pthread_mutex_lock(&undo_mutex);
  const int done = real(fd);
  if (done == 0 && undo_fd() >= 0) note(2, path, 0, 0, 0, NULL, 0);
  pthread_mutex_unlock(&undo_mutex);
  return done;
}

int fsync(int fd) { return sync_with(fd, REAL(fsync)); }
int fdatasync(int fd) { return sync_with(fd, REAL(fdatasync)); }

int clock_gettime(clockid_t id, struct timespec* now) {
  const int done = REAL(clock_gettime)(id, now);
  static const int64_t* shift = (const int64_t*)-1;
  if (shift == (const int64_t*)-1) {
    const char* path = getenv("EVH_TEST_CLOCK");
    const int fd = path ? REAL(open)(path, O_RDONLY | O_CLOEXEC) : -1;
    void* seen = fd < 0 ? MAP_FAILED : mmap(NULL, 8, PROT_READ, MAP_SHARED, fd, 0);
    shift = seen == MAP_FAILED ? NULL : (const int64_t*)seen;
  }
  if (done == 0 && shift && id == CLOCK_REALTIME) {
    const int64_t ns = now->tv_sec * 1000000000LL + now->tv_nsec + __atomic_load_n(shift, __ATOMIC_RELAXED);
    now->tv_sec = ns / 1000000000LL;
    now->tv_nsec = ns % 1000000000LL;
  }
  return done;
}
