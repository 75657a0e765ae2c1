#ifndef CSANDBOX_H
#define CSANDBOX_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// What a process can give up for good before it reads what may take it over.

// What the kernel enforces, as bits.
enum { csandbox_landlock = 1, csandbox_seccomp = 2 };

// Bounds what this process takes from now on: bytes of memory beside those that it has, seconds of
// processor time; no core file, no new file, no new process. Closes all descriptors but the first
// three. Dies with its parent. 0, or the error of the system.
int csandbox_limit(uint64_t memory, uint32_t seconds);

// Gives up everything but computing, memory, and reading and writing what is open. A system call
// that is not on the list ends the process. Returns the bits of what this kernel enforces, or the
// negated error where even privileges could not be given up.
int csandbox_enter(void);

// For whoever starts such a process.

// A file of these bytes without a name, which nobody can change: its descriptor, or -1 and `errno`.
int csandbox_memory_file(const void *bytes, size_t count);

// A pipe that no other program inherits: 0, or -1 and `errno`.
int csandbox_pipe(int ends[2]);

// Starts a program with these descriptors as its standard input and output and no other, default
// signals and no environment; what it says on standard error is for nobody. 0, or the error.
int csandbox_spawn(const char *path, int input, int output, pid_t *process);

#endif
