/* cudasim, a simulated test device: captured graphs. A graph is the list of ops in the order of capture; launched, it is one
 * op that takes the sum of their times. Event records and waits within a capture are ignored. */
#ifndef CUDASIM_GRAPH_H
#define CUDASIM_GRAPH_H

#include "op.h"

struct graph;
struct graph_exec;

struct graph *graph_create(void);
void graph_append(struct graph *graph, const struct op *op);
void graph_destroy(struct graph *graph);
struct graph *graph_of(CUgraph handle);

struct graph_exec *graph_instantiate(const struct graph *graph);
void graph_exec_destroy(struct graph_exec *exec);
struct graph_exec *graph_exec_of(CUgraphExec handle);

/* The op of one launch; graph_exec_finish ends it. */
struct op graph_launch_op(struct graph_exec *exec);
void graph_exec_finish(struct graph_exec *exec);

#endif
