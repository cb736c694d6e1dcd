/* cudasim, a simulated test device: what the runtime says about the device, itself and its errors. */
#include <string.h>

#include "../error-text.h"
#include "entry.h"

EXPORT const char *cudaSimVersion(void) {
  KEEP_FRAME();
  return SIM_VERSION_TEXT;
}

EXPORT cudaError_t cudaRuntimeGetVersion(int *version) {
  if (version == NULL) return result(INVALID_VALUE);
  *version = 12090;
  return OK;
}

EXPORT cudaError_t cudaDriverGetVersion(int *version) { return result(cuDriverGetVersion(version)); }

EXPORT cudaError_t cudaGetLastError(void) {
  cudaError_t code = runtime_last_error;
  runtime_last_error = OK;
  return code;
}

EXPORT cudaError_t cudaPeekAtLastError(void) { return runtime_last_error; }

EXPORT const char *cudaGetErrorName(cudaError_t error) {
  KEEP_FRAME();
  const char *name = error_text(error).runtime_name;
  return name != NULL ? name : "unrecognized error code";
}

EXPORT const char *cudaGetErrorString(cudaError_t error) {
  KEEP_FRAME();
  const char *words = error_text(error).words;
  return words != NULL ? words : "unrecognized error code";
}

EXPORT cudaError_t cudaDeviceGetAttribute(int *value, int attribute, int device) {
  RETURN_UNLESS_ATTACHED();
  return result(cuDeviceGetAttribute(value, attribute, device));
}

static cudaError_t get_properties(void *properties, int device) {
  RETURN_UNLESS_ATTACHED();
  device_prop_head *head = properties;
  if (head == NULL) return result(INVALID_VALUE);
  CUresult code = cuDeviceGetName(head->name, sizeof head->name, device);
  if (code == OK) code = cuDeviceTotalMem_v2(&head->totalGlobalMem, device);
  if (code != OK) return result(code);
  head->sharedMemPerBlock = 49152;
  head->regsPerBlock = 65536;
  head->warpSize = 32;
  head->maxThreadsPerBlock = 1024;
  head->maxThreadsDim[0] = head->maxThreadsDim[1] = 1024;
  head->maxThreadsDim[2] = 64;
  head->maxGridSize[0] = 2147483647;
  head->maxGridSize[1] = head->maxGridSize[2] = 65535;
  head->major = head->minor = 0;
  head->multiProcessorCount = 1;
  return OK;
}

EXPORT cudaError_t cudaGetDeviceProperties(void *properties, int device) { return get_properties(properties, device); }

EXPORT cudaError_t cudaGetDeviceProperties_v2(void *properties, int device) {
  return get_properties(properties, device);
}
