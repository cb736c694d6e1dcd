/* cudasim, a simulated test device: the runtime's allocations. */
#include "entry.h"

#define DEVICE(ADDRESS) ((CUdeviceptr)(uintptr_t)(ADDRESS))

/* As the real runtime does: no bytes give a null address and no driver call. */
EXPORT cudaError_t cudaMalloc(void **out, size_t bytes) {
  RETURN_UNLESS_ATTACHED();
  if (out == NULL) return result(INVALID_VALUE);
  *out = NULL;
  return bytes == 0 ? OK : result(cuMemAlloc_v2((CUdeviceptr *)out, bytes));
}

EXPORT cudaError_t cudaMallocManaged(void **out, size_t bytes, unsigned int flags) {
  RETURN_UNLESS_ATTACHED();
  return result(cuMemAllocManaged((CUdeviceptr *)out, bytes, flags));
}

INLINE cudaError_t malloc_async(CUresult (*driver)(CUdeviceptr *, size_t, CUstream), void **out, size_t bytes,
                                cudaStream_t stream) {
  RETURN_UNLESS_ATTACHED();
  return result(driver((CUdeviceptr *)out, bytes, stream));
}

INLINE cudaError_t free_async(CUresult (*driver)(CUdeviceptr, CUstream), void *address, cudaStream_t stream) {
  RETURN_UNLESS_ATTACHED();
  return result(driver(DEVICE(address), stream));
}

DEFINE_BOTH(cudaMallocAsync, _ptsz, malloc_async, cuMemAllocAsync, (void **out, size_t bytes, cudaStream_t stream),
            (out, bytes, stream))

DEFINE_BOTH(cudaFreeAsync, _ptsz, free_async, cuMemFreeAsync, (void *address, cudaStream_t stream), (address, stream))

EXPORT cudaError_t cudaMallocHost(void **out, size_t bytes) {
  RETURN_UNLESS_ATTACHED();
  return result(cuMemAllocHost_v2(out, bytes));
}

EXPORT cudaError_t cudaHostAlloc(void **out, size_t bytes, unsigned int flags) {
  RETURN_UNLESS_ATTACHED();
  return result(cuMemHostAlloc(out, bytes, flags));
}

EXPORT cudaError_t cudaHostRegister(void *address, size_t bytes, unsigned int flags) {
  RETURN_UNLESS_ATTACHED();
  return result(cuMemHostRegister_v2(address, bytes, flags));
}

EXPORT cudaError_t cudaHostUnregister(void *address) {
  RETURN_UNLESS_ATTACHED();
  return result(cuMemHostUnregister(address));
}

EXPORT cudaError_t cudaFree(void *address) {
  RETURN_UNLESS_ATTACHED();
  return result(cuMemFree_v2(DEVICE(address)));
}

EXPORT cudaError_t cudaFreeHost(void *address) {
  RETURN_UNLESS_ATTACHED();
  return address == NULL ? OK : result(cuMemFreeHost(address));
}

EXPORT cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *total_bytes) {
  RETURN_UNLESS_ATTACHED();
  return result(cuMemGetInfo_v2(free_bytes, total_bytes));
}
