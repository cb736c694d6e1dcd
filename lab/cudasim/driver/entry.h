/* cudasim, a simulated test device: what every file of exported driver functions shares. */
#ifndef CUDASIM_ENTRY_H
#define CUDASIM_ENTRY_H

#include "../device/device.h"
#include "../device/stream.h"
#include "driver.h"

#define INLINE static inline __attribute__((always_inline))

#define UNPACK(...) __VA_ARGS__

/* Defines NAME and its per-thread-default-stream twin NAME##SUFFIX, each a function with its own address, on top of
 * IMPLEMENTATION(variant, arguments...). */
#define DEFINE_BOTH(NAME, SUFFIX, IMPLEMENTATION, PARAMETERS, ARGUMENTS)                              \
  EXPORT CUresult NAME PARAMETERS { return IMPLEMENTATION(LEGACY, UNPACK ARGUMENTS); }                \
  EXPORT CUresult NAME##SUFFIX PARAMETERS { return IMPLEMENTATION(PER_THREAD, UNPACK ARGUMENTS); }

/* Ends the calling function with the error when the device cannot be used by this thread. */
#define RETURN_UNLESS_READY()               \
  do {                                      \
    CUresult ready_ = device_ready();       \
    if (ready_ != OK) return ready_;        \
  } while (0)

/* Adds the op to the stream's capture, or submits it. */
void submit_or_capture(struct stream *stream, struct op *op);

#endif
