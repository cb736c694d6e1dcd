/* Makes exactly the calls that its options ask for, with known arguments, on the simulated test device, and writes its own
 * truth: one JSON line a call, then one summary line. Every number is per thread. Knows nothing of what records it. */
#include <pthread.h>

#include "cuda.h"
#include "options.h"
#include "truth.h"

static long launches = 23, copies = 17, syncs, allocs, fails, threads = 1, nested, recurse, start_delay_ms, linger_ms;
static long interval_us;
static const char *out_path = "-";

static const struct option options[] = {
    {"--launches", &launches, NULL, 0, "cudaLaunchKernel calls per thread (23)"},
    {"--copies", &copies, NULL, 0, "cudaMemcpyAsync calls per thread, of 1000+i bytes (17)"},
    {"--syncs", &syncs, NULL, 0, "cudaStreamSynchronize calls per thread (0)"},
    {"--allocs", &allocs, NULL, 0, "cudaMalloc and cudaFree pairs per thread (0)"},
    {"--fail", &fails, NULL, 0, "further calls per thread that fail, of five kinds in turn (0)"},
    {"--nested", &nested, NULL, 1, "one cudaLaunchHostFunc per thread whose callback launches and copies within the call"},
    {"--recurse", &recurse, NULL, 0, "depth to which a cudaLaunchHostFunc callback calls cudaLaunchHostFunc again (0)"},
    {"--threads", &threads, NULL, 0, "threads that make these calls at the same time (1)"},
    {"--interval-us", &interval_us, NULL, 0, "pause between calls, microseconds (0)"},
    {"--start-delay-ms", &start_delay_ms, NULL, 0, "pause before the first call (0)"},
    {"--linger-ms", &linger_ms, NULL, 0, "pause after the last call, before the process ends (0)"},
    {"--out", NULL, &out_path, 0, "file for the truth, - for standard output (-)"},
    {NULL, NULL, NULL, 0, NULL},
};

/* What one thread works with. */
struct worker {
  pthread_t thread;
  struct truth truth;
  int index;
  long recursion_left;
  void *device;
  cudaStream_t stream;
  char host[65536];
};

static pthread_barrier_t all_ready;
static char kernels[16];

static void pause_us(long us) {
  struct timespec t = {us / 1000000, us % 1000000 * 1000};
  if (us > 0) nanosleep(&t, NULL);
}

/* Launch i: grid (i+1, 2, 3), block (32, index+1, 1), i bytes of shared memory, kernel i modulo 3. */
static void launch(struct worker *w, long i) {
  dim3 grid = {(unsigned)i + 1, 2, 3}, block = {32, (unsigned)w->index % 32 + 1, 1};
  const void *kernel = &kernels[i % 3];
  CALL(&w->truth, cudaLaunchKernel, cudaLaunchKernel(kernel, grid, block, NULL, (size_t)i, w->stream),
       "\"func\":%llu,\"grid_x\":%u,\"grid_y\":2,\"grid_z\":3,\"block_x\":32,\"block_y\":%u,\"block_z\":1,"
       "\"shared_bytes\":%ld,\"stream\":%llu",
       (unsigned long long)(size_t)kernel, grid.x, block.y, i, (unsigned long long)(size_t)w->stream);
}

static void copy(struct worker *w, long i) {
  size_t bytes = 1000 + (size_t)i % 60000;
  CALL(&w->truth, cudaMemcpyAsync, cudaMemcpyAsync(w->device, w->host, bytes, cudaMemcpyHostToDevice, w->stream),
       "\"dst\":%llu,\"src\":%llu,\"bytes\":%zu,\"kind\":1,\"stream\":%llu", (unsigned long long)(size_t)w->device,
       (unsigned long long)(size_t)w->host, bytes, (unsigned long long)(size_t)w->stream);
}

static void allocate(struct worker *w, long i) {
  size_t bytes = 4096 + (size_t)i;
  void *address = NULL;
  CALL(&w->truth, cudaMalloc, cudaMalloc(&address, bytes), "\"bytes\":%zu,\"address\":%llu", bytes,
       (unsigned long long)(size_t)address);
  CALL(&w->truth, cudaFree, cudaFree(address), "\"address\":%llu", (unsigned long long)(size_t)address);
}

/* Results: 2 out of memory, 21 bad direction, 101 bad device, 1 not an allocation, 9 block too large. */
static void fail(struct worker *w, long i) {
  void *address = NULL;
  switch (i % 5) {
    case 0:
      CALL(&w->truth, cudaMalloc, cudaMalloc(&address, (size_t)1 << 50), "\"bytes\":%zu", (size_t)1 << 50);
      return;
    case 1:
      CALL(&w->truth, cudaMemcpy, cudaMemcpy(w->device, w->host, 64, 9), "\"bytes\":64,\"kind\":9");
      return;
    case 2:
      CALL(&w->truth, cudaSetDevice, cudaSetDevice(99), "\"device\":99");
      return;
    case 3:
      CALL(&w->truth, cudaFree, cudaFree(w->host), "\"address\":%llu", (unsigned long long)(size_t)w->host);
      return;
    default:
      CALL(&w->truth, cudaLaunchKernel,
           cudaLaunchKernel(kernels, (dim3){1, 1, 1}, (dim3){2048, 1, 1}, NULL, 0, w->stream), "\"grid_x\":1,\"block_x\":2048");
  }
}

static void host_func(struct worker *w, cudaHostFn_t fn) {
  CALL(&w->truth, cudaLaunchHostFunc, cudaLaunchHostFunc(w->stream, fn, w), "\"stream\":%llu",
       (unsigned long long)(size_t)w->stream);
}

static void launch_and_copy(void *data) {
  launch(data, 1000);
  copy(data, 1000);
}

static void recurse_or_launch(void *data) {
  struct worker *w = data;
  if (--w->recursion_left > 0)
    host_func(w, recurse_or_launch);
  else
    launch(w, 2000);
}

/* The kinds of call take turns, so that they mix. */
static void make_calls(struct worker *w) {
  long most = launches;
  if (copies > most) most = copies;
  if (syncs > most) most = syncs;
  if (allocs > most) most = allocs;
  if (fails > most) most = fails;
  for (long i = 0; i < most; i++) {
    if (i < launches) launch(w, i);
    if (i < copies) copy(w, i);
    if (i < allocs) allocate(w, i);
    if (i < fails) fail(w, i);
    if (i < syncs)
      CALL(&w->truth, cudaStreamSynchronize, cudaStreamSynchronize(w->stream), "\"stream\":%llu",
           (unsigned long long)(size_t)w->stream);
    pause_us(interval_us);
  }
  if (nested) host_func(w, launch_and_copy);
  w->recursion_left = recurse;
  if (recurse > 0) host_func(w, recurse_or_launch);
}

static void *work(void *argument) {
  struct worker *w = argument;
  w->truth.tid = own_tid();
  CALL(&w->truth, cudaMalloc, cudaMalloc(&w->device, 1 << 20), "\"bytes\":%d,\"address\":%llu", 1 << 20,
       (unsigned long long)(size_t)w->device);
  CALL(&w->truth, cudaStreamCreate, cudaStreamCreate(&w->stream), "\"stream\":%llu", (unsigned long long)(size_t)w->stream);
  pthread_barrier_wait(&all_ready);
  make_calls(w);
  CALL(&w->truth, cudaStreamSynchronize, cudaStreamSynchronize(w->stream), "\"stream\":%llu",
       (unsigned long long)(size_t)w->stream);
  return NULL;
}

/* Counts by name over all threads; `failed` those with a result other than 0. */
static void write_summary(const struct worker *workers, FILE *to) {
  static const char *const ops[] = {"cudaLaunchKernel", "cudaMemcpyAsync", "cudaMemcpy", "cudaMalloc", "cudaFree",
                                    "cudaSetDevice", "cudaStreamCreate", "cudaStreamSynchronize", "cudaLaunchHostFunc"};
  size_t total = 0, failed = 0;
  fprintf(to, "{\"summary\":{\"pid\":%d,\"threads\":%ld,\"counts\":{", (int)getpid(), threads);
  for (size_t k = 0; k < sizeof ops / sizeof *ops; k++) {
    size_t count = 0;
    for (long t = 0; t < threads; t++)
      for (size_t i = 0; i < workers[t].truth.count; i++)
        if (strcmp(workers[t].truth.rows[i].op, ops[k]) == 0) {
          count++;
          failed += workers[t].truth.rows[i].ret != 0;
        }
    fprintf(to, "%s\"%s\":%zu", k ? "," : "", ops[k], count);
    total += count;
  }
  fprintf(to, "},\"total\":%zu,\"failed\":%zu,\"device\":\"%s\"}}\n", total, failed, cudaSimVersion());
}

int main(int argc, char **argv) {
  read_options(argc, argv, "counted: makes an exact number of CUDA calls on the simulated test device", options);
  if (threads < 1) threads = 1;
  /* Not overriding what the caller set: no service times, and callbacks that run within the call. */
  setenv("CUDASIM_KERNEL_US", "0", 0);
  setenv("CUDASIM_COPY_LATENCY_US", "0", 0);
  setenv("CUDASIM_PINNED_GBPS", "0", 0);
  setenv("CUDASIM_HOST_FUNC", "inline", 0);
  pause_us(start_delay_ms * 1000);
  FILE *to = strcmp(out_path, "-") == 0 ? stdout : fopen(out_path, "w");
  if (to == NULL) {
    perror(out_path);
    return 1;
  }
  struct worker *workers = calloc((size_t)threads, sizeof *workers);
  pthread_barrier_init(&all_ready, NULL, (unsigned)threads);
  for (long t = 0; t < threads; t++) {
    workers[t].index = (int)t;
    /* Thread 0 is the main thread. */
    if (t > 0) pthread_create(&workers[t].thread, NULL, work, &workers[t]);
  }
  work(&workers[0]);
  for (long t = 1; t < threads; t++) pthread_join(workers[t].thread, NULL);
  for (long t = 0; t < threads; t++) truth_write(&workers[t].truth, to);
  write_summary(workers, to);
  if (fflush(to) != 0) perror(out_path);
  pause_us(linger_ms * 1000);
  return 0;
}
