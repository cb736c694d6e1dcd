/* The same as stacks-victim.py without Python: threads that compute in nested functions, for so many seconds. */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

static uint64_t until;
static volatile uint64_t sink;

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static __attribute__((noinline, noclone)) uint64_t compute(int depth) {
  if (depth > 0) {
    uint64_t result = compute(depth - 1);
    sink = sink + 1;
    return result + (uint64_t)depth;
  }
  uint64_t total = 0;
  while (now_ns() < until)
    for (int i = 0; i < 1000; i++) sink = total += (uint64_t)i * i;
  return total;
}

static void *work(void *unused) {
  sink = compute(20);
  return unused;
}

int main(int argc, char **argv) {
  int threads = argc > 1 ? atoi(argv[1]) : 16;
  pthread_t started[256];
  until = now_ns() + (uint64_t)((argc > 2 ? atof(argv[2]) : 5) * 1e9);
  if (threads > 256) return 2;
  for (int i = 0; i < threads; i++) pthread_create(&started[i], NULL, work, NULL);
  for (int i = 0; i < threads; i++) pthread_join(started[i], NULL);
  return 0;
}
