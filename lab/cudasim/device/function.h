/* cudasim, a simulated test device: kernels. Each is loaded once, at its first launch, which then takes
 * CUDASIM_LAZY_LOAD_US of the launching thread's CPU time. */
#ifndef CUDASIM_FUNCTION_H
#define CUDASIM_FUNCTION_H

#include "../abi.h"
#include "progress.h"

struct function {
  _Atomic int live;
  /* 0 not loaded, 1 being loaded by one thread */
  _Atomic int loading;
  struct progress loaded;
  _Atomic uint64_t kernel_ns;
  const void *owner;
  char name[64];
};

/* The kernel `name` of the module or library `owner`, the same one for the same pair; NULL when the table is full. */
struct function *function_get(const void *owner, const char *name);

/* NULL when the handle is not a kernel. */
struct function *function_of(const void *handle);

/* Returns once the kernel is loaded, having loaded it when this is the first launch. */
void function_ensure_loaded(struct function *function);

/* How often any kernel was loaded, for tests. */
uint64_t function_loads(void);

#endif
