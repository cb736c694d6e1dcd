/* cudasim, a simulated test device: the thread that plays the device for one stream. */
#ifndef CUDASIM_WORKER_H
#define CUDASIM_WORKER_H

#include <stdbool.h>

struct stream;

/* Allocates the stream's queue and starts its thread, named "cudasim-stream<id>". Aborts the process with a line on stderr
 * when the system refuses, since the real library has no error for it. */
bool worker_start(struct stream *stream);

/* Called by the worker when it has seen OP_CLOSE: the stream's slot may be used again. */
void stream_release(struct stream *stream);

#endif
