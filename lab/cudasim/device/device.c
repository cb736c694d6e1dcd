/* cudasim, a simulated test device: see device.h. */
#include "device.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include "clock.h"
#include "config.h"
#include "memory.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CUresult init_result = NOT_INITIALIZED;
static _Atomic int usable;
static struct CUctx_st contexts[8];
static __thread CUcontext current;

/* A forked child has no worker threads; like the real one, the device is unusable there. */
static void forget_in_child(void) {
  if (usable) init_result = NOT_INITIALIZED;
  usable = 0;
}

static void start(void) {
  config_read();
  if (!memory_reserve(config.memory_bytes)) {
    init_result = OUT_OF_MEMORY;
    return;
  }
  clock_burn(config.init_ns);
  for (int i = 0; i < config.devices; i++) contexts[i] = (struct CUctx_st){.device = i, .live = true};
  pthread_atfork(NULL, NULL, forget_in_child);
  init_result = OK;
  usable = 1;
}

CUresult device_init(void) {
  pthread_once(&once, start);
  return init_result;
}

CUresult device_ready(void) {
  if (!atomic_load_explicit(&usable, memory_order_relaxed)) return NOT_INITIALIZED;
  return current != NULL ? OK : INVALID_CONTEXT;
}

CUcontext device_context(int device) {
  return device >= 0 && device < config.devices && contexts[device].live ? &contexts[device] : NULL;
}

CUcontext device_current(void) { return current; }

void device_set_current(CUcontext context) { current = context; }
