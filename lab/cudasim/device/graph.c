/* cudasim, a simulated test device: see graph.h. */
#include "graph.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "slots.h"

struct graph {
  _Atomic int live;
  size_t count, room;
  struct op *ops;
};

struct graph_exec {
  _Atomic int live;
  _Atomic uint32_t references;
  uint64_t service_ns;
  size_t count;
  struct op *ops;
};

static struct graph graphs[1024];
static struct graph_exec execs[1024];
static struct slots graph_table = SLOTS(graphs), exec_table = SLOTS(execs);

struct graph *graph_create(void) {
  struct graph *graph = slots_take(&graph_table);
  if (graph == NULL) return NULL;
  graph->count = 0;
  graph->live = 1;
  return graph;
}

void graph_append(struct graph *graph, const struct op *op) {
  if (op->kind != OP_KERNEL && op->kind != OP_COPY && op->kind != OP_SET && op->kind != OP_HOST) return;
  if (graph->count == graph->room) {
    size_t room = graph->room ? graph->room * 2 : 64;
    struct op *grown = realloc(graph->ops, room * sizeof *grown);
    if (grown == NULL) return;
    graph->ops = grown;
    graph->room = room;
  }
  graph->ops[graph->count++] = *op;
}

void graph_destroy(struct graph *graph) {
  if (atomic_exchange(&graph->live, 0)) slots_give(&graph_table, graph);
}

struct graph *graph_of(CUgraph handle) {
  struct graph *graph = (struct graph *)handle;
  return slots_holds(&graph_table, graph) && graph->live ? graph : NULL;
}

struct graph_exec *graph_instantiate(const struct graph *graph) {
  struct graph_exec *exec = slots_take(&exec_table);
  if (exec == NULL) return NULL;
  exec->count = graph->count;
  exec->service_ns = config.graph_ns;
  exec->ops = malloc((graph->count + 1) * sizeof *exec->ops);
  if (exec->ops == NULL) exec->count = 0;
  for (size_t i = 0; i < exec->count; i++) {
    exec->ops[i] = graph->ops[i];
    exec->service_ns += graph->ops[i].service_ns;
  }
  exec->references = 1;
  exec->live = 1;
  return exec;
}

static void release(struct graph_exec *exec) {
  if (atomic_fetch_sub(&exec->references, 1) != 1) return;
  free(exec->ops);
  slots_give(&exec_table, exec);
}

void graph_exec_destroy(struct graph_exec *exec) {
  if (atomic_exchange(&exec->live, 0)) release(exec);
}

struct graph_exec *graph_exec_of(CUgraphExec handle) {
  struct graph_exec *exec = (struct graph_exec *)handle;
  return slots_holds(&exec_table, exec) && exec->live ? exec : NULL;
}

struct op graph_launch_op(struct graph_exec *exec) {
  atomic_fetch_add(&exec->references, 1);
  return (struct op){.kind = OP_GRAPH, .service_ns = exec->service_ns, .exec = exec};
}

void graph_exec_finish(struct graph_exec *exec) {
  for (size_t i = 0; i < exec->count; i++) op_finish(&exec->ops[i], 0);
  release(exec);
}
