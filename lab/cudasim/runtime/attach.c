/* cudasim, a simulated test device: how a thread gets its context, and which device is its own. */
#include <pthread.h>

#include "entry.h"

__thread bool runtime_attached;
__thread cudaError_t runtime_last_error;
__thread int runtime_device;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CUresult init_result;

static void init_driver(void) { init_result = cuInit(0); }

static CUresult init_once(void) {
  pthread_once(&once, init_driver);
  return init_result;
}

cudaError_t runtime_attach(void) {
  CUresult code = init_once();
  CUcontext context;
  if (code == OK) code = cuDevicePrimaryCtxRetain(&context, runtime_device);
  if (code == OK) code = cuCtxSetCurrent(context);
  runtime_attached = code == OK;
  return result(code);
}

EXPORT cudaError_t cudaSetDevice(int device) {
  if (runtime_attached && device == runtime_device) return OK;
  int count = 0;
  CUresult code = init_once();
  if (code == OK) code = cuDeviceGetCount(&count);
  if (code != OK) return result(code);
  if (device < 0 || device >= count) return result(INVALID_DEVICE);
  runtime_device = device;
  return runtime_attach();
}

EXPORT cudaError_t cudaGetDevice(int *device) {
  if (device == NULL) return result(INVALID_VALUE);
  *device = runtime_device;
  return OK;
}

EXPORT cudaError_t cudaGetDeviceCount(int *count) {
  if (count == NULL) return result(INVALID_VALUE);
  CUresult code = init_once();
  return result(code != OK ? code : cuDeviceGetCount(count));
}

EXPORT cudaError_t cudaSetDeviceFlags(unsigned int flags) {
  CUresult code = init_once();
  return result(code != OK ? code : cuDevicePrimaryCtxSetFlags_v2(runtime_device, flags));
}

EXPORT cudaError_t cudaDeviceReset(void) {
  RETURN_UNLESS_ATTACHED();
  return result(cuCtxSynchronize());
}
