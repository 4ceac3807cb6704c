#ifndef FLOE_CCRYPTO_SHIM_H
#define FLOE_CCRYPTO_SHIM_H
#include <fcntl.h>
#include <openssl/evp.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>

// Calls that glibc declares only under _GNU_SOURCE, which Swift's Glibc module does not set, and
// macros that Swift cannot import. They live here because DurableFiles links no other C module.
extern int renameat2(int, const char *, int, const char *, unsigned int);
extern int pipe2(int[2], int);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);

/// Renames within one file system and fails with EEXIST where the new name is taken.
static inline int floe_rename_no_replace(const char *from, const char *to) {
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, 1u /* RENAME_NOREPLACE */);
}

/// A pipe whose two ends are closed in every program this one starts.
static inline int floe_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

/// Closes every descriptor from `first` on in the program to be started.
static inline int floe_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

/// Makes the process ignore a signal.
static inline void floe_ignore_signal(int number) { signal(number, SIG_IGN); }

/// Gives a signal back its default action.
static inline void floe_default_signal(int number) { signal(number, SIG_DFL); }

/// Installs a handler that restarts interrupted calls; 0 on success, as sigaction.
static inline int floe_handle_signal(int number, void (*handler)(int)) {
    struct sigaction action = {0};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    return sigaction(number, &action, NULL);
}
#endif
