/* cudasim, a simulated test device: the driver's start-up, device properties, contexts and error texts. */
#include "../device/device.h"

#include <stdio.h>

#include "../device/config.h"
#include "../device/memory.h"
#include "../error-text.h"
#include "entry.h"

EXPORT const char *cuSimVersion(void) {
  KEEP_FRAME();
  return SIM_VERSION_TEXT;
}

EXPORT CUresult cuInit(unsigned int flags) { return flags != 0 ? INVALID_VALUE : device_init(); }

/* 12090 = CUDA 12.9, the last of the line that libcudart.so.12 belongs to. */
EXPORT CUresult cuDriverGetVersion(int *version) {
  KEEP_FRAME();
  if (version == NULL) return INVALID_VALUE;
  *version = 12090;
  return OK;
}

static CUresult check_device(const void *out, CUdevice device) {
  if (device_init() != OK) return device_init();
  if (out == NULL) return INVALID_VALUE;
  return device_context(device) == NULL ? INVALID_DEVICE : OK;
}

EXPORT CUresult cuDeviceGet(CUdevice *device, int ordinal) {
  CUresult result = check_device(device, ordinal);
  if (result == OK) *device = ordinal;
  return result;
}

EXPORT CUresult cuDeviceGetCount(int *count) {
  if (device_init() != OK) return device_init();
  if (count == NULL) return INVALID_VALUE;
  *count = config.devices;
  return OK;
}

EXPORT CUresult cuDeviceGetName(char *name, int length, CUdevice device) {
  CUresult result = check_device(name, device);
  if (result == OK) snprintf(name, length > 0 ? (size_t)length : 0, "%s", SIM_DEVICE_NAME);
  return result;
}

EXPORT CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice device) {
  CUresult result = check_device(bytes, device);
  if (result == OK) *bytes = config.memory_bytes;
  return result;
}

/* Numbers of CUdevice_attribute; what is not listed reads 0. */
EXPORT CUresult cuDeviceGetAttribute(int *value, int attribute, CUdevice device) {
  CUresult result = check_device(value, device);
  if (result != OK) return result;
  switch (attribute) {
    case 1:  /* MAX_THREADS_PER_BLOCK */
      *value = 1024;
      break;
    case 8:  /* MAX_SHARED_MEMORY_PER_BLOCK */
      *value = 49152;
      break;
    case 10: /* WARP_SIZE */
      *value = 32;
      break;
    case 16: /* MULTIPROCESSOR_COUNT */
    case 41: /* UNIFIED_ADDRESSING */
    case 83: /* MANAGED_MEMORY */
    case 115: /* MEMORY_POOLS_SUPPORTED */
      *value = 1;
      break;
    default:
      *value = 0;
  }
  return OK;
}

EXPORT CUresult cuDevicePrimaryCtxRetain(CUcontext *out, CUdevice device) {
  CUresult result = check_device(out, device);
  if (result == OK) *out = device_context(device);
  return result;
}

EXPORT CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) { return check_device(&config, device); }

static void use_schedule_flags(unsigned int flags) {
  if (flags & SCHEDULE_BLOCKING)
    config.sync = SYNC_BLOCK;
  else if (flags & SCHEDULE_YIELD)
    config.sync = SYNC_YIELD;
  else if (flags & SCHEDULE_SPIN)
    config.sync = SYNC_SPIN;
}

EXPORT CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned int flags) {
  CUresult result = check_device(&config, device);
  if (result == OK) use_schedule_flags(flags);
  return result;
}

EXPORT CUresult cuCtxSetCurrent(CUcontext context) {
  if (device_init() != OK) return device_init();
  if (context != NULL && device_context(context->device) != context) return INVALID_CONTEXT;
  device_set_current(context);
  return OK;
}

EXPORT CUresult cuCtxGetCurrent(CUcontext *out) {
  if (out == NULL) return INVALID_VALUE;
  *out = device_current();
  return OK;
}

/* The sim has one context a device: creating one gives the primary one. */
static CUresult create_context(CUcontext *out, unsigned int flags, CUdevice device) {
  CUresult result = check_device(out, device);
  if (result != OK) return result;
  use_schedule_flags(flags);
  *out = device_context(device);
  device_set_current(*out);
  return OK;
}

EXPORT CUresult cuCtxCreate_v2(CUcontext *out, unsigned int flags, CUdevice device) {
  return create_context(out, flags, device);
}

EXPORT CUresult cuCtxCreate_v4(CUcontext *out, void *parameters, unsigned int flags, CUdevice device) {
  (void)parameters;
  return create_context(out, flags, device);
}

EXPORT CUresult cuCtxDestroy_v2(CUcontext context) {
  if (context == NULL || device_context(context->device) != context) return INVALID_CONTEXT;
  if (device_current() == context) device_set_current(NULL);
  return OK;
}

EXPORT CUresult cuCtxSynchronize(void) {
  RETURN_UNLESS_READY();
  stream_wait_all(config.sync);
  return OK;
}

EXPORT CUresult cuGetErrorName(CUresult error, const char **text) {
  KEEP_FRAME();
  if (text == NULL) return INVALID_VALUE;
  *text = error_text(error).driver_name;
  return *text == NULL ? INVALID_VALUE : OK;
}

EXPORT CUresult cuGetErrorString(CUresult error, const char **text) {
  KEEP_FRAME();
  if (text == NULL) return INVALID_VALUE;
  *text = error_text(error).words;
  return *text == NULL ? INVALID_VALUE : OK;
}
