/* cudasim, a simulated test device: the driver's copies and memsets. The bandwidth model: a pageable copy costs the caller
 * CPU time (staging at CUDASIM_PAGEABLE_GBPS) before (to the device) or after (from it) the transfer itself, which takes
 * the device CUDASIM_COPY_LATENCY_US plus the bytes at CUDASIM_PINNED_GBPS; a pinned copy only has the transfer. */
#include "../device/clock.h"
#include "../device/memory.h"
#include "../device/pinned.h"
#include "entry.h"

enum waiting { WAIT, DO_NOT_WAIT };

/* Bytes from the first row's start to the last row's end. */
static size_t extent(const struct copy *c, size_t pitch) { return c->height == 0 ? 0 : pitch * (c->height - 1) + c->width; }

static bool is_within(const void *address, size_t bytes) {
  return memory_is_device(address) ? memory_covers(address, bytes) : address != NULL;
}

/* Sets the transfer's time, and does the staging of a pageable source in the caller. */
static void prepare_to_device(struct stream *stream, struct copy *c, struct op *op) {
  size_t bytes = c->width * c->height;
  op->service_ns = config.copy_latency_ns + transfer_ns(bytes, config.pinned_rate);
  if (stream->capture == NULL && !pinned_covers(c->src, extent(c, c->spitch))) {
    clock_burn(transfer_ns(bytes, config.pageable_rate));
    if (op->service_ns > 0 || !stream_is_idle(stream)) c->staged = copy_stage(c);
  }
}

/* Queues the copy; on return the caller may still have to wait (*must_wait) and then to unstage (*after_ns of CPU time). */
static CUresult start(struct stream *stream, struct copy *c, bool *must_wait, uint64_t *after_ns) {
  size_t bytes = c->width * c->height;
  bool to_device = memory_is_device(c->dst), from_device = memory_is_device(c->src);
  if (!is_within(c->dst, extent(c, c->dpitch)) || !is_within(c->src, extent(c, c->spitch))) return INVALID_VALUE;
  struct op op = {.kind = OP_COPY};
  if (to_device && from_device) {
    op.service_ns = config.copy_latency_ns + transfer_ns(bytes, config.device_rate);
    *must_wait = false;
  } else if (to_device) {
    prepare_to_device(stream, c, &op);
  } else {
    op.service_ns = from_device ? config.copy_latency_ns + transfer_ns(bytes, config.pinned_rate) : 0;
    if (from_device && stream->capture == NULL && !pinned_covers(c->dst, extent(c, c->dpitch))) {
      *must_wait = true;
      *after_ns = transfer_ns(bytes, config.pageable_rate);
    }
  }
  op.copy = *c;
  submit_or_capture(stream, &op);
  return OK;
}

static CUresult copy(enum variant variant, CUstream handle, enum waiting waiting, struct copy c) {
  RETURN_UNLESS_READY();
  struct stream *stream = stream_of(handle, variant);
  if (stream == NULL) return INVALID_HANDLE;
  if (c.width == 0 || c.height == 0) return OK;
  if (c.dpitch < c.width || c.spitch < c.width) return INVALID_VALUE;
  if (stream->capture != NULL && waiting == WAIT) {
    stream->capture_broken = true;
    return CAPTURE_UNSUPPORTED;
  }
  bool must_wait = waiting == WAIT;
  uint64_t after_ns = 0;
  CUresult result = start(stream, &c, &must_wait, &after_ns);
  if (result != OK) return result;
  if (must_wait) stream_wait(stream, config.sync);
  clock_burn(after_ns);
  return OK;
}

INLINE struct copy flat(void *dst, const void *src, size_t bytes) {
  return (struct copy){.dst = dst, .src = src, .dpitch = bytes, .spitch = bytes, .width = bytes, .height = 1};
}

#define DEVICE(ADDRESS) ((void *)(uintptr_t)(ADDRESS))

/* Driver copies with a direction refuse a device address that is none. */
INLINE CUresult copy_flat(enum variant v, CUstream s, enum waiting w, void *dst, bool dst_on_device, const void *src,
                          bool src_on_device, size_t bytes) {
  RETURN_UNLESS_READY();
  if (bytes > 0 && ((dst_on_device && !memory_is_device(dst)) || (src_on_device && !memory_is_device(src))))
    return INVALID_VALUE;
  return copy(v, s, w, flat(dst, src, bytes));
}

static CUresult copy_2d(enum variant variant, CUstream stream, enum waiting waiting, const CUDA_MEMCPY2D *p) {
  RETURN_UNLESS_READY();
  if (p == NULL) return INVALID_VALUE;
  const char *src = p->srcMemoryType == MEMORY_HOST ? p->srcHost : DEVICE(p->srcDevice);
  char *dst = p->dstMemoryType == MEMORY_HOST ? p->dstHost : DEVICE(p->dstDevice);
  if (src == NULL || dst == NULL) return INVALID_VALUE;
  return copy(variant, stream, waiting,
              (struct copy){.dst = dst + p->dstY * p->dstPitch + p->dstXInBytes,
                            .src = src + p->srcY * p->srcPitch + p->srcXInBytes,
                            .dpitch = p->dstPitch,
                            .spitch = p->srcPitch,
                            .width = p->WidthInBytes,
                            .height = p->Height});
}

static CUresult set(enum variant variant, CUstream handle, CUdeviceptr dst, unsigned char value, size_t bytes) {
  RETURN_UNLESS_READY();
  struct stream *stream = stream_of(handle, variant);
  if (stream == NULL) return INVALID_HANDLE;
  if (bytes == 0) return OK;
  if (!memory_covers(DEVICE(dst), bytes)) return INVALID_VALUE;
  struct op op = {.kind = OP_SET, .service_ns = config.memset_ns + transfer_ns(bytes, config.device_rate)};
  op.set.dst = DEVICE(dst);
  op.set.value = value;
  op.set.bytes = bytes;
  submit_or_capture(stream, &op);
  return OK;
}

INLINE CUresult copy_peer(enum variant v, CUstream s, enum waiting w, CUdeviceptr dst, CUcontext dst_context,
                          CUdeviceptr src, CUcontext src_context, size_t bytes) {
  if (dst_context == NULL || src_context == NULL) return INVALID_CONTEXT;
  return copy_flat(v, s, w, DEVICE(dst), true, DEVICE(src), true, bytes);
}

/* What the names below promise about each side. */
#define ANY(V, D, S, N, STREAM, W) copy_flat(V, STREAM, W, DEVICE(D), false, DEVICE(S), false, N)
#define HTOD(V, D, S, N, STREAM, W) copy_flat(V, STREAM, W, DEVICE(D), true, S, false, N)
#define DTOH(V, D, S, N, STREAM, W) copy_flat(V, STREAM, W, D, false, DEVICE(S), true, N)
#define DTOD(V, D, S, N, STREAM, W) copy_flat(V, STREAM, W, DEVICE(D), true, DEVICE(S), true, N)

#define DEFINE_COPY(NAME, ASYNC_NAME, KIND, DST, SRC)                                                                \
  EXPORT CUresult NAME(DST dst, SRC src, size_t bytes) { return KIND(LEGACY, dst, src, bytes, NULL, WAIT); }         \
  EXPORT CUresult NAME##_ptds(DST dst, SRC src, size_t bytes) {                                                      \
    return KIND(PER_THREAD, dst, src, bytes, NULL, WAIT);                                                            \
  }                                                                                                                  \
  EXPORT CUresult ASYNC_NAME(DST dst, SRC src, size_t bytes, CUstream stream) {                                      \
    return KIND(LEGACY, dst, src, bytes, stream, DO_NOT_WAIT);                                                       \
  }                                                                                                                  \
  EXPORT CUresult ASYNC_NAME##_ptsz(DST dst, SRC src, size_t bytes, CUstream stream) {                               \
    return KIND(PER_THREAD, dst, src, bytes, stream, DO_NOT_WAIT);                                                   \
  }

DEFINE_COPY(cuMemcpy, cuMemcpyAsync, ANY, CUdeviceptr, CUdeviceptr)
DEFINE_COPY(cuMemcpyHtoD_v2, cuMemcpyHtoDAsync_v2, HTOD, CUdeviceptr, const void *)
DEFINE_COPY(cuMemcpyDtoH_v2, cuMemcpyDtoHAsync_v2, DTOH, void *, CUdeviceptr)
DEFINE_COPY(cuMemcpyDtoD_v2, cuMemcpyDtoDAsync_v2, DTOD, CUdeviceptr, CUdeviceptr)

DEFINE_BOTH(cuMemcpy2D_v2, _ptds, copy_2d, (const CUDA_MEMCPY2D *p), (NULL, WAIT, p))
DEFINE_BOTH(cuMemcpy2DAsync_v2, _ptsz, copy_2d, (const CUDA_MEMCPY2D *p, CUstream stream), (stream, DO_NOT_WAIT, p))
DEFINE_BOTH(cuMemcpyPeer, _ptds, copy_peer,
            (CUdeviceptr dst, CUcontext dst_context, CUdeviceptr src, CUcontext src_context, size_t bytes),
            (NULL, WAIT, dst, dst_context, src, src_context, bytes))
DEFINE_BOTH(cuMemcpyPeerAsync, _ptsz, copy_peer,
            (CUdeviceptr dst, CUcontext dst_context, CUdeviceptr src, CUcontext src_context, size_t bytes, CUstream stream),
            (stream, DO_NOT_WAIT, dst, dst_context, src, src_context, bytes))
DEFINE_BOTH(cuMemsetD8_v2, _ptds, set, (CUdeviceptr dst, unsigned char value, size_t bytes), (NULL, dst, value, bytes))
DEFINE_BOTH(cuMemsetD8Async, _ptsz, set, (CUdeviceptr dst, unsigned char value, size_t bytes, CUstream stream),
            (stream, dst, value, bytes))
