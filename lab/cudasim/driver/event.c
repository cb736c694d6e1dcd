/* cudasim, a simulated test device: the driver's events. */
#include "../device/event.h"

#include "entry.h"

EXPORT CUresult cuEventCreate(CUevent *out, unsigned int flags) {
  RETURN_UNLESS_READY();
  if (out == NULL || flags > (EVENT_BLOCKING_SYNC | EVENT_DISABLE_TIMING | EVENT_INTERPROCESS)) return INVALID_VALUE;
  struct event *event = event_create(flags);
  if (event == NULL) return OUT_OF_MEMORY;
  *out = (CUevent)event;
  return OK;
}

EXPORT CUresult cuEventDestroy_v2(CUevent handle) {
  RETURN_UNLESS_READY();
  struct event *event = event_of(handle);
  if (event == NULL) return INVALID_HANDLE;
  event_destroy(event);
  return OK;
}

INLINE CUresult record(enum variant variant, CUevent event_handle, CUstream stream_handle, unsigned int flags) {
  RETURN_UNLESS_READY();
  struct event *event = event_of(event_handle);
  struct stream *stream = stream_of(stream_handle, variant);
  if (event == NULL || stream == NULL) return INVALID_HANDLE;
  if (flags > 1) return INVALID_VALUE;
  if (stream->capture != NULL) return OK;
  struct op op = {.kind = OP_EVENT, .event = {event, event_begin_record(event)}};
  stream_submit(stream, &op);
  return OK;
}

DEFINE_BOTH(cuEventRecord, _ptsz, record, (CUevent event, CUstream stream), (event, stream, 0))
DEFINE_BOTH(cuEventRecordWithFlags, _ptsz, record, (CUevent event, CUstream stream, unsigned int flags),
            (event, stream, flags))

EXPORT CUresult cuEventQuery(CUevent handle) {
  RETURN_UNLESS_READY();
  struct event *event = event_of(handle);
  if (event == NULL) return INVALID_HANDLE;
  return event_is_done(event, event->recorded) ? OK : NOT_READY;
}

EXPORT CUresult cuEventSynchronize(CUevent handle) {
  RETURN_UNLESS_READY();
  struct event *event = event_of(handle);
  if (event == NULL) return INVALID_HANDLE;
  event_wait(event, event->flags & EVENT_BLOCKING_SYNC ? SYNC_BLOCK : config.sync);
  return OK;
}

static CUresult elapsed(float *milliseconds, CUevent start_handle, CUevent end_handle) {
  RETURN_UNLESS_READY();
  struct event *start = event_of(start_handle), *end = event_of(end_handle);
  if (start == NULL || end == NULL) return INVALID_HANDLE;
  if (milliseconds == NULL) return INVALID_VALUE;
  if ((start->flags | end->flags) & EVENT_DISABLE_TIMING || start->recorded == 0 || end->recorded == 0)
    return INVALID_HANDLE;
  if (!event_is_done(start, start->recorded) || !event_is_done(end, end->recorded)) return NOT_READY;
  *milliseconds = (float)((double)(int64_t)(end->time_ns - start->time_ns) / 1e6);
  return OK;
}

EXPORT CUresult cuEventElapsedTime(float *milliseconds, CUevent start, CUevent end) {
  return elapsed(milliseconds, start, end);
}

EXPORT CUresult cuEventElapsedTime_v2(float *milliseconds, CUevent start, CUevent end) {
  return elapsed(milliseconds, start, end);
}
