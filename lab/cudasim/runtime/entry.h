/* cudasim, a simulated test device: what every file of exported runtime functions shares. The runtime knows the device only
 * through the driver's exported functions, so that each runtime call really contains driver calls. */
#ifndef CUDASIM_RUNTIME_ENTRY_H
#define CUDASIM_RUNTIME_ENTRY_H

#include <stdbool.h>

#include "../abi.h"
#include "../driver/driver.h"

#define INLINE static inline __attribute__((always_inline))

#define UNPACK(...) __VA_ARGS__

/* Defines NAME and its twin NAME##SUFFIX, each a function with its own address, on top of
 * IMPLEMENTATION(driver function, arguments...): the twin calls the driver's twin. */
#define DEFINE_BOTH(NAME, SUFFIX, IMPLEMENTATION, DRIVER, PARAMETERS, ARGUMENTS)                         \
  EXPORT cudaError_t NAME PARAMETERS { return IMPLEMENTATION(DRIVER, UNPACK ARGUMENTS); }               \
  EXPORT cudaError_t NAME##SUFFIX PARAMETERS { return IMPLEMENTATION(DRIVER##SUFFIX, UNPACK ARGUMENTS); }

/* Ends the calling function with its error when this thread cannot get a context. */
#define RETURN_UNLESS_ATTACHED()                         \
  do {                                                   \
    if (!runtime_attached) {                             \
      cudaError_t attached_ = runtime_attach();          \
      if (attached_ != OK) return attached_;             \
    }                                                    \
  } while (0)

extern __thread bool runtime_attached;
extern __thread cudaError_t runtime_last_error;

/* cuInit once, then the thread's device made current. */
cudaError_t runtime_attach(void);

/* The calling thread's device; used by runtime_attach. */
extern __thread int runtime_device;

/* Remembers an error for cudaGetLastError and returns the same code. */
INLINE cudaError_t result(cudaError_t code) {
  if (code != OK) runtime_last_error = code;
  return code;
}

/* The driver's kernel for a host function pointer, looked up in the driver at the pointer's first use. */
CUresult runtime_kernel(const void *function, CUfunction *out);

#endif
