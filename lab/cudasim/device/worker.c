/* cudasim, a simulated test device: see worker.h. The device is not a CPU: the thread sleeps through the service times and
 * keeps its own time line, so that late wake-ups do not add up. */
#define _GNU_SOURCE
#include "worker.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "clock.h"
#include "event.h"
#include "stream.h"

static void become_the_device(const struct stream *stream) {
  char name[16];
  snprintf(name, sizeof name, stream->id < 10 ? "cudasim-stream%u" : "cudasim-str%u", stream->id % 10000);
  prctl(PR_SET_NAME, name);
  prctl(PR_SET_TIMERSLACK, 1);
  /* The thread that started us may be pinned to one CPU; a device is not. */
  cpu_set_t all;
  memset(&all, 0xff, sizeof all);
  sched_setaffinity(0, sizeof all, &all);
}

/* Carries out one op that follows work which ended at `free_at`; returns when this one ended. */
static uint64_t execute(const struct op *op, uint64_t free_at) {
  uint64_t end = (op->enqueued_ns > free_at ? op->enqueued_ns : free_at) + op->service_ns;
  if (op->kind == OP_WAIT) {
    progress_wait(&op->event.event->done, op->event.seq, SYNC_BLOCK);
    if (op->event.event->time_ns > end) end = op->event.event->time_ns;
  }
  if (op->service_ns > 0 && end > clock_now()) clock_sleep_until(end);
  op_finish(op, end);
  return op->kind == OP_HOST ? clock_now() : end;
}

static void *work(void *argument) {
  struct stream *stream = argument;
  become_the_device(stream);
  uint64_t free_at = 0;
  for (uint32_t next = stream->completed.value;; next++) {
    progress_wait(&stream->submitted, next + 1, SYNC_BLOCK);
    struct op op = stream->ring[next & stream->mask];
    if (op.kind == OP_CLOSE) break;
    free_at = execute(&op, free_at);
    progress_set(&stream->completed, next + 1);
  }
  progress_set(&stream->completed, stream->submitted.value);
  stream_release(stream);
  return NULL;
}

bool worker_start(struct stream *stream) {
  uint32_t room = 1;
  while (room < config.queue_length) room *= 2;
  if (stream->ring == NULL) stream->ring = calloc(room, sizeof *stream->ring);
  stream->mask = room - 1;
  /* The program's signals belong to the program's threads. */
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_t thread;
  int failed = stream->ring == NULL || pthread_create(&thread, &attributes, work, stream) != 0;
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (!failed) return true;
  fprintf(stderr, "cudasim: cannot start the thread of stream %u: out of memory or threads\n", stream->id);
  abort();
}
