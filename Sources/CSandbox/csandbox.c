// Facts: landlock(7), seccomp(2), prctl(2), getrlimit(2); linux/landlock.h up to ABI 6, whose numbers
// are written out here since the headers of a distribution may be older than its kernel.

#define _GNU_SOURCE
#include "csandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

// --- Limits

// The address space of this process; 0 where the system does not tell.
static uint64_t address_space(void) {
  unsigned long pages = 0;
  FILE *file = fopen("/proc/self/statm", "re");
  if (!file) return 0;
  int found = fscanf(file, "%lu", &pages);
  fclose(file);
  return found == 1 ? (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

static int limit(int resource, uint64_t value) {
  struct rlimit old;
  if (getrlimit(resource, &old) != 0) return errno;
  if (old.rlim_max < value) value = old.rlim_max;
  struct rlimit new = {.rlim_cur = value, .rlim_max = value};
  return setrlimit(resource, &new) != 0 ? errno : 0;
}

int csandbox_limit(uint64_t memory, uint32_t seconds) {
  uint64_t taken = address_space();
  if (taken == 0) taken = (uint64_t)1 << 30;
#ifdef SYS_close_range
  syscall(SYS_close_range, 3u, ~0u, 0u);  // the parent closed them, too
#endif
  // Whoever reads the answer is gone: so is the reason to go on.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const struct {
    int resource;
    uint64_t value;
  } limits[] = {
      {RLIMIT_CORE, 0},    {RLIMIT_FSIZE, 0},     {RLIMIT_NPROC, 0},
      {RLIMIT_MEMLOCK, 0}, {RLIMIT_CPU, seconds}, {RLIMIT_AS, taken + memory},
  };
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
    int error = limit(limits[i].resource, limits[i].value);
    if (error != 0) return error;
  }
  return 0;
}

// --- Landlock: no file, no port, nobody's socket or process.

static int deny_files(void) {
  enum { create_ruleset = 444, restrict_self = 446, ask_version = 1 };
  long abi = syscall(create_ruleset, NULL, 0, ask_version);
  if (abi < 1) return 0;
  struct {
    uint64_t files, net, scoped;
  } denied = {0};
  // 13 rights at first; then to move between folders, to shorten, to control devices.
  denied.files = ((uint64_t)1 << (abi < 2 ? 13 : abi < 3 ? 14 : abi < 5 ? 15 : 16)) - 1;
  size_t size = 8;
  if (abi >= 4) denied.net = 3, size = 16;
  if (abi >= 6) denied.scoped = 3, size = 24;
  long ruleset = syscall(create_ruleset, &denied, size, 0);
  if (ruleset < 0) return 0;
  long status = syscall(restrict_self, (int)ruleset, 0);
  close((int)ruleset);
  return status == 0;
}

// --- Seccomp: a list of system calls; any other ends the process.

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifndef SECCOMP_RET_KILL_PROCESS
#define SECCOMP_RET_KILL_PROCESS 0x80000000u
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)
// Where the number is that of a call: the next statement, which is skipped else.
#define IF(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(number), 0, 1)
#define ALLOW(number) IF(number), RETURN(SECCOMP_RET_ALLOW)
// No right to look for files is given; the library asks for some and goes on without them.
#define NOT_THERE(number) IF(number), RETURN(SECCOMP_RET_ERRNO | ENOENT)
// Memory that is no code. The upper half of `protection` has no bits.
#define ALLOW_DATA(number)                                                                   \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(number), 0, 4), LOAD(args[2]),                \
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1), RETURN(SECCOMP_RET_KILL_PROCESS), \
      RETURN(SECCOMP_RET_ALLOW)

static int deny_calls(void) {
#ifdef ARCHITECTURE
  struct sock_filter filter[] = {
      LOAD(arch),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
      RETURN(SECCOMP_RET_KILL_PROCESS),
      LOAD(nr),
      ALLOW(__NR_write),
      ALLOW(__NR_writev),
      ALLOW(__NR_read),
      ALLOW(__NR_brk),
      ALLOW(__NR_munmap),
      ALLOW(__NR_mremap),
      ALLOW(__NR_madvise),
      ALLOW(__NR_futex),
      ALLOW(__NR_getrandom),
      ALLOW(__NR_clock_gettime),
      ALLOW(__NR_gettimeofday),
      ALLOW(__NR_sched_yield),
      ALLOW(__NR_getpid),
      ALLOW(__NR_gettid),
      ALLOW(__NR_rt_sigprocmask),
      ALLOW(__NR_rt_sigreturn),
      ALLOW(__NR_exit),
      ALLOW(__NR_exit_group),
      NOT_THERE(__NR_getcwd),
      NOT_THERE(__NR_openat),
      NOT_THERE(__NR_newfstatat),
      ALLOW_DATA(__NR_mmap),
      ALLOW_DATA(__NR_mprotect),
      // To itself only: abort() ends with it.
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_tgkill, 0, 3),
      LOAD(args[0]),
      IF(getpid()),
      RETURN(SECCOMP_RET_ALLOW),
      RETURN(SECCOMP_RET_KILL_PROCESS),
  };
  const struct sock_fprog program = {
      .len = sizeof filter / sizeof *filter, .filter = filter};
  return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
#else
  return 0;
#endif
}

int csandbox_enter(void) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -errno;
  if (prctl(PR_SET_DUMPABLE, 0) != 0) return -errno;
  int enforced = deny_files() ? csandbox_landlock : 0;
  int error = limit(RLIMIT_NOFILE, 0);  // Landlock itself took a descriptor
  if (error != 0) return -error;
  return enforced | (deny_calls() ? csandbox_seccomp : 0);
}

// --- For the parent

int csandbox_memory_file(const void *bytes, size_t count) {
  int file = memfd_create("model", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (file < 0) return -1;
  const char *rest = bytes;
  while (count > 0) {
    ssize_t written = write(file, rest, count);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) goto failed;
    rest += written;
    count -= (size_t)written;
  }
  if (fcntl(file, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0) {
    return file;
  }
failed:;
  int error = errno;
  close(file);
  errno = error;
  return -1;
}

int csandbox_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int csandbox_spawn(const char *path, int input, int output, pid_t *process) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  int error = posix_spawn_file_actions_init(&actions);
  if (error != 0) return error;
  error = posix_spawnattr_init(&attributes);
  if (error != 0) goto no_attributes;
  // In this order: where the caller's own input is closed, `input` may be 0; `output` never is.
  if ((error = posix_spawn_file_actions_adddup2(&actions, input, 0)) != 0 ||
      (error = posix_spawn_file_actions_adddup2(&actions, output, 1)) != 0 ||
      (error = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)) != 0 ||
#ifdef __GLIBC__
      (error = posix_spawn_file_actions_addclosefrom_np(&actions, 3)) != 0 ||
#endif
      (error = posix_spawnattr_setsigmask(&attributes, &none)) != 0 ||
      (error = posix_spawnattr_setsigdefault(&attributes, &all)) != 0 ||
      (error = posix_spawnattr_setflags(
           &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)) != 0)
    goto done;
  // Swift's own report of a death would start another program.
  char *const variables[] = {"SWIFT_BACKTRACE=enable=no", NULL};
  char *const words[] = {(char *)path, NULL};
  error = posix_spawn(process, path, &actions, &attributes, words, variables);
done:
  posix_spawnattr_destroy(&attributes);
no_attributes:
  posix_spawn_file_actions_destroy(&actions);
  return error;
}
