/* cudasim, a simulated test device: start-up of the whole, and what "current context" means. */
#ifndef CUDASIM_DEVICE_H
#define CUDASIM_DEVICE_H

#include <stdbool.h>

#include "../abi.h"

struct CUctx_st {
  int device;
  bool live;
};

/* Reads the settings and reserves the memory, once; every later call gives the first one's result. */
CUresult device_init(void);

/* OK, or why a call that needs a context cannot run: not initialised, forked since then, no context. */
CUresult device_ready(void);

/* The context of a device (the primary one), NULL when there is no such device. */
CUcontext device_context(int device);
CUcontext device_current(void);
void device_set_current(CUcontext context);

#endif
