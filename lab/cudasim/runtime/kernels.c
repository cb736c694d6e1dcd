/* cudasim, a simulated test device: host function pointer -> the driver's kernel. Lookups take no lock. Any pointer but
 * NULL is a kernel: the sim does not need nvcc's registration of device code. */
#include <pthread.h>
#include <stdio.h>

#include "entry.h"

enum { ROOM = 16384 };

struct entry {
  const void *_Atomic function;
  CUfunction kernel;
};

static struct entry entries[ROOM];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static CUlibrary library;

/* The entry of the function, or the free one where it belongs; NULL when the table is full. */
static struct entry *find(const void *function) {
  uintptr_t at = ((uintptr_t)function * 0x9e3779b97f4a7c15u) >> 32;
  for (int i = 0; i < ROOM; i++, at++) {
    struct entry *entry = &entries[at % ROOM];
    if (entry->function == function || entry->function == NULL) return entry;
  }
  return NULL;
}

/* What the real runtime does at a function's first use: load the library once, then ask it for the kernel. */
static CUresult look_up(const void *function, CUfunction *out) {
  CUresult code = library != NULL ? OK : cuLibraryLoadData(&library, entries, NULL, NULL, 0, NULL, NULL, 0);
  if (code != OK) return code;
  char name[32];
  snprintf(name, sizeof name, "kernel_%p", function);
  return cuLibraryGetKernel((CUkernel *)out, library, name);
}

CUresult runtime_kernel(const void *function, CUfunction *out) {
  struct entry *entry = find(function);
  if (entry != NULL && entry->function == function) {
    *out = entry->kernel;
    return OK;
  }
  pthread_mutex_lock(&lock);
  CUresult code = OK;
  entry = find(function);
  if (entry == NULL) {
    code = OUT_OF_MEMORY;
  } else if (entry->function == NULL) {
    code = look_up(function, &entry->kernel);
    if (code == OK) entry->function = function;
  }
  if (code == OK) *out = entry->kernel;
  pthread_mutex_unlock(&lock);
  return code;
}

EXPORT cudaError_t cudaSimSetKernelTime(const void *function, double microseconds) {
  RETURN_UNLESS_ATTACHED();
  if (function == NULL) return result(INVALID_DEVICE_FUNCTION);
  CUfunction kernel;
  CUresult code = runtime_kernel(function, &kernel);
  return result(code != OK ? code : cuSimSetKernelTime(kernel, microseconds));
}
