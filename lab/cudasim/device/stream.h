/* cudasim, a simulated test device: streams. A stream is a bounded queue and a worker thread that works it off in order. */
#ifndef CUDASIM_STREAM_H
#define CUDASIM_STREAM_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "../abi.h"
#include "op.h"
#include "progress.h"

struct graph;

/* Which stream the handle 0 means: the legacy one, or the calling thread's own (the _ptsz and _ptds names). */
enum variant { LEGACY, PER_THREAD };

struct stream {
  _Atomic int live;
  uint32_t id, mask;
  unsigned int flags;
  struct op *ring;
  pthread_mutex_t producers;
  bool has_worker, capture_broken;
  struct graph *capture;
  /* Apart from the fields above, since the worker writes here while callers read there. */
  struct progress submitted __attribute__((aligned(64)));
  struct progress completed __attribute__((aligned(64)));
};

/* NULL when the table of 256 streams is full. */
struct stream *stream_create(unsigned int flags);

/* Returns at once; what is queued is still worked off. */
void stream_destroy(struct stream *stream);

/* NULL when the handle is not a live stream. */
struct stream *stream_of(CUstream handle, enum variant variant);

/* Queues the op, or finishes it in the caller when it takes no time and nothing is ahead of it. Blocks while the queue is
 * full. Sets op->enqueued_ns. Starts the worker on the first op that takes time. */
void stream_submit(struct stream *stream, struct op *op);

static inline bool stream_is_idle(struct stream *stream) {
  return progress_reached(&stream->completed, atomic_load_explicit(&stream->submitted.value, memory_order_acquire));
}

/* Returns when all that was submitted before the call has been finished. */
void stream_wait(struct stream *stream, enum sync_mode mode);

/* stream_wait on every stream of the device. */
void stream_wait_all(enum sync_mode mode);

#endif
