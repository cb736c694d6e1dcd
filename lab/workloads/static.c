/* A program with the real CUDA runtime linked into it (libcudart_static.a of the toolkit): no libcudart is mapped. Makes a
 * fixed number of calls, which fail without a GPU, and prints them as one JSON line. */
#include <unistd.h>

#include "cuda.h"
#include "options.h"

static long calls = 7, linger_ms;

static const struct option options[] = {
    {"--calls", &calls, NULL, 0, "cudaMalloc calls (7)"},
    {"--linger-ms", &linger_ms, NULL, 0, "pause after the last call (0)"},
    {NULL, NULL, NULL, 0, NULL},
};

int main(int argc, char **argv) {
  read_options(argc, argv, "static: makes calls into a statically linked CUDA runtime", options);
  int devices = 0, count_code = cudaGetDeviceCount(&devices), code = 0;
  for (long i = 0; i < calls; i++) {
    void *address = NULL;
    code = cudaMalloc(&address, 4096);
  }
  printf("{\"pid\":%d,\"devices\":%d,\"counts\":{\"cudaGetDeviceCount\":1,\"cudaMalloc\":%ld},", (int)getpid(), devices, calls);
  printf("\"ret\":{\"cudaGetDeviceCount\":%d,\"cudaMalloc\":%d}}\n", count_code, code);
  fflush(stdout);
  usleep((useconds_t)linger_ms * 1000);
  return 0;
}
