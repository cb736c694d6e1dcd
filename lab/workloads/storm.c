/* Makes cheap calls at a fixed rate on the simulated test device, on an absolute schedule (a late call does not move the
 * next one), and prints the exact number made of each as one JSON line. Knows nothing of what records it. */
#include <pthread.h>
#include <sys/resource.h>

#include "cuda.h"
#include "options.h"
#include "truth.h"

static long rate = 500000, seconds = 10, milliseconds, threads = 1, start_delay_ms, linger_ms;
static const char *api = "runtime";

static const struct option options[] = {
    {"--rate", &rate, NULL, 0, "calls a second, of all threads together; 0 = as fast as possible (500000)"},
    {"--seconds", &seconds, NULL, 0, "how long (10)"},
    {"--ms", &milliseconds, NULL, 0, "how long in milliseconds, instead of --seconds"},
    {"--threads", &threads, NULL, 0, "calling threads; each keeps a CPU busy (1)"},
    {"--api", NULL, &api, 0, "runtime: each call contains one driver call; driver: driver calls only (runtime)"},
    {"--start-delay-ms", &start_delay_ms, NULL, 0, "pause before the first call (0)"},
    {"--linger-ms", &linger_ms, NULL, 0, "pause after the last call (0)"},
    {NULL, NULL, NULL, 0, NULL},
};

enum { QUERY, LAUNCH, COPY, KINDS };
static const char *const names[2][KINDS] = {{"cudaEventQuery", "cudaLaunchKernel", "cudaMemcpyAsync"},
                                            {"cuEventQuery", "cuLaunchKernel", "cuMemcpyHtoDAsync_v2"}};

struct worker {
  pthread_t thread;
  long index;
  unsigned long long made[KINDS], failed, cpu_ns;
  int tid;
};

static pthread_barrier_t all_ready;
static uint64_t begin_ns, end_ns;
static int use_driver;
static cudaEvent_t event;
static void *device;
static CUfunction driver_kernel;
static char kernel, host[4096];

static int make_call(int kind) {
  if (use_driver) {
    if (kind == QUERY) return cuEventQuery(event);
    if (kind == LAUNCH) return cuLaunchKernel(driver_kernel, 1, 1, 1, 32, 1, 1, 0, NULL, NULL, NULL);
    return cuMemcpyHtoDAsync_v2((CUdeviceptr)(size_t)device, host, 256, NULL);
  }
  if (kind == QUERY) return cudaEventQuery(event);
  if (kind == LAUNCH) return cudaLaunchKernel(&kernel, (dim3){1, 1, 1}, (dim3){32, 1, 1}, NULL, 0, NULL);
  return cudaMemcpyAsync(device, host, 256, cudaMemcpyHostToDevice, NULL);
}

/* Of every 16 calls: 9 queries, 5 launches, 2 copies. */
static int kind_of(unsigned long long i) {
  static const unsigned char mix[16] = {QUERY, LAUNCH, QUERY, QUERY, LAUNCH, QUERY, COPY, QUERY,
                                        LAUNCH, QUERY, QUERY, LAUNCH, QUERY, COPY, LAUNCH, QUERY};
  return mix[i % 16];
}

static void *work(void *argument) {
  struct worker *w = argument;
  w->tid = own_tid();
  cudaSetDevice(0);
  pthread_barrier_wait(&all_ready);
  double step = rate > 0 ? 1e9 / (double)rate * (double)threads : 0;
  double offset = rate > 0 ? 1e9 / (double)rate * (double)w->index : 0;
  for (unsigned long long i = 0;; i++) {
    uint64_t due = begin_ns + (uint64_t)(offset + step * (double)i), now = now_ns();
    if (rate > 0 && due >= end_ns) break;
    if (now >= end_ns) break;
    while (now < due) now = now_ns();
    int kind = kind_of(i);
    w->failed += make_call(kind) != 0;
    w->made[kind]++;
  }
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  w->cpu_ns = (unsigned long long)t.tv_sec * 1000000000u + (unsigned long long)t.tv_nsec;
  return NULL;
}

/* Everything that is made once, and the first launch (which loads the kernel), before the schedule begins. */
static int prepare(void) {
  CUcontext context;
  CUmodule module;
  if (cudaSetDevice(0) || cudaMalloc(&device, sizeof host) || cudaEventCreate(&event) || cudaEventRecord(event, NULL)) return 1;
  if (!use_driver) return 0;
  return cuInit(0) || cuDevicePrimaryCtxRetain(&context, 0) || cuCtxSetCurrent(context) || cuModuleLoadData(&module, host) ||
         cuModuleGetFunction(&driver_kernel, module, "storm");
}

static double cpu_seconds(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec / 1e6; }

static void report(const struct worker *workers) {
  unsigned long long made[KINDS] = {0}, total = 0, failed = 0;
  for (long t = 0; t < threads; t++) {
    failed += workers[t].failed;
    for (int k = 0; k < KINDS; k++) made[k] += workers[t].made[k];
  }
  printf("{\"pid\":%d,\"api\":\"%s\",\"threads\":%ld,\"counts\":{", (int)getpid(), api, threads);
  for (int k = 0; k < KINDS; k++) {
    printf("%s\"%s\":%llu", k ? "," : "", names[use_driver][k], made[k]);
    total += made[k];
  }
  double wall = (double)(end_ns - begin_ns) / 1e9;
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  printf("},\"total\":%llu,\"nested_driver_calls\":%llu,\"failed\":%llu,", total, use_driver ? 0 : total, failed);
  printf("\"rate_wanted\":%ld,\"rate\":%.0f,\"seconds\":%.3f,", rate, (double)total / wall, wall);
  printf("\"cpu_user_s\":%.3f,\"cpu_system_s\":%.3f,", cpu_seconds(usage.ru_utime), cpu_seconds(usage.ru_stime));
  printf("\"start_ns\":%llu,\"end_ns\":%llu,", (unsigned long long)begin_ns, (unsigned long long)end_ns);
  printf("\"device\":\"%s\"}\n", cudaSimVersion());
  fflush(stdout);
}

int main(int argc, char **argv) {
  read_options(argc, argv, "storm: makes CUDA calls at a fixed rate on the simulated test device", options);
  use_driver = strcmp(api, "driver") == 0;
  if (!use_driver && strcmp(api, "runtime") != 0) {
    fprintf(stderr, "storm: --api %s is neither runtime nor driver\n", api);
    return 2;
  }
  if (threads < 1) threads = 1;
  const char *const instant[] = {"CUDASIM_KERNEL_US", "CUDASIM_COPY_LATENCY_US", "CUDASIM_PINNED_GBPS", "CUDASIM_PAGEABLE_GBPS"};
  for (size_t i = 0; i < sizeof instant / sizeof *instant; i++) setenv(instant[i], "0", 1);
  usleep((useconds_t)start_delay_ms * 1000);
  if (prepare() != 0) {
    fprintf(stderr, "storm: the device refused the preparation: %s\n", cudaGetErrorString(cudaGetLastError()));
    return 1;
  }
  struct worker *workers = calloc((size_t)threads, sizeof *workers);
  pthread_barrier_init(&all_ready, NULL, (unsigned)threads + 1);
  for (long t = 0; t < threads; t++) {
    workers[t].index = t;
    pthread_create(&workers[t].thread, NULL, work, &workers[t]);
  }
  begin_ns = now_ns() + 5000000;
  end_ns = begin_ns + (uint64_t)(milliseconds > 0 ? milliseconds * 1000000 : seconds * 1000000000);
  pthread_barrier_wait(&all_ready);
  for (long t = 0; t < threads; t++) pthread_join(workers[t].thread, NULL);
  report(workers);
  usleep((useconds_t)linger_ms * 1000);
  return 0;
}
