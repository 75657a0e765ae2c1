/// Opening a library that starts threads while it is loaded.
#ifndef CK_LIBRARY_H
#define CK_LIBRARY_H

/// `dlopen(name, RTLD_NOW)` while the calling thread may use one processor only: a library that
/// starts a thread for each processor then starts none.
void *ck_open_on_one_processor(const char *name);

#endif
