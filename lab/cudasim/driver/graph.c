/* cudasim, a simulated test device: the driver's graphs. */
#include "../device/graph.h"

#include "../device/clock.h"
#include "entry.h"

EXPORT CUresult cuGraphCreate(CUgraph *out, unsigned int flags) {
  RETURN_UNLESS_READY();
  if (out == NULL || flags != 0) return INVALID_VALUE;
  *out = (CUgraph)graph_create();
  return *out != NULL ? OK : OUT_OF_MEMORY;
}

EXPORT CUresult cuGraphDestroy(CUgraph handle) {
  RETURN_UNLESS_READY();
  struct graph *graph = graph_of(handle);
  if (graph == NULL) return INVALID_VALUE;
  graph_destroy(graph);
  return OK;
}

EXPORT CUresult cuGraphInstantiateWithFlags(CUgraphExec *out, CUgraph handle, unsigned long long flags) {
  RETURN_UNLESS_READY();
  struct graph *graph = graph_of(handle);
  if (out == NULL || graph == NULL || flags > 15) return INVALID_VALUE;
  clock_burn(config.instantiate_ns);
  *out = (CUgraphExec)graph_instantiate(graph);
  return *out != NULL ? OK : OUT_OF_MEMORY;
}

EXPORT CUresult cuGraphExecDestroy(CUgraphExec handle) {
  RETURN_UNLESS_READY();
  struct graph_exec *exec = graph_exec_of(handle);
  if (exec == NULL) return INVALID_VALUE;
  graph_exec_destroy(exec);
  return OK;
}

INLINE CUresult launch(enum variant variant, CUgraphExec handle, CUstream stream_handle) {
  RETURN_UNLESS_READY();
  struct graph_exec *exec = graph_exec_of(handle);
  struct stream *stream = stream_of(stream_handle, variant);
  if (exec == NULL) return INVALID_VALUE;
  if (stream == NULL) return INVALID_HANDLE;
  if (stream->capture != NULL) return CAPTURE_UNSUPPORTED;
  clock_burn(config.launch_ns);
  struct op op = graph_launch_op(exec);
  stream_submit(stream, &op);
  return OK;
}

DEFINE_BOTH(cuGraphLaunch, _ptsz, launch, (CUgraphExec exec, CUstream stream), (exec, stream))
