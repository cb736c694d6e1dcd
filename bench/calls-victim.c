/* Calls cudaLaunchKernel of the library that it is given, with so much work between calls, and says how long that took. Knows
 * nothing of what records it. Reads lines: "ROUNDS CALLS WORK" makes rounds of so many calls, each followed by so many steps of
 * work; "ROUNDS CALLS 0 LEAST MOST COMPUTE" makes rounds of a training step: calls with LEAST to MOST steps of work between
 * them, then COMPUTE steps. Answers each with one JSON line: nanoseconds of each round, of CPU time and by the clock. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

typedef struct {
  unsigned x, y, z;
} dim3;
typedef int launch(const void *, dim3, dim3, void **, unsigned long, void *);

enum { MOST_ROUNDS = 4096 };
static uint64_t cpu_ns[MOST_ROUNDS], wall_ns[MOST_ROUNDS];
static volatile uint64_t sink;

static uint64_t now(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Each step waits for the one before: it takes the same time whatever else the CPU could do. */
static __attribute__((noinline)) uint64_t work(uint64_t steps, uint64_t seed) {
  for (uint64_t i = 0; i < steps; i++) seed = seed * 6364136223846793005u + 1442695040888963407u;
  return seed;
}

static void print(const char *name, const uint64_t *values, long count) {
  printf("\"%s\":[", name);
  for (long i = 0; i < count; i++) printf("%s%llu", i ? "," : "", (unsigned long long)values[i]);
  printf("]");
}

int main(int argc, char **argv) {
  void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
  launch *call = library ? (launch *)dlsym(library, "cudaLaunchKernel") : NULL;
  char line[256];
  uint64_t seed = 1;

  if (call == NULL) {
    fprintf(stderr, "calls-victim: no cudaLaunchKernel in %s: %s\n", argc > 1 ? argv[1] : "(nothing)", dlerror());
    return 2;
  }
  printf("{\"pid\":%d}\n", (int)getpid());
  fflush(stdout);
  while (fgets(line, sizeof line, stdin) != NULL) {
    long rounds = 0, calls = 0;
    unsigned long long steps = 0, least = 0, most = 0, compute = 0;
    int given = sscanf(line, "%ld %ld %llu %llu %llu %llu", &rounds, &calls, &steps, &least, &most, &compute);

    if (given < 3 || rounds < 1 || rounds > MOST_ROUNDS) return 2;
    for (long r = 0; r < rounds; r++) {
      uint64_t cpu = now(CLOCK_THREAD_CPUTIME_ID), wall = now(CLOCK_MONOTONIC), pick = 1;
      for (long i = 0; i < calls; i++) {
        call(&seed, (dim3){1, 1, 1}, (dim3){32, 1, 1}, NULL, 0, NULL);
        pick = pick * 6364136223846793005u + 1442695040888963407u; /* the same in each round */
        seed = work(most > least ? least + (pick >> 33) % (most - least) : steps, seed);
      }
      seed = work(compute, seed);
      cpu_ns[r] = now(CLOCK_THREAD_CPUTIME_ID) - cpu;
      wall_ns[r] = now(CLOCK_MONOTONIC) - wall;
    }
    sink = seed;
    printf("{");
    print("cpu", cpu_ns, rounds);
    printf(",");
    print("wall", wall_ns, rounds);
    printf("}\n");
    fflush(stdout);
  }
  return 0;
}
