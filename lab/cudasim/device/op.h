/* cudasim, a simulated test device: one operation of a stream, how long it occupies the device and what it does when done. */
#ifndef CUDASIM_OP_H
#define CUDASIM_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../abi.h"

struct event;
struct graph_exec;

enum op_kind { OP_KERNEL, OP_COPY, OP_SET, OP_EVENT, OP_WAIT, OP_HOST, OP_FREE, OP_GRAPH, OP_CLOSE };

/* Rows of `width` bytes; staged = the rows' first bytes already read from the source, owned by the op. */
struct copy {
  void *dst;
  const void *src;
  size_t dpitch, spitch, width, height;
  void *staged;
};

struct op {
  enum op_kind kind;
  uint64_t enqueued_ns, service_ns;
  union {
    struct copy copy;
    struct {
      void *dst;
      int value;
      size_t bytes;
    } set;
    struct {
      struct event *event;
      uint32_t seq;
    } event;
    struct {
      CUhostFn fn;
      void *data;
    } host;
    struct graph_exec *exec;
    void *address;
  };
};

/* Whether the op could be finished right now in the caller, the stream being idle. */
bool op_is_immediate(const struct op *op);

/* What the op does at the end of its service time, at `when` ns of CLOCK_MONOTONIC. */
void op_finish(const struct op *op, uint64_t when);

/* Moves the copy's bytes, at most CUDASIM_MOVE_BYTES of them. */
void copy_move(const struct copy *copy);

/* Reads the source's bytes (as many as copy_move moves) now; NULL when there is no memory for them. */
void *copy_stage(const struct copy *copy);

#endif
