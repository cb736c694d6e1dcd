/* cudasim, a simulated test device: the driver's streams and the capture of graphs from them. */
#include "../device/stream.h"

#include "../device/event.h"
#include "../device/graph.h"
#include "entry.h"

static CUresult create(CUstream *out, unsigned int flags) {
  RETURN_UNLESS_READY();
  if (out == NULL || flags > 1) return INVALID_VALUE;
  struct stream *stream = stream_create(flags);
  if (stream == NULL) return OUT_OF_MEMORY;
  *out = (CUstream)stream;
  return OK;
}

EXPORT CUresult cuStreamCreate(CUstream *out, unsigned int flags) { return create(out, flags); }

EXPORT CUresult cuStreamCreateWithPriority(CUstream *out, unsigned int flags, int priority) {
  (void)priority;
  return create(out, flags);
}

EXPORT CUresult cuStreamDestroy_v2(CUstream handle) {
  RETURN_UNLESS_READY();
  struct stream *stream = (uintptr_t)handle > STREAM_PER_THREAD_HANDLE ? stream_of(handle, LEGACY) : NULL;
  if (stream == NULL) return INVALID_HANDLE;
  stream_destroy(stream);
  return OK;
}

INLINE CUresult synchronize(enum variant variant, CUstream handle) {
  RETURN_UNLESS_READY();
  struct stream *stream = stream_of(handle, variant);
  if (stream == NULL) return INVALID_HANDLE;
  if (stream->capture != NULL) {
    stream->capture_broken = true;
    return CAPTURE_UNSUPPORTED;
  }
  stream_wait(stream, config.sync);
  return OK;
}

INLINE CUresult query(enum variant variant, CUstream handle) {
  RETURN_UNLESS_READY();
  struct stream *stream = stream_of(handle, variant);
  if (stream == NULL) return INVALID_HANDLE;
  return stream_is_idle(stream) ? OK : NOT_READY;
}

INLINE CUresult wait_event(enum variant variant, CUstream handle, CUevent event_handle, unsigned int flags) {
  RETURN_UNLESS_READY();
  struct stream *stream = stream_of(handle, variant);
  struct event *event = event_of(event_handle);
  if (stream == NULL || event == NULL) return INVALID_HANDLE;
  if (flags > 1) return INVALID_VALUE;
  if (stream->capture != NULL) return OK;
  struct op op = {.kind = OP_WAIT, .event = {event, event->recorded}};
  event_retain(event);
  stream_submit(stream, &op);
  return OK;
}

INLINE CUresult begin_capture(enum variant variant, CUstream handle, int mode) {
  RETURN_UNLESS_READY();
  struct stream *stream = stream_of(handle, variant);
  if (stream == NULL) return INVALID_HANDLE;
  if (mode < 0 || mode > 2) return INVALID_VALUE;
  if (stream == stream_of(NULL, LEGACY)) return CAPTURE_UNSUPPORTED;
  if (stream->capture != NULL) return ILLEGAL_STATE;
  stream->capture_broken = false;
  stream->capture = graph_create();
  return stream->capture != NULL ? OK : OUT_OF_MEMORY;
}

INLINE CUresult end_capture(enum variant variant, CUstream handle, CUgraph *out) {
  RETURN_UNLESS_READY();
  struct stream *stream = stream_of(handle, variant);
  if (stream == NULL) return INVALID_HANDLE;
  if (out == NULL) return INVALID_VALUE;
  if (stream->capture == NULL) return ILLEGAL_STATE;
  struct graph *graph = stream->capture;
  stream->capture = NULL;
  *out = stream->capture_broken ? NULL : (CUgraph)graph;
  if (!stream->capture_broken) return OK;
  graph_destroy(graph);
  return CAPTURE_INVALIDATED;
}

/* CU_STREAM_CAPTURE_STATUS_NONE, ACTIVE and INVALIDATED are 0, 1 and 2. */
INLINE CUresult is_capturing(enum variant variant, CUstream handle, int *status) {
  RETURN_UNLESS_READY();
  struct stream *stream = stream_of(handle, variant);
  if (stream == NULL) return INVALID_HANDLE;
  if (status == NULL) return INVALID_VALUE;
  *status = stream->capture == NULL ? 0 : stream->capture_broken ? 2 : 1;
  return OK;
}

DEFINE_BOTH(cuStreamSynchronize, _ptsz, synchronize, (CUstream stream), (stream))
DEFINE_BOTH(cuStreamQuery, _ptsz, query, (CUstream stream), (stream))
DEFINE_BOTH(cuStreamWaitEvent, _ptsz, wait_event, (CUstream stream, CUevent event, unsigned int flags),
            (stream, event, flags))
DEFINE_BOTH(cuStreamBeginCapture_v2, _ptsz, begin_capture, (CUstream stream, int mode), (stream, mode))
DEFINE_BOTH(cuStreamEndCapture, _ptsz, end_capture, (CUstream stream, CUgraph *out), (stream, out))
DEFINE_BOTH(cuStreamIsCapturing, _ptsz, is_capturing, (CUstream stream, int *status), (stream, status))
