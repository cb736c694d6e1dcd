/* cudasim, a simulated test device: the runtime's copies and memsets. */
#include "entry.h"

#define DEVICE(ADDRESS) ((CUdeviceptr)(uintptr_t)(ADDRESS))

/* The driver functions of one default-stream variant. */
struct copies {
  CUresult (*any)(CUdeviceptr, CUdeviceptr, size_t);
  CUresult (*htod)(CUdeviceptr, const void *, size_t);
  CUresult (*dtoh)(void *, CUdeviceptr, size_t);
  CUresult (*dtod)(CUdeviceptr, CUdeviceptr, size_t);
};

struct async_copies {
  CUresult (*any)(CUdeviceptr, CUdeviceptr, size_t, CUstream);
  CUresult (*htod)(CUdeviceptr, const void *, size_t, CUstream);
  CUresult (*dtoh)(void *, CUdeviceptr, size_t, CUstream);
  CUresult (*dtod)(CUdeviceptr, CUdeviceptr, size_t, CUstream);
};

INLINE cudaError_t copy(struct copies driver, void *dst, const void *src, size_t bytes, int kind) {
  RETURN_UNLESS_ATTACHED();
  switch (kind) {
    case COPY_HOST_TO_DEVICE:
      return result(driver.htod(DEVICE(dst), src, bytes));
    case COPY_DEVICE_TO_HOST:
      return result(driver.dtoh(dst, DEVICE(src), bytes));
    case COPY_DEVICE_TO_DEVICE:
      return result(driver.dtod(DEVICE(dst), DEVICE(src), bytes));
    case COPY_HOST_TO_HOST:
    case COPY_DEFAULT:
      return result(driver.any(DEVICE(dst), DEVICE(src), bytes));
    default:
      return result(INVALID_MEMCPY_DIRECTION);
  }
}

INLINE cudaError_t copy_async(struct async_copies driver, void *dst, const void *src, size_t bytes, int kind,
                              cudaStream_t stream) {
  RETURN_UNLESS_ATTACHED();
  switch (kind) {
    case COPY_HOST_TO_DEVICE:
      return result(driver.htod(DEVICE(dst), src, bytes, stream));
    case COPY_DEVICE_TO_HOST:
      return result(driver.dtoh(dst, DEVICE(src), bytes, stream));
    case COPY_DEVICE_TO_DEVICE:
      return result(driver.dtod(DEVICE(dst), DEVICE(src), bytes, stream));
    case COPY_HOST_TO_HOST:
    case COPY_DEFAULT:
      return result(driver.any(DEVICE(dst), DEVICE(src), bytes, stream));
    default:
      return result(INVALID_MEMCPY_DIRECTION);
  }
}

/* Memory types of source and destination by direction; UNIFIED lets the driver find out. */
INLINE CUDA_MEMCPY2D rectangle(void *dst, size_t dpitch, const void *src, size_t spitch, size_t width, size_t height,
                               int kind) {
  static const int src_type[] = {MEMORY_HOST, MEMORY_HOST, MEMORY_DEVICE, MEMORY_DEVICE, MEMORY_UNIFIED};
  static const int dst_type[] = {MEMORY_HOST, MEMORY_DEVICE, MEMORY_HOST, MEMORY_DEVICE, MEMORY_UNIFIED};
  return (CUDA_MEMCPY2D){.srcMemoryType = src_type[kind],
                         .srcHost = src,
                         .srcDevice = DEVICE(src),
                         .srcPitch = spitch,
                         .dstMemoryType = dst_type[kind],
                         .dstHost = dst,
                         .dstDevice = DEVICE(dst),
                         .dstPitch = dpitch,
                         .WidthInBytes = width,
                         .Height = height};
}

INLINE cudaError_t copy_2d(CUresult (*driver)(const CUDA_MEMCPY2D *), void *dst, size_t dpitch, const void *src,
                           size_t spitch, size_t width, size_t height, int kind) {
  RETURN_UNLESS_ATTACHED();
  if (kind < COPY_HOST_TO_HOST || kind > COPY_DEFAULT) return result(INVALID_MEMCPY_DIRECTION);
  CUDA_MEMCPY2D p = rectangle(dst, dpitch, src, spitch, width, height, kind);
  return result(driver(&p));
}

INLINE cudaError_t copy_2d_async(CUresult (*driver)(const CUDA_MEMCPY2D *, CUstream), void *dst, size_t dpitch,
                                 const void *src, size_t spitch, size_t width, size_t height, int kind,
                                 cudaStream_t stream) {
  RETURN_UNLESS_ATTACHED();
  if (kind < COPY_HOST_TO_HOST || kind > COPY_DEFAULT) return result(INVALID_MEMCPY_DIRECTION);
  CUDA_MEMCPY2D p = rectangle(dst, dpitch, src, spitch, width, height, kind);
  return result(driver(&p, stream));
}

INLINE CUresult contexts(int dst_device, int src_device, CUcontext *dst, CUcontext *src) {
  CUresult code = cuDevicePrimaryCtxRetain(dst, dst_device);
  return code != OK ? code : cuDevicePrimaryCtxRetain(src, src_device);
}

/* The real library has no _ptds and _ptsz names of these two. */
EXPORT cudaError_t cudaMemcpyPeer(void *dst, int dst_device, const void *src, int src_device, size_t bytes) {
  RETURN_UNLESS_ATTACHED();
  CUcontext to, from;
  CUresult code = contexts(dst_device, src_device, &to, &from);
  return result(code != OK ? code : cuMemcpyPeer(DEVICE(dst), to, DEVICE(src), from, bytes));
}

EXPORT cudaError_t cudaMemcpyPeerAsync(void *dst, int dst_device, const void *src, int src_device, size_t bytes,
                                       cudaStream_t stream) {
  RETURN_UNLESS_ATTACHED();
  CUcontext to, from;
  CUresult code = contexts(dst_device, src_device, &to, &from);
  return result(code != OK ? code : cuMemcpyPeerAsync(DEVICE(dst), to, DEVICE(src), from, bytes, stream));
}

INLINE cudaError_t set(CUresult (*driver)(CUdeviceptr, unsigned char, size_t), void *dst, int value, size_t bytes) {
  RETURN_UNLESS_ATTACHED();
  return result(driver(DEVICE(dst), (unsigned char)value, bytes));
}

INLINE cudaError_t set_async(CUresult (*driver)(CUdeviceptr, unsigned char, size_t, CUstream), void *dst, int value,
                             size_t bytes, cudaStream_t stream) {
  RETURN_UNLESS_ATTACHED();
  return result(driver(DEVICE(dst), (unsigned char)value, bytes, stream));
}

#define COPIES(SUFFIX) \
  (struct copies){cuMemcpy##SUFFIX, cuMemcpyHtoD_v2##SUFFIX, cuMemcpyDtoH_v2##SUFFIX, cuMemcpyDtoD_v2##SUFFIX}
#define ASYNC_COPIES(SUFFIX)                                                                            \
  (struct async_copies){cuMemcpyAsync##SUFFIX, cuMemcpyHtoDAsync_v2##SUFFIX, cuMemcpyDtoHAsync_v2##SUFFIX, \
                        cuMemcpyDtoDAsync_v2##SUFFIX}

EXPORT cudaError_t cudaMemcpy(void *dst, const void *src, size_t bytes, int kind) {
  return copy(COPIES(), dst, src, bytes, kind);
}

EXPORT cudaError_t cudaMemcpy_ptds(void *dst, const void *src, size_t bytes, int kind) {
  return copy(COPIES(_ptds), dst, src, bytes, kind);
}

EXPORT cudaError_t cudaMemcpyAsync(void *dst, const void *src, size_t bytes, int kind, cudaStream_t stream) {
  return copy_async(ASYNC_COPIES(), dst, src, bytes, kind, stream);
}

EXPORT cudaError_t cudaMemcpyAsync_ptsz(void *dst, const void *src, size_t bytes, int kind, cudaStream_t stream) {
  return copy_async(ASYNC_COPIES(_ptsz), dst, src, bytes, kind, stream);
}

DEFINE_BOTH(cudaMemcpy2D, _ptds, copy_2d, cuMemcpy2D_v2,
            (void *dst, size_t dpitch, const void *src, size_t spitch, size_t width, size_t height, int kind),
            (dst, dpitch, src, spitch, width, height, kind))

DEFINE_BOTH(cudaMemcpy2DAsync, _ptsz, copy_2d_async, cuMemcpy2DAsync_v2,
            (void *dst, size_t dpitch, const void *src, size_t spitch, size_t width, size_t height, int kind,
             cudaStream_t stream),
            (dst, dpitch, src, spitch, width, height, kind, stream))

DEFINE_BOTH(cudaMemset, _ptds, set, cuMemsetD8_v2, (void *dst, int value, size_t bytes), (dst, value, bytes))

DEFINE_BOTH(cudaMemsetAsync, _ptsz, set_async, cuMemsetD8Async,
            (void *dst, int value, size_t bytes, cudaStream_t stream), (dst, value, bytes, stream))
