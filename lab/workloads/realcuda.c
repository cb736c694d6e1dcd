/* Loads the real CUDA runtime library of a given path and makes a fixed number of calls. Without a GPU every one fails, but
 * is a call. Prints counts and return codes as one JSON line. Uses nothing of the simulated device. */
#include <dlfcn.h>

#include "cuda.h"
#include "options.h"

enum { LAUNCHES = 23, COPIES = 17, ALLOCS = 5, SYNCS = 3, MOST_CODES = 8 };

static const char *path = "/usr/local/cuda/lib64/libcudart.so";

static const struct option options[] = {
    {"--cudart", NULL, &path, 0, "the library (/usr/local/cuda/lib64/libcudart.so)"},
    {NULL, NULL, NULL, 0, NULL},
};

/* How often a call was made, and how often it returned which code. */
struct tally {
  const char *op;
  int calls, codes[MOST_CODES], times[MOST_CODES], kinds;
};

static void count(struct tally *t, int code) {
  int i = 0;
  while (i < t->kinds && t->codes[i] != code) i++;
  if (i == MOST_CODES) i--;
  if (i == t->kinds) t->codes[t->kinds++] = code;
  t->times[i]++;
  t->calls++;
}

static void print(const struct tally *t, int first) {
  printf("%s\"%s\":{\"calls\":%d,\"ret\":{", first ? "" : ",", t->op, t->calls);
  for (int i = 0; i < t->kinds; i++) printf("%s\"%d\":%d", i ? "," : "", t->codes[i], t->times[i]);
  printf("}}");
}

static void *find(void *library, const char *name) {
  void *symbol = dlsym(library, name);
  if (symbol != NULL) return symbol;
  fprintf(stderr, "realcuda: %s has no symbol %s; is it a CUDA runtime library?\n", path, name);
  exit(1);
}

int main(int argc, char **argv) {
  read_options(argc, argv, "realcuda: makes a fixed number of calls into a real libcudart", options);
  void *library = dlopen(path, RTLD_NOW);
  if (library == NULL) {
    fprintf(stderr, "realcuda: cannot load %s: %s; give the path of a libcudart with --cudart\n", path, dlerror());
    return 1;
  }
  __typeof__(&cudaGetDeviceCount) get_device_count = find(library, "cudaGetDeviceCount");
  __typeof__(&cudaMalloc) allocate = find(library, "cudaMalloc");
  __typeof__(&cudaLaunchKernel) launch = find(library, "cudaLaunchKernel");
  __typeof__(&cudaMemcpy) copy = find(library, "cudaMemcpy");
  __typeof__(&cudaDeviceSynchronize) synchronize = find(library, "cudaDeviceSynchronize");
  struct tally tallies[] = {{.op = "cudaGetDeviceCount"}, {.op = "cudaMalloc"}, {.op = "cudaLaunchKernel"},
                            {.op = "cudaMemcpy"}, {.op = "cudaDeviceSynchronize"}};
  int devices = 0;
  char from[64] = "", to[64];
  void *address = NULL;
  count(&tallies[0], get_device_count(&devices));
  for (int i = 0; i < ALLOCS; i++) count(&tallies[1], allocate(&address, 4096 + (size_t)i));
  for (int i = 0; i < LAUNCHES; i++)
    count(&tallies[2], launch((void *)main, (dim3){(unsigned)i + 1, 1, 1}, (dim3){32, 1, 1}, NULL, 0, NULL));
  for (int i = 0; i < COPIES; i++) count(&tallies[3], copy(to, from, sizeof to, cudaMemcpyHostToDevice));
  for (int i = 0; i < SYNCS; i++) count(&tallies[4], synchronize());
  printf("{\"library\":\"%s\",\"devices\":%d,\"counts\":{", path, devices);
  for (int i = 0; i < 5; i++) print(&tallies[i], i == 0);
  printf("}}\n");
  return 0;
}
