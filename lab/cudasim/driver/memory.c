/* cudasim, a simulated test device: the driver's allocations. cuMemAlloc and cuMemFree wait for the whole device (unless
 * CUDASIM_ALLOC_DRAINS=0); the stream-ordered ones do not. */
#include "../device/memory.h"

#include "../device/clock.h"
#include "../device/pinned.h"
#include "entry.h"

/* Handles of cuMemCreate are addresses with this bit set, so that they are not mistaken for addresses. */
static const unsigned long long physical = 1;

static CUresult take(CUdeviceptr *out, size_t bytes) {
  if (out == NULL || bytes == 0) return INVALID_VALUE;
  void *address = memory_take(bytes);
  if (address == NULL) return OUT_OF_MEMORY;
  *out = (CUdeviceptr)(uintptr_t)address;
  return OK;
}

static CUresult take_and_drain(CUdeviceptr *out, size_t bytes) {
  RETURN_UNLESS_READY();
  if (out == NULL || bytes == 0) return INVALID_VALUE;
  if (config.alloc_drains) stream_wait_all(config.sync);
  clock_burn(config.alloc_ns);
  return take(out, bytes);
}

EXPORT CUresult cuMemAlloc_v2(CUdeviceptr *out, size_t bytes) { return take_and_drain(out, bytes); }

EXPORT CUresult cuMemAllocManaged(CUdeviceptr *out, size_t bytes, unsigned int flags) {
  if (flags != 1 && flags != 2 && flags != 4) return INVALID_VALUE;
  return take_and_drain(out, bytes);
}

EXPORT CUresult cuMemFree_v2(CUdeviceptr address) {
  RETURN_UNLESS_READY();
  if (address == 0) return OK;
  if (config.alloc_drains) stream_wait_all(config.sync);
  clock_burn(config.free_ns);
  return memory_give((void *)(uintptr_t)address) ? OK : INVALID_VALUE;
}

INLINE CUresult alloc_async(enum variant variant, CUdeviceptr *out, size_t bytes, CUstream stream) {
  RETURN_UNLESS_READY();
  return stream_of(stream, variant) == NULL ? INVALID_HANDLE : take(out, bytes);
}

INLINE CUresult free_async(enum variant variant, CUdeviceptr address, CUstream handle) {
  RETURN_UNLESS_READY();
  struct stream *stream = stream_of(handle, variant);
  if (stream == NULL) return INVALID_HANDLE;
  if (!memory_covers((void *)(uintptr_t)address, 1)) return INVALID_VALUE;
  struct op op = {.kind = OP_FREE, .address = (void *)(uintptr_t)address};
  submit_or_capture(stream, &op);
  return OK;
}

DEFINE_BOTH(cuMemAllocAsync, _ptsz, alloc_async, (CUdeviceptr *out, size_t bytes, CUstream stream), (out, bytes, stream))
DEFINE_BOTH(cuMemFreeAsync, _ptsz, free_async, (CUdeviceptr address, CUstream stream), (address, stream))

EXPORT CUresult cuMemCreate(unsigned long long *handle, size_t bytes, const void *properties, unsigned long long flags) {
  RETURN_UNLESS_READY();
  if (properties == NULL || flags != 0 || handle == NULL) return INVALID_VALUE;
  CUdeviceptr address;
  CUresult result = take(&address, bytes);
  if (result == OK) *handle = address | physical;
  return result;
}

EXPORT CUresult cuMemRelease(unsigned long long handle) {
  RETURN_UNLESS_READY();
  return (handle & physical) && memory_give((void *)(uintptr_t)(handle & ~physical)) ? OK : INVALID_VALUE;
}

static CUresult host_alloc(void **out, size_t bytes) {
  RETURN_UNLESS_READY();
  if (out == NULL || bytes == 0) return INVALID_VALUE;
  *out = pinned_take(bytes);
  return *out != NULL ? OK : OUT_OF_MEMORY;
}

/* CU_MEMHOSTALLOC_PORTABLE, DEVICEMAP and WRITECOMBINED are accepted and change nothing. */
EXPORT CUresult cuMemHostAlloc(void **out, size_t bytes, unsigned int flags) {
  return flags > 7 ? INVALID_VALUE : host_alloc(out, bytes);
}

EXPORT CUresult cuMemAllocHost_v2(void **out, size_t bytes) { return host_alloc(out, bytes); }

EXPORT CUresult cuMemFreeHost(void *address) {
  RETURN_UNLESS_READY();
  if (config.alloc_drains) stream_wait_all(config.sync);
  return pinned_give(address) ? OK : INVALID_VALUE;
}

EXPORT CUresult cuMemHostRegister_v2(void *address, size_t bytes, unsigned int flags) {
  RETURN_UNLESS_READY();
  if (address == NULL || bytes == 0 || flags > 15) return INVALID_VALUE;
  return pinned_register(address, bytes) ? OK : OUT_OF_MEMORY;
}

EXPORT CUresult cuMemHostUnregister(void *address) {
  RETURN_UNLESS_READY();
  return pinned_unregister(address) ? OK : INVALID_VALUE;
}

EXPORT CUresult cuMemGetInfo_v2(size_t *free_bytes, size_t *total_bytes) {
  RETURN_UNLESS_READY();
  if (free_bytes == NULL || total_bytes == NULL) return INVALID_VALUE;
  memory_info(free_bytes, total_bytes);
  return OK;
}
