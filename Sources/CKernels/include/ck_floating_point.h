/// The floating-point environment of the calling thread.
#ifndef CK_FLOATING_POINT_H
#define CK_FLOATING_POINT_H

#include <fenv.h>

/// Puts the calling thread into the default environment and returns the one it had.
///
/// The default rounds to nearest and computes subnormals exactly, whatever the host had set.
static inline fenv_t ck_enter_default_environment(void) {
  fenv_t previous;
  fegetenv(&previous);
  fesetenv(FE_DFL_ENV);
  return previous;
}

/// Gives the calling thread back the environment it had.
static inline void ck_restore_environment(fenv_t previous) { fesetenv(&previous); }

#endif
