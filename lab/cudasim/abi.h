/* cudasim, a simulated test device (no GPU): the CUDA types and constants that the sim needs, declared by ourselves.
 * Layouts and values are those of cuda.h, driver_types.h and cuda_runtime_api.h of CUDA 12 and 13. Knows no behaviour. */
#ifndef CUDASIM_ABI_H
#define CUDASIM_ABI_H

#include <stddef.h>
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))

/* gcc drops the frame set-up of a function that calls nothing, even with -fno-omit-frame-pointer; asking for the frame's
 * address keeps "push %rbp" as its first instruction, where a probe is cheap. */
#define KEEP_FRAME() ((void)__builtin_frame_address(0))

typedef int CUresult;
typedef int cudaError_t;
typedef int CUdevice;
typedef unsigned long long CUdeviceptr;
typedef struct CUctx_st *CUcontext;
typedef struct CUmod_st *CUmodule;
typedef struct CUlib_st *CUlibrary;
typedef struct CUfunc_st *CUfunction;
typedef struct CUkern_st *CUkernel;
typedef struct CUstream_st *CUstream;
typedef struct CUevent_st *CUevent;
typedef struct CUgraph_st *CUgraph;
typedef struct CUgraphExec_st *CUgraphExec;
typedef void (*CUhostFn)(void *data);

typedef CUstream cudaStream_t;
typedef CUevent cudaEvent_t;
typedef CUgraph cudaGraph_t;
typedef CUgraphExec cudaGraphExec_t;
typedef void (*cudaHostFn_t)(void *data);

/* 12 bytes, so SysV and AAPCS pass it by value in two integer registers, as nvcc's C++ dim3 is. */
typedef struct {
  unsigned int x, y, z;
} dim3;

typedef struct {
  unsigned int gridDimX, gridDimY, gridDimZ;
  unsigned int blockDimX, blockDimY, blockDimZ;
  unsigned int sharedMemBytes;
  CUstream hStream;
  void *attrs;
  unsigned int numAttrs;
} CUlaunchConfig;

typedef struct {
  dim3 gridDim;
  dim3 blockDim;
  size_t dynamicSmemBytes;
  cudaStream_t stream;
  void *attrs;
  unsigned int numAttrs;
} cudaLaunchConfig_t;

/* CUDA_MEMCPY2D_v2 */
typedef struct {
  size_t srcXInBytes, srcY;
  int srcMemoryType;
  const void *srcHost;
  CUdeviceptr srcDevice;
  void *srcArray;
  size_t srcPitch;
  size_t dstXInBytes, dstY;
  int dstMemoryType;
  void *dstHost;
  CUdeviceptr dstDevice;
  void *dstArray;
  size_t dstPitch;
  size_t WidthInBytes, Height;
} CUDA_MEMCPY2D;

/* The first fields of cudaDeviceProp, the same in CUDA 12 and 13; the sim leaves the rest of the caller's struct alone. */
typedef struct {
  char name[256];
  char uuid[16];
  char luid[8];
  unsigned int luidDeviceNodeMask;
  size_t totalGlobalMem, sharedMemPerBlock;
  int regsPerBlock, warpSize;
  size_t memPitch;
  int maxThreadsPerBlock, maxThreadsDim[3], maxGridSize[3];
  size_t totalConstMem;
  int major, minor;
  size_t textureAlignment, texturePitchAlignment;
  int multiProcessorCount;
} device_prop_head;

/* Result codes. CUresult and cudaError_t share these numbers, apart from the cudaErrorInvalid... ones at the end. */
enum {
  OK = 0,
  INVALID_VALUE = 1,
  OUT_OF_MEMORY = 2,
  NOT_INITIALIZED = 3,
  INVALID_DEVICE = 101,
  INVALID_IMAGE = 200,
  INVALID_CONTEXT = 201,
  FILE_NOT_FOUND = 301,
  INVALID_HANDLE = 400,
  NOT_FOUND = 500,
  NOT_READY = 600,
  CAPTURE_UNSUPPORTED = 900,
  CAPTURE_INVALIDATED = 901,
  ILLEGAL_STATE = 401,
  INVALID_CONFIGURATION = 9,
  INVALID_MEMCPY_DIRECTION = 21,
  INVALID_DEVICE_FUNCTION = 98,
};

/* CUmemorytype and cudaMemcpyKind */
enum { MEMORY_HOST = 1, MEMORY_DEVICE = 2, MEMORY_UNIFIED = 4 };
enum { COPY_HOST_TO_HOST, COPY_HOST_TO_DEVICE, COPY_DEVICE_TO_HOST, COPY_DEVICE_TO_DEVICE, COPY_DEFAULT };

/* Special stream handles: 0 is the default stream of the API variant, 1 cudaStreamLegacy, 2 cudaStreamPerThread. */
enum { STREAM_LEGACY_HANDLE = 1, STREAM_PER_THREAD_HANDLE = 2 };

/* cudaEventBlockingSync, cudaEventDisableTiming, cudaEventInterprocess; cudaDeviceScheduleSpin, Yield, BlockingSync */
enum { EVENT_BLOCKING_SYNC = 1, EVENT_DISABLE_TIMING = 2, EVENT_INTERPROCESS = 4 };
enum { SCHEDULE_SPIN = 1, SCHEDULE_YIELD = 2, SCHEDULE_BLOCKING = 4, SCHEDULE_MASK = 7 };

#define SIM_DEVICE_NAME "whytrace simulated device (no GPU)"
#define SIM_VERSION_TEXT "whytrace cudasim 1: a simulated test device, no GPU; times are configured, not measured"

#endif
