/* cudasim, a simulated test device: the runtime's streams, events, graphs and waiting. */
#include "entry.h"

/* Calls the driver function with the arguments as they are, as a thread that has a context. */
#define ONE(NAME, DRIVER, PARAMETERS, ARGUMENTS) \
  EXPORT cudaError_t NAME PARAMETERS {           \
    RETURN_UNLESS_ATTACHED();                    \
    return result(DRIVER ARGUMENTS);             \
  }
#define BOTH(NAME, DRIVER, PARAMETERS, ARGUMENTS) \
  ONE(NAME, DRIVER, PARAMETERS, ARGUMENTS)        \
  ONE(NAME##_ptsz, DRIVER##_ptsz, PARAMETERS, ARGUMENTS)

ONE(cudaStreamCreate, cuStreamCreate, (cudaStream_t * out), (out, 0))
ONE(cudaStreamCreateWithFlags, cuStreamCreate, (cudaStream_t * out, unsigned int flags), (out, flags))
ONE(cudaStreamCreateWithPriority, cuStreamCreateWithPriority, (cudaStream_t * out, unsigned int flags, int priority),
    (out, flags, priority))
ONE(cudaStreamDestroy, cuStreamDestroy_v2, (cudaStream_t stream), (stream))
BOTH(cudaStreamSynchronize, cuStreamSynchronize, (cudaStream_t stream), (stream))
BOTH(cudaStreamQuery, cuStreamQuery, (cudaStream_t stream), (stream))
BOTH(cudaStreamWaitEvent, cuStreamWaitEvent, (cudaStream_t stream, cudaEvent_t event, unsigned int flags),
     (stream, event, flags))

/* cuStreamBeginCapture_v2 has its suffix before the variant's. */
ONE(cudaStreamBeginCapture, cuStreamBeginCapture_v2, (cudaStream_t stream, int mode), (stream, mode))
ONE(cudaStreamBeginCapture_ptsz, cuStreamBeginCapture_v2_ptsz, (cudaStream_t stream, int mode), (stream, mode))
BOTH(cudaStreamEndCapture, cuStreamEndCapture, (cudaStream_t stream, cudaGraph_t *out), (stream, out))
BOTH(cudaStreamIsCapturing, cuStreamIsCapturing, (cudaStream_t stream, int *status), (stream, status))

ONE(cudaEventCreate, cuEventCreate, (cudaEvent_t * out), (out, 0))
ONE(cudaEventCreateWithFlags, cuEventCreate, (cudaEvent_t * out, unsigned int flags), (out, flags))
ONE(cudaEventDestroy, cuEventDestroy_v2, (cudaEvent_t event), (event))
BOTH(cudaEventRecord, cuEventRecord, (cudaEvent_t event, cudaStream_t stream), (event, stream))
BOTH(cudaEventRecordWithFlags, cuEventRecordWithFlags, (cudaEvent_t event, cudaStream_t stream, unsigned int flags),
     (event, stream, flags))
ONE(cudaEventQuery, cuEventQuery, (cudaEvent_t event), (event))
ONE(cudaEventSynchronize, cuEventSynchronize, (cudaEvent_t event), (event))
ONE(cudaEventElapsedTime, cuEventElapsedTime_v2, (float *milliseconds, cudaEvent_t start, cudaEvent_t end),
    (milliseconds, start, end))

ONE(cudaGraphCreate, cuGraphCreate, (cudaGraph_t * out, unsigned int flags), (out, flags))
ONE(cudaGraphDestroy, cuGraphDestroy, (cudaGraph_t graph), (graph))
ONE(cudaGraphInstantiate, cuGraphInstantiateWithFlags,
    (cudaGraphExec_t * out, cudaGraph_t graph, unsigned long long flags), (out, graph, flags))
ONE(cudaGraphInstantiateWithFlags, cuGraphInstantiateWithFlags,
    (cudaGraphExec_t * out, cudaGraph_t graph, unsigned long long flags), (out, graph, flags))
ONE(cudaGraphExecDestroy, cuGraphExecDestroy, (cudaGraphExec_t exec), (exec))
BOTH(cudaGraphLaunch, cuGraphLaunch, (cudaGraphExec_t exec, cudaStream_t stream), (exec, stream))

EXPORT cudaError_t cudaDeviceSynchronize(void) {
  RETURN_UNLESS_ATTACHED();
  return result(cuCtxSynchronize());
}
