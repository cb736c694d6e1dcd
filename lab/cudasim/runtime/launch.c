/* cudasim, a simulated test device: the runtime's kernel launches. */
#include "entry.h"

INLINE cudaError_t look_up(const void *function, CUfunction *kernel) {
  RETURN_UNLESS_ATTACHED();
  if (function == NULL) return result(INVALID_DEVICE_FUNCTION);
  return result(runtime_kernel(function, kernel));
}

/* The driver's "invalid value" of a launch is the runtime's "invalid configuration". */
INLINE cudaError_t launch_result(CUresult code) { return result(code == INVALID_VALUE ? INVALID_CONFIGURATION : code); }

typedef CUresult launch_fn(CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, CUstream,
                           void **, void **);

INLINE cudaError_t launch(launch_fn driver, const void *function, dim3 grid, dim3 block, void **args, size_t shared_bytes,
                          cudaStream_t stream) {
  CUfunction kernel;
  cudaError_t code = look_up(function, &kernel);
  if (code != OK) return code;
  return launch_result(driver(kernel, grid.x, grid.y, grid.z, block.x, block.y, block.z, (unsigned)shared_bytes, stream,
                              args, NULL));
}

typedef CUresult cooperative_fn(CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, CUstream,
                                void **);

INLINE cudaError_t cooperative(cooperative_fn driver, const void *function, dim3 grid, dim3 block, void **args,
                               size_t shared_bytes, cudaStream_t stream) {
  CUfunction kernel;
  cudaError_t code = look_up(function, &kernel);
  if (code != OK) return code;
  return launch_result(
      driver(kernel, grid.x, grid.y, grid.z, block.x, block.y, block.z, (unsigned)shared_bytes, stream, args));
}

INLINE cudaError_t launch_ex(CUresult (*driver)(const CUlaunchConfig *, CUfunction, void **, void **),
                             const cudaLaunchConfig_t *c, const void *function, void **args) {
  CUfunction kernel;
  if (c == NULL) return result(INVALID_CONFIGURATION);
  cudaError_t code = look_up(function, &kernel);
  if (code != OK) return code;
  CUlaunchConfig config = {c->gridDim.x,  c->gridDim.y,  c->gridDim.z, c->blockDim.x, c->blockDim.y,
                           c->blockDim.z, (unsigned)c->dynamicSmemBytes, c->stream, c->attrs, c->numAttrs};
  return launch_result(driver(&config, kernel, args, NULL));
}

INLINE cudaError_t host_func(CUresult (*driver)(CUstream, CUhostFn, void *), cudaStream_t stream, cudaHostFn_t fn,
                             void *data) {
  RETURN_UNLESS_ATTACHED();
  return result(driver(stream, fn, data));
}

DEFINE_BOTH(cudaLaunchHostFunc, _ptsz, host_func, cuLaunchHostFunc, (cudaStream_t stream, cudaHostFn_t fn, void *data),
            (stream, fn, data))

DEFINE_BOTH(cudaLaunchKernel, _ptsz, launch, cuLaunchKernel,
            (const void *function, dim3 grid, dim3 block, void **args, size_t shared_bytes, cudaStream_t stream),
            (function, grid, block, args, shared_bytes, stream))

DEFINE_BOTH(cudaLaunchCooperativeKernel, _ptsz, cooperative, cuLaunchCooperativeKernel,
            (const void *function, dim3 grid, dim3 block, void **args, size_t shared_bytes, cudaStream_t stream),
            (function, grid, block, args, shared_bytes, stream))

DEFINE_BOTH(cudaLaunchKernelExC, _ptsz, launch_ex, cuLaunchKernelEx,
            (const cudaLaunchConfig_t *config, const void *function, void **args), (config, function, args))
