/* Tries one property of the simulated test device, named by the first argument, and prints what it saw as one JSON object;
 * cudasim.test.ts sets the CUDASIM_* variables and judges. Times are milliseconds. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi.h"
#include "driver/driver.h"

cudaError_t cudaMalloc(void **, size_t);
cudaError_t cudaMallocAsync(void **, size_t, cudaStream_t);
cudaError_t cudaMallocHost(void **, size_t);
cudaError_t cudaFree(void *);
cudaError_t cudaFreeHost(void *);
cudaError_t cudaMemcpy(void *, const void *, size_t, int);
cudaError_t cudaMemcpyAsync(void *, const void *, size_t, int, cudaStream_t);
cudaError_t cudaMemcpy2D(void *, size_t, const void *, size_t, size_t, size_t, int);
cudaError_t cudaMemset(void *, int, size_t);
cudaError_t cudaLaunchKernel(const void *, dim3, dim3, void **, size_t, cudaStream_t);
cudaError_t cudaLaunchKernel_ptsz(const void *, dim3, dim3, void **, size_t, cudaStream_t);
cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t *, const void *, void **);
cudaError_t cudaStreamCreate(cudaStream_t *);
cudaError_t cudaStreamDestroy(cudaStream_t);
cudaError_t cudaStreamSynchronize(cudaStream_t);
cudaError_t cudaStreamSynchronize_ptsz(cudaStream_t);
cudaError_t cudaStreamWaitEvent(cudaStream_t, cudaEvent_t, unsigned int);
cudaError_t cudaStreamBeginCapture(cudaStream_t, int);
cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t *);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t *, cudaGraph_t, unsigned long long);
cudaError_t cudaGraphLaunch(cudaGraphExec_t, cudaStream_t);
cudaError_t cudaDeviceSynchronize(void);
cudaError_t cudaEventCreate(cudaEvent_t *);
cudaError_t cudaEventRecord(cudaEvent_t, cudaStream_t);
cudaError_t cudaEventQuery(cudaEvent_t);
cudaError_t cudaEventElapsedTime(float *, cudaEvent_t, cudaEvent_t);
cudaError_t cudaSetDevice(int);
cudaError_t cudaGetLastError(void);
cudaError_t cudaGetDeviceProperties(void *, int);
const char *cudaSimVersion(void);

static char kernels[8];

static double clock_ms(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Milliseconds that the statement takes. */
#define TIMED(STATEMENT)                            \
  __extension__({                                   \
    double start_ = clock_ms(CLOCK_MONOTONIC);      \
    STATEMENT;                                      \
    clock_ms(CLOCK_MONOTONIC) - start_;             \
  })

static int launch_on(int kernel, cudaStream_t stream) {
  return cudaLaunchKernel(&kernels[kernel], (dim3){1, 1, 1}, (dim3){32, 1, 1}, NULL, 0, stream);
}

static void queue(void) {
  printf("{\"launch_ms\":[");
  for (int i = 0; i < 8; i++) printf("%s%.3f", i ? "," : "", TIMED(launch_on(0, NULL)));
  printf("]}\n");
}

static void *launch_two(void *unused) {
  launch_on(0, NULL);
  launch_on(1, NULL);
  return unused;
}

static void lazy(void) {
  cudaSetDevice(0);
  double first = TIMED(launch_on(2, NULL)), second = TIMED(launch_on(2, NULL));
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, launch_two, NULL);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  printf("{\"first_ms\":%.3f,\"second_ms\":%.3f,\"kernels\":3,\"loads\":%llu}\n", first, second, cuSimKernelLoads());
}

static void copy(void) {
  static char pageable[8 << 20];
  size_t bytes = sizeof pageable;
  void *device, *pinned;
  cudaMalloc(&device, bytes);
  cudaMallocHost(&pinned, bytes);
  double slow = TIMED(cudaMemcpy(device, pageable, bytes, COPY_HOST_TO_DEVICE));
  double fast = TIMED(cudaMemcpy(device, pinned, bytes, COPY_HOST_TO_DEVICE));
  double back_slow = TIMED(cudaMemcpy(pageable, device, bytes, COPY_DEVICE_TO_HOST));
  double back_fast = TIMED(cudaMemcpy(pinned, device, bytes, COPY_DEVICE_TO_HOST));
  double async_slow = TIMED(cudaMemcpyAsync(device, pageable, bytes, COPY_HOST_TO_DEVICE, NULL));
  double async_fast = TIMED(cudaMemcpyAsync(device, pinned, bytes, COPY_HOST_TO_DEVICE, NULL));
  printf("{\"pageable_ms\":%.3f,\"pinned_ms\":%.3f,\"back_pageable_ms\":%.3f,\"back_pinned_ms\":%.3f,", slow, fast, back_slow,
         back_fast);
  printf("\"async_pageable_ms\":%.3f,\"async_pinned_ms\":%.3f}\n", async_slow, async_fast);
}

static void sync_cpu(void) {
  launch_on(0, NULL);
  double cpu = clock_ms(CLOCK_THREAD_CPUTIME_ID), wall = TIMED(cudaStreamSynchronize(NULL));
  printf("{\"wall_ms\":%.3f,\"cpu_ms\":%.3f}\n", wall, clock_ms(CLOCK_THREAD_CPUTIME_ID) - cpu);
}

static void drain(void) {
  void *first, *second, *third;
  cudaMalloc(&first, 4096);
  launch_on(0, NULL);
  cudaDeviceSynchronize();
  launch_on(0, NULL);
  double ordered = TIMED(cudaMallocAsync(&third, 4096, NULL)), alloc = TIMED(cudaMalloc(&second, 4096));
  launch_on(0, NULL);
  printf("{\"malloc_async_ms\":%.3f,\"malloc_ms\":%.3f,\"free_ms\":%.3f}\n", ordered, alloc, TIMED(cudaFree(first)));
}

static void events(void) {
  cudaStream_t one, two;
  cudaEvent_t start, end;
  float elapsed = -1;
  cudaStreamCreate(&one), cudaStreamCreate(&two), cudaEventCreate(&start), cudaEventCreate(&end);
  launch_on(0, one), cudaDeviceSynchronize();
  cudaEventRecord(start, one), launch_on(0, one), launch_on(0, one), cudaEventRecord(end, one);
  int before = cudaEventQuery(end), too_early = cudaEventElapsedTime(&elapsed, start, end);
  cudaStreamWaitEvent(two, end, 0);
  double waited = TIMED(cudaStreamSynchronize(two));
  int after = cudaEventQuery(end), in_time = cudaEventElapsedTime(&elapsed, start, end);
  printf("{\"query_before\":%d,\"elapsed_before\":%d,\"query_after\":%d,\"elapsed_after\":%d,\"elapsed_ms\":%.3f,", before,
         too_early, after, in_time, elapsed);
  printf("\"other_stream_waited_ms\":%.3f}\n", waited);
}

static void graph(void) {
  cudaStream_t stream;
  cudaGraph_t graph;
  cudaGraphExec_t exec;
  cudaStreamCreate(&stream);
  launch_on(0, stream), cudaDeviceSynchronize();
  int begin = cudaStreamBeginCapture(stream, 0);
  double captured = TIMED(for (int i = 0; i < 3; i++) launch_on(0, stream));
  int end = cudaStreamEndCapture(stream, &graph), made = cudaGraphInstantiate(&exec, graph, 0);
  int launched = cudaGraphLaunch(exec, stream);
  double ran = TIMED(cudaStreamSynchronize(stream));
  cudaStreamBeginCapture(stream, 0);
  int in_capture = cudaStreamSynchronize(stream), broken = cudaStreamEndCapture(stream, &graph);
  printf("{\"ret\":[%d,%d,%d,%d],\"captured_ms\":%.3f,\"ran_ms\":%.3f,\"sync_in_capture\":%d,\"end_of_broken\":%d}\n", begin,
         end, made, launched, captured, ran, in_capture, broken);
}

/* Whether bytes that go to the device, across it and back are the same, also by rows. */
static void bytes(void) {
  char from[1000], to[1000] = "", rows[4 * 100] = "";
  for (size_t i = 0; i < sizeof from; i++) from[i] = (char)(i * 7);
  char *a, *b;
  cudaMalloc((void **)&a, sizeof from), cudaMalloc((void **)&b, sizeof from);
  cudaMemcpyAsync(a, from, sizeof from, COPY_HOST_TO_DEVICE, NULL);
  cudaMemcpyAsync(b, a, sizeof from, COPY_DEVICE_TO_DEVICE, NULL);
  int by_default = cudaMemcpy(to, b, sizeof from, COPY_DEFAULT);
  int rows_ret = cudaMemcpy2D(rows, 100, b, 250, 100, 4, COPY_DEVICE_TO_HOST), same_rows = 1;
  for (int r = 0; r < 4; r++) same_rows &= memcmp(rows + r * 100, from + r * 250, 100) == 0;
  cudaMemset(a, 5, 10), cudaMemcpy(from, a, 10, COPY_DEVICE_TO_HOST);
  printf("{\"ret\":[%d,%d],\"same\":%d,\"same_rows\":%d,\"set\":%d}\n", by_default, rows_ret,
         memcmp(from + 10, to + 10, sizeof to - 10) == 0, same_rows, from[0] == 5 && from[9] == 5);
}

/* Prints a JSON list of results, made in the order written (a call's arguments are evaluated in any order). */
#define LIST(NAME, ...)                                                                            \
  do {                                                                                             \
    const int results_[] = {__VA_ARGS__};                                                          \
    printf("\"%s\":[", NAME);                                                                      \
    for (size_t i_ = 0; i_ < sizeof results_ / sizeof *results_; i_++)                             \
      printf("%s%d", i_ ? "," : "", results_[i_]);                                                 \
    printf("],");                                                                                  \
  } while (0)

static void errors(void) {
  void *a, *b;
  char host[64];
  dim3 one = {1, 1, 1}, none = {0, 1, 1};
  cudaLaunchConfig_t config = {one, one, 0, NULL, NULL, 0};
  printf("{");
  LIST("malloc", cudaMalloc(&a, 40 << 20), cudaMalloc(&b, 40 << 20));
  LIST("last_error", cudaGetLastError(), cudaGetLastError());
  LIST("free", cudaFree(a), cudaFree(a), cudaFree(NULL));
  LIST("malloc_again", cudaMalloc(&b, 40 << 20), cudaMalloc(NULL, 1));
  LIST("copy", cudaMemcpy(b, host, 64, 9), cudaMemcpy(b, host, 41 << 20, COPY_HOST_TO_DEVICE),
       cudaMemcpy(host, host, 64, COPY_HOST_TO_DEVICE), cudaMemcpy(b, host, 0, COPY_HOST_TO_DEVICE));
  LIST("launch", cudaLaunchKernel(kernels, none, one, NULL, 0, NULL), cudaLaunchKernel(NULL, one, one, NULL, 0, NULL),
       cudaLaunchKernel(kernels, one, one, NULL, 0, (cudaStream_t)0x1234), cudaLaunchKernelExC(&config, kernels, NULL));
  LIST("handles", cudaEventQuery((cudaEvent_t)&a), cudaStreamDestroy(NULL), cudaSetDevice(7));
  struct {
    device_prop_head head;
    char rest[4096];
  } properties;
  cudaGetDeviceProperties(&properties, 0);
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) _exit(cudaMalloc(&a, 64));
  int status = 0;
  waitpid(child, &status, 0);
  printf("\"after_fork\":%d,\"name\":\"%s\",\"version\":\"%s\"}\n", WEXITSTATUS(status), properties.head.name, cudaSimVersion());
}

/* The per-thread stream does not wait behind the legacy one. */
static void own_stream(void) {
  launch_on(0, NULL);
  cudaLaunchKernel_ptsz(&kernels[0], (dim3){1, 1, 1}, (dim3){1, 1, 1}, NULL, 0, NULL);
  double own = TIMED(cudaStreamSynchronize_ptsz(NULL));
  launch_on(0, NULL), launch_on(0, NULL);
  double idle = TIMED(cudaStreamSynchronize_ptsz(NULL));
  printf("{\"own_ms\":%.3f,\"own_idle_ms\":%.3f,\"legacy_ms\":%.3f}\n", own, idle, TIMED(cudaStreamSynchronize(NULL)));
}

/* Many short-lived streams, used by several threads at the same time. */
static void *churn(void *unused) {
  for (int i = 0; i < 50; i++) {
    cudaStream_t stream;
    cudaEvent_t event;
    cudaStreamCreate(&stream), cudaEventCreate(&event);
    for (int k = 0; k < 5; k++) launch_on(k, stream);
    cudaEventRecord(event, stream);
    cuEventDestroy_v2(event);
    if (i % 2) cudaStreamSynchronize(stream);
    cudaStreamDestroy(stream);
  }
  return unused;
}

static void streams(void) {
  pthread_t threads[4];
  for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, churn, NULL);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  printf("{\"ret\":%d,\"last_error\":%d}\n", cudaDeviceSynchronize(), cudaGetLastError());
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*run)(void);
  } checks[] = {{"queue", queue}, {"lazy", lazy},     {"copy", copy},   {"sync", sync_cpu},         {"drain", drain},    {"events", events},
                {"graph", graph}, {"bytes", bytes}, {"errors", errors}, {"own-stream", own_stream}, {"streams", streams}};
  for (size_t i = 0; argc > 1 && i < sizeof checks / sizeof *checks; i++)
    if (strcmp(argv[1], checks[i].name) == 0) {
      checks[i].run();
      return 0;
    }
  fprintf(stderr, "check: name one check, such as queue\n");
  return 2;
}
