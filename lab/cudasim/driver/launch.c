/* cudasim, a simulated test device: the driver's kernel launches and host functions. */
#include "../device/clock.h"
#include "../device/function.h"
#include "../device/graph.h"
#include "entry.h"

/* Limits of current real devices: 1024 threads a block, 227 KiB of shared memory a block, grid y and z up to 65535. */
enum { MAX_BLOCK_THREADS = 1024, MAX_SHARED_BYTES = 232448, MAX_GRID_YZ = 65535, MAX_GRID_X = 2147483647 };

struct shape {
  unsigned int gx, gy, gz, bx, by, bz, shared_bytes;
};

static bool is_launchable(struct shape s) {
  if (s.gx == 0 || s.gy == 0 || s.gz == 0 || s.bx == 0 || s.by == 0 || s.bz == 0) return false;
  if (s.gx > MAX_GRID_X || s.gy > MAX_GRID_YZ || s.gz > MAX_GRID_YZ || s.shared_bytes > MAX_SHARED_BYTES) return false;
  return s.bx <= MAX_BLOCK_THREADS && s.by <= MAX_BLOCK_THREADS && s.bz <= 64 && s.bx * s.by * s.bz <= MAX_BLOCK_THREADS;
}

void submit_or_capture(struct stream *stream, struct op *op) {
  if (stream->capture != NULL)
    graph_append(stream->capture, op);
  else
    stream_submit(stream, op);
}

static CUresult launch(enum variant variant, CUfunction f, struct shape shape, CUstream handle) {
  RETURN_UNLESS_READY();
  struct function *function = function_of(f);
  struct stream *stream = stream_of(handle, variant);
  if (function == NULL || stream == NULL) return INVALID_HANDLE;
  if (!is_launchable(shape)) return INVALID_VALUE;
  function_ensure_loaded(function);
  clock_burn(config.launch_ns);
  struct op op = {.kind = OP_KERNEL, .service_ns = function->kernel_ns};
  submit_or_capture(stream, &op);
  return OK;
}

INLINE CUresult launch_ex(enum variant variant, const CUlaunchConfig *c, CUfunction f) {
  if (c == NULL) return INVALID_VALUE;
  struct shape shape = {c->gridDimX, c->gridDimY, c->gridDimZ, c->blockDimX, c->blockDimY, c->blockDimZ, c->sharedMemBytes};
  return launch(variant, f, shape, c->hStream);
}

INLINE CUresult launch_host_func(enum variant variant, CUstream handle, CUhostFn fn, void *data) {
  RETURN_UNLESS_READY();
  struct stream *stream = stream_of(handle, variant);
  if (stream == NULL) return INVALID_HANDLE;
  if (fn == NULL) return INVALID_VALUE;
  if (config.host_func_inline && stream->capture == NULL) {
    stream_wait(stream, config.sync);
    fn(data);
    return OK;
  }
  struct op op = {.kind = OP_HOST, .host = {fn, data}};
  submit_or_capture(stream, &op);
  return OK;
}

DEFINE_BOTH(cuLaunchKernel, _ptsz, launch,
            (CUfunction f, unsigned int gx, unsigned int gy, unsigned int gz, unsigned int bx, unsigned int by,
             unsigned int bz, unsigned int shared_bytes, CUstream stream, void **params, void **extra),
            (f, (struct shape){gx, gy, gz, bx, by, bz, shared_bytes}, ((void)params, (void)extra, stream)))

DEFINE_BOTH(cuLaunchKernelEx, _ptsz, launch_ex,
            (const CUlaunchConfig *config, CUfunction f, void **params, void **extra),
            (config, ((void)params, (void)extra, f)))

DEFINE_BOTH(cuLaunchCooperativeKernel, _ptsz, launch,
            (CUfunction f, unsigned int gx, unsigned int gy, unsigned int gz, unsigned int bx, unsigned int by,
             unsigned int bz, unsigned int shared_bytes, CUstream stream, void **params),
            (f, (struct shape){gx, gy, gz, bx, by, bz, shared_bytes}, ((void)params, stream)))

DEFINE_BOTH(cuLaunchHostFunc, _ptsz, launch_host_func, (CUstream stream, CUhostFn fn, void *data), (stream, fn, data))
