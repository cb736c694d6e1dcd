/* cudasim, a simulated test device: see stream.h. */
#include "stream.h"

#include <stdlib.h>

#include "clock.h"
#include "slots.h"
#include "worker.h"

/* The first is the legacy default stream. Zeroed mutexes are initialised ones (PTHREAD_MUTEX_INITIALIZER is all zeros). */
static struct stream streams[256] = {{.live = 1}};
static struct slots table = SLOTS(streams);
static _Atomic uint32_t last_id;

static pthread_key_t own_stream_key;
static pthread_once_t own_stream_once = PTHREAD_ONCE_INIT;
static __thread struct stream *own_stream;

static void reserve_legacy_stream(void) { slots_take(&table); }

struct stream *stream_create(unsigned int flags) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, reserve_legacy_stream);
  struct stream *stream = slots_take(&table);
  if (stream == NULL) return NULL;
  stream->id = atomic_fetch_add(&last_id, 1) + 1;
  stream->flags = flags;
  stream->submitted.value = stream->completed.value = 0;
  stream->has_worker = stream->capture_broken = false;
  stream->capture = NULL;
  stream->live = 1;
  return stream;
}

void stream_release(struct stream *stream) { slots_give(&table, stream); }

static void enqueue(struct stream *stream, const struct op *op) {
  pthread_mutex_lock(&stream->producers);
  if (!stream->has_worker) stream->has_worker = worker_start(stream);
  uint32_t at;
  for (;;) {
    at = stream->submitted.value;
    uint32_t full_until = at - config.queue_length + 1;
    if (progress_reached(&stream->completed, full_until)) break;
    pthread_mutex_unlock(&stream->producers);
    progress_wait(&stream->completed, full_until, config.sync);
    pthread_mutex_lock(&stream->producers);
  }
  stream->ring[at & stream->mask] = *op;
  progress_set(&stream->submitted, at + 1);
  pthread_mutex_unlock(&stream->producers);
}

void stream_submit(struct stream *stream, struct op *op) {
  if (op_is_immediate(op) && stream_is_idle(stream)) {
    op->enqueued_ns = op->kind == OP_EVENT ? clock_now() : 0;
    op_finish(op, op->enqueued_ns);
    return;
  }
  op->enqueued_ns = clock_now();
  enqueue(stream, op);
}

void stream_destroy(struct stream *stream) {
  if (!atomic_exchange(&stream->live, 0)) return;
  if (stream->has_worker)
    enqueue(stream, &(struct op){.kind = OP_CLOSE});
  else
    stream_release(stream);
}

static void destroy_own_stream(void *stream) { stream_destroy(stream); }

static void create_own_stream_key(void) { pthread_key_create(&own_stream_key, destroy_own_stream); }

static struct stream *stream_of_thread(void) {
  if (own_stream == NULL && (own_stream = stream_create(0)) != NULL) {
    pthread_once(&own_stream_once, create_own_stream_key);
    pthread_setspecific(own_stream_key, own_stream);
  }
  return own_stream;
}

struct stream *stream_of(CUstream handle, enum variant variant) {
  uintptr_t value = (uintptr_t)handle;
  if (value == 0) value = variant == LEGACY ? STREAM_LEGACY_HANDLE : STREAM_PER_THREAD_HANDLE;
  if (value == STREAM_LEGACY_HANDLE) return &streams[0];
  if (value == STREAM_PER_THREAD_HANDLE) return stream_of_thread();
  struct stream *stream = (struct stream *)handle;
  return slots_holds(&table, stream) && stream != &streams[0] && stream->live ? stream : NULL;
}

void stream_wait(struct stream *stream, enum sync_mode mode) {
  progress_wait(&stream->completed, atomic_load(&stream->submitted.value), mode);
}

void stream_wait_all(enum sync_mode mode) {
  for (uint32_t i = 0; i < table.used || i == 0; i++) stream_wait(&streams[i], mode);
}
