/* cudasim, a simulated test device: the exported driver functions, with the signatures of cuda.h (CUDA 12 and 13). BOTH
 * declares a name and its twin for the per-thread default stream, where the real libcuda has one. */
#ifndef CUDASIM_DRIVER_H
#define CUDASIM_DRIVER_H

#include "../abi.h"

#define ONE(NAME, PARAMETERS) EXPORT CUresult NAME PARAMETERS;
#define BOTH(NAME, SUFFIX, PARAMETERS) \
  EXPORT CUresult NAME PARAMETERS;     \
  EXPORT CUresult NAME##SUFFIX PARAMETERS;

BOTH(cuLaunchKernel, _ptsz, (CUfunction f, unsigned int gx, unsigned int gy, unsigned int gz, unsigned int bx,
     unsigned int by, unsigned int bz, unsigned int shared_bytes, CUstream stream, void **params, void **extra))
BOTH(cuLaunchKernelEx, _ptsz, (const CUlaunchConfig *config, CUfunction f, void **params, void **extra))
BOTH(cuLaunchCooperativeKernel, _ptsz, (CUfunction f, unsigned int gx, unsigned int gy, unsigned int gz, unsigned int
     bx, unsigned int by, unsigned int bz, unsigned int shared_bytes, CUstream stream, void **params))
BOTH(cuLaunchHostFunc, _ptsz, (CUstream stream, CUhostFn fn, void *data))

BOTH(cuMemcpy, _ptds, (CUdeviceptr dst, CUdeviceptr src, size_t bytes))
BOTH(cuMemcpyHtoD_v2, _ptds, (CUdeviceptr dst, const void *src, size_t bytes))
BOTH(cuMemcpyDtoH_v2, _ptds, (void *dst, CUdeviceptr src, size_t bytes))
BOTH(cuMemcpyDtoD_v2, _ptds, (CUdeviceptr dst, CUdeviceptr src, size_t bytes))
BOTH(cuMemcpy2D_v2, _ptds, (const CUDA_MEMCPY2D *copy))
BOTH(cuMemcpyPeer, _ptds, (CUdeviceptr dst, CUcontext dst_context, CUdeviceptr src, CUcontext src_context, size_t
     bytes))
BOTH(cuMemcpyAsync, _ptsz, (CUdeviceptr dst, CUdeviceptr src, size_t bytes, CUstream stream))
BOTH(cuMemcpyHtoDAsync_v2, _ptsz, (CUdeviceptr dst, const void *src, size_t bytes, CUstream stream))
BOTH(cuMemcpyDtoHAsync_v2, _ptsz, (void *dst, CUdeviceptr src, size_t bytes, CUstream stream))
BOTH(cuMemcpyDtoDAsync_v2, _ptsz, (CUdeviceptr dst, CUdeviceptr src, size_t bytes, CUstream stream))
BOTH(cuMemcpy2DAsync_v2, _ptsz, (const CUDA_MEMCPY2D *copy, CUstream stream))
BOTH(cuMemcpyPeerAsync, _ptsz, (CUdeviceptr dst, CUcontext dst_context, CUdeviceptr src, CUcontext src_context, size_t
     bytes, CUstream stream))
BOTH(cuMemsetD8_v2, _ptds, (CUdeviceptr dst, unsigned char value, size_t bytes))
BOTH(cuMemsetD8Async, _ptsz, (CUdeviceptr dst, unsigned char value, size_t bytes, CUstream stream))

ONE(cuMemAlloc_v2, (CUdeviceptr *out, size_t bytes))
ONE(cuMemAllocManaged, (CUdeviceptr *out, size_t bytes, unsigned int flags))
ONE(cuMemFree_v2, (CUdeviceptr address))
BOTH(cuMemAllocAsync, _ptsz, (CUdeviceptr *out, size_t bytes, CUstream stream))
BOTH(cuMemFreeAsync, _ptsz, (CUdeviceptr address, CUstream stream))
ONE(cuMemCreate, (unsigned long long *handle, size_t bytes, const void *properties, unsigned long long flags))
ONE(cuMemRelease, (unsigned long long handle))
ONE(cuMemHostAlloc, (void **out, size_t bytes, unsigned int flags))
ONE(cuMemAllocHost_v2, (void **out, size_t bytes))
ONE(cuMemFreeHost, (void *address))
ONE(cuMemHostRegister_v2, (void *address, size_t bytes, unsigned int flags))
ONE(cuMemHostUnregister, (void *address))
ONE(cuMemGetInfo_v2, (size_t *free_bytes, size_t *total_bytes))

ONE(cuStreamCreate, (CUstream *out, unsigned int flags))
ONE(cuStreamCreateWithPriority, (CUstream *out, unsigned int flags, int priority))
ONE(cuStreamDestroy_v2, (CUstream stream))
BOTH(cuStreamSynchronize, _ptsz, (CUstream stream))
BOTH(cuStreamQuery, _ptsz, (CUstream stream))
BOTH(cuStreamWaitEvent, _ptsz, (CUstream stream, CUevent event, unsigned int flags))
BOTH(cuStreamBeginCapture_v2, _ptsz, (CUstream stream, int mode))
BOTH(cuStreamEndCapture, _ptsz, (CUstream stream, CUgraph *out))
BOTH(cuStreamIsCapturing, _ptsz, (CUstream stream, int *status))

ONE(cuEventCreate, (CUevent *out, unsigned int flags))
ONE(cuEventDestroy_v2, (CUevent event))
BOTH(cuEventRecord, _ptsz, (CUevent event, CUstream stream))
BOTH(cuEventRecordWithFlags, _ptsz, (CUevent event, CUstream stream, unsigned int flags))
ONE(cuEventQuery, (CUevent event))
ONE(cuEventSynchronize, (CUevent event))
ONE(cuEventElapsedTime, (float *milliseconds, CUevent start, CUevent end))
ONE(cuEventElapsedTime_v2, (float *milliseconds, CUevent start, CUevent end))

ONE(cuGraphCreate, (CUgraph *out, unsigned int flags))
ONE(cuGraphDestroy, (CUgraph graph))
ONE(cuGraphInstantiateWithFlags, (CUgraphExec *out, CUgraph graph, unsigned long long flags))
ONE(cuGraphExecDestroy, (CUgraphExec exec))
BOTH(cuGraphLaunch, _ptsz, (CUgraphExec exec, CUstream stream))

ONE(cuModuleLoad, (CUmodule *out, const char *path))
ONE(cuModuleLoadData, (CUmodule *out, const void *image))
ONE(cuModuleLoadDataEx, (CUmodule *out, const void *image, unsigned int count, int *options, void **values))
ONE(cuModuleLoadFatBinary, (CUmodule *out, const void *image))
ONE(cuModuleUnload, (CUmodule module))
ONE(cuModuleGetFunction, (CUfunction *out, CUmodule module, const char *name))
ONE(cuLibraryLoadData, (CUlibrary *out, const void *image, int *jit_options, void **jit_values, unsigned int
     jit_count, int *options, void **values, unsigned int count))
ONE(cuLibraryLoadFromFile, (CUlibrary *out, const char *path, int *jit_options, void **jit_values, unsigned int
     jit_count, int *options, void **values, unsigned int count))
ONE(cuLibraryUnload, (CUlibrary library))
ONE(cuLibraryGetKernel, (CUkernel *out, CUlibrary library, const char *name))
ONE(cuKernelGetFunction, (CUfunction *out, CUkernel kernel))

ONE(cuInit, (unsigned int flags))
ONE(cuDriverGetVersion, (int *version))
ONE(cuDeviceGet, (CUdevice *device, int ordinal))
ONE(cuDeviceGetCount, (int *count))
ONE(cuDeviceGetName, (char *name, int length, CUdevice device))
ONE(cuDeviceTotalMem_v2, (size_t *bytes, CUdevice device))
ONE(cuDeviceGetAttribute, (int *value, int attribute, CUdevice device))
ONE(cuDevicePrimaryCtxRetain, (CUcontext *out, CUdevice device))
ONE(cuDevicePrimaryCtxRelease_v2, (CUdevice device))
ONE(cuDevicePrimaryCtxSetFlags_v2, (CUdevice device, unsigned int flags))
ONE(cuCtxSetCurrent, (CUcontext context))
ONE(cuCtxGetCurrent, (CUcontext *out))
ONE(cuCtxCreate_v2, (CUcontext *out, unsigned int flags, CUdevice device))
ONE(cuCtxCreate_v4, (CUcontext *out, void *parameters, unsigned int flags, CUdevice device))
ONE(cuCtxDestroy_v2, (CUcontext context))
ONE(cuCtxSynchronize, (void))
ONE(cuGetErrorName, (CUresult error, const char **text))
ONE(cuGetErrorString, (CUresult error, const char **text))

/* The sim's own: what it is; the time a kernel takes (microseconds, instead of CUDASIM_KERNEL_US); how many kernels were
 * loaded so far. The real library has none of these. */
EXPORT const char *cuSimVersion(void);
EXPORT CUresult cuSimSetKernelTime(CUfunction function, double microseconds);
EXPORT unsigned long long cuSimKernelLoads(void);

#undef ONE
#undef BOTH
#endif
