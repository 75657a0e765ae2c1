// Loaded before the C library (LD_PRELOAD): makes one call of a tool fail, or does something to a
// file at that call, as the environment says.
//
//   FAULT_CALL    which call: write, fsync, posix_fallocate, fcntl, close, open, openat, linkat,
//                 renameat, mmap
//   FAULT_AT      the how manieth, from 1; descriptors 0 to 2 do not count
//   FAULT_ERRNO   what it fails with; 0 lets a write end early instead
//   FAULT_REPEAT  if set, all later calls fail too
//   FAULT_ACTION  instead of failing: truncate, grow, replace, touch or delete the file FAULT_FILE,
//                 or signal: get the signal FAULT_SIGNAL
//   FAULT_LOG     a file that is made once the fault has happened
//   FAULT_UNNAMED errno of every open of a file without a name (O_TMPFILE)
//   FAULT_LINK    errno of every linkat
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int number(const char *name, int otherwise) {
  const char *text = getenv(name);
  return text ? atoi(text) : otherwise;
}

// Past this shim, so that what it does itself is never counted.
static void touch_log(void) {
  const char *log = getenv("FAULT_LOG");
  if (!log) return;
  int file = (int)syscall(SYS_openat, AT_FDCWD, log, O_CREAT | O_WRONLY, 0600);
  if (file >= 0) syscall(SYS_close, file);
}

static int act(const char *action) {
  const char *path = getenv("FAULT_FILE");
  if (!strcmp(action, "signal")) return raise(number("FAULT_SIGNAL", SIGKILL));
  if (!strcmp(action, "delete")) return (int)syscall(SYS_unlink, path);
  if (!strcmp(action, "truncate")) return (int)syscall(SYS_truncate, path, 1L);
  if (!strcmp(action, "touch")) {
    struct timespec times[2] = {{1, 0}, {1, 0}};
    return utimensat(AT_FDCWD, path, times, 0);
  }
  if (!strcmp(action, "replace")) {
    syscall(SYS_unlink, path);
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_WRONLY, 0600);
    syscall(SYS_write, file, "another", 7);
    return (int)syscall(SYS_close, file);
  }
  int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_APPEND | O_WRONLY, 0);  // grow
  syscall(SYS_write, file, "more", 4);
  return (int)syscall(SYS_close, file);
}

// Whether this call is to fail; `*code` is what with.
static int strikes(const char *call, int *code) {
  static atomic_int count;
  const char *wanted = getenv("FAULT_CALL");
  if (!wanted || strcmp(wanted, call)) return 0;
  int now = atomic_fetch_add(&count, 1) + 1, at = number("FAULT_AT", 1);
  if (now != at && !(now > at && getenv("FAULT_REPEAT"))) return 0;
  touch_log();
  const char *action = getenv("FAULT_ACTION");
  if (action) {
    act(action);
    return 0;
  }
  *code = number("FAULT_ERRNO", EIO);
  return 1;
}

static int fails(const char *call) {
  int code;
  if (!strikes(call, &code)) return 0;
  errno = code;
  return 1;
}

ssize_t write(int file, const void *bytes, size_t count) {
  int code;
  if (file > 2 && strikes("write", &code)) {
    if (code != 0) {
      errno = code;
      return -1;
    }
    count = (count + 1) / 2;
  }
  return REAL(write)(file, bytes, count);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t offset) {
  int code;
  if (strikes("pwrite", &code)) {
    if (code != 0) {
      errno = code;
      return -1;
    }
    count = (count + 1) / 2;
  }
  return REAL(pwrite)(file, bytes, count, offset);
}

int fsync(int file) { return fails("fsync") ? -1 : REAL(fsync)(file); }

int posix_fallocate(int file, off_t offset, off_t count) {
  int code;
  return strikes("posix_fallocate", &code) ? code : REAL(posix_fallocate)(file, offset, count);
}

int close(int file) {
  if (file > 2 && fails("close")) {
    int code = errno;
    REAL(close)(file);  // Linux closes whatever it answers
    errno = code;
    return -1;
  }
  return REAL(close)(file);
}

int fcntl(int file, int command, ...) {
  va_list list;
  va_start(list, command);
  void *argument = va_arg(list, void *);
  va_end(list);
  if (command == F_DUPFD_CLOEXEC && fails("fcntl")) return -1;
  return REAL(fcntl)(file, command, argument);
}

int open(const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = va_arg(list, mode_t);
  va_end(list);
  return fails("open") ? -1 : REAL(open)(path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  mode_t mode = va_arg(list, mode_t);
  va_end(list);
  int unnamed = number("FAULT_UNNAMED", 0);
  if (unnamed && (flags & O_TMPFILE) == O_TMPFILE) {
    errno = unnamed;
    return -1;
  }
  return fails("openat") ? -1 : REAL(openat)(folder, path, flags, mode);
}

int linkat(int from, const char *old, int to, const char *new, int flags) {
  int code = number("FAULT_LINK", 0);
  if (code) {
    errno = code;
    return -1;
  }
  return fails("linkat") ? -1 : REAL(linkat)(from, old, to, new, flags);
}

int renameat(int from, const char *old, int to, const char *new) {
  return fails("renameat") ? -1 : REAL(renameat)(from, old, to, new);
}

void *mmap(void *start, size_t count, int access, int flags, int file, off_t offset) {
  // Only files: the runtime maps memory as well.
  if (file >= 0 && (flags & MAP_SHARED) && fails("mmap")) return MAP_FAILED;
  return REAL(mmap)(start, count, access, flags, file, offset);
}
