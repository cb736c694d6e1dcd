/* cudasim, a simulated test device: see op.h. */
#include "op.h"

#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "event.h"
#include "graph.h"
#include "memory.h"

bool op_is_immediate(const struct op *op) {
  switch (op->kind) {
    case OP_HOST:
    case OP_CLOSE:
      return false;
    case OP_WAIT:
      return event_is_done(op->event.event, op->event.seq);
    default:
      return op->service_ns == 0;
  }
}

static size_t moved_bytes(const struct copy *copy) {
  size_t bytes = copy->width * copy->height;
  return bytes < config.move_bytes ? bytes : config.move_bytes;
}

/* Copies the first `left` bytes of the rows; a pitch of 0 stands for rows without gaps. */
static void move_rows(char *dst, size_t dpitch, const char *src, size_t spitch, size_t width, size_t left) {
  while (left > 0) {
    size_t now = left < width ? left : width;
    memmove(dst, src, now);
    dst += dpitch;
    src += spitch;
    left -= now;
  }
}

void copy_move(const struct copy *copy) {
  const char *src = copy->staged != NULL ? copy->staged : copy->src;
  size_t spitch = copy->staged != NULL ? copy->width : copy->spitch;
  move_rows(copy->dst, copy->dpitch, src, spitch, copy->width, moved_bytes(copy));
}

void *copy_stage(const struct copy *copy) {
  size_t bytes = moved_bytes(copy);
  void *staged = malloc(bytes > 0 ? bytes : 1);
  if (staged != NULL) move_rows(staged, copy->width, copy->src, copy->spitch, copy->width, bytes);
  return staged;
}

void op_finish(const struct op *op, uint64_t when) {
  switch (op->kind) {
    case OP_COPY:
      copy_move(&op->copy);
      free(op->copy.staged);
      return;
    case OP_SET:
      memset(op->set.dst, op->set.value, op->set.bytes < config.move_bytes ? op->set.bytes : config.move_bytes);
      return;
    case OP_EVENT:
      event_finish(op->event.event, op->event.seq, when);
      return;
    case OP_WAIT:
      event_release(op->event.event);
      return;
    case OP_HOST:
      op->host.fn(op->host.data);
      return;
    case OP_FREE:
      memory_give(op->address);
      return;
    case OP_GRAPH:
      graph_exec_finish(op->exec);
      return;
    case OP_KERNEL:
    case OP_CLOSE:
      return;
  }
}
