/* What every truth program shares: clocks, naps, and one JSON line for each phase that says who waited from when to when,
 * for how long it was really blocked by its own clocks, and who ended it at what time. It knows nothing of recordings. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What must not fail. */
#define MUST(holds) \
  do { \
    if (!(holds)) { \
      fprintf(stderr, "%s:%d: ", __FILE__, __LINE__); \
      perror(#holds); \
      exit(1); \
    } \
  } while (0)

/* A phase as its waiter and its culprit saw it. `done`: just before the culprit let it go, 0 where nobody says. */
struct truth {
  const char *phase;
  int tid, by, by_pid;
  uint64_t start, end, done, cpu, delay;
};

/* What processes of one family tell each other. */
struct share {
  uint64_t done;
  int ready, count;
};

static inline uint64_t clock_ns(clockid_t which) {
  struct timespec t;
  clock_gettime(which, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline uint64_t now(void) { return clock_ns(CLOCK_MONOTONIC); }
static inline int own_tid(void) { return (int)syscall(SYS_gettid); }

static inline void nap_us(long us) {
  struct timespec t = {us / 1000000, us % 1000000 * 1000};
  nanosleep(&t, NULL);
}

static inline void nap(long ms) { nap_us(ms * 1000); }

static inline void burn(long ms) {
  uint64_t end = clock_ns(CLOCK_THREAD_CPUTIME_ID) + (uint64_t)ms * 1000000;
  while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < end)
    for (volatile int i = 0; i < 5000; i++) continue;
}

/* How long the calling thread was ready to run without a CPU, by the scheduler's own count. */
static inline uint64_t run_delay(void) {
  unsigned long long ran, delay;
  FILE *file = fopen("/proc/thread-self/schedstat", "re");
  MUST(file != NULL && fscanf(file, "%llu %llu", &ran, &delay) == 2);
  fclose(file);
  return delay;
}

/* All clocks at one time: taken again when the thread had to wait for a CPU in between. */
static inline void snapshot(uint64_t *time, uint64_t *cpu, uint64_t *delay) {
  do {
    *delay = run_delay();
    *cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    *time = now();
  } while (run_delay() != *delay);
}

static inline void enter(struct truth *t) {
  t->tid = own_tid();
  snapshot(&t->start, &t->cpu, &t->delay);
}

static inline void leave(struct truth *t) {
  uint64_t cpu, delay;
  snapshot(&t->end, &cpu, &delay);
  t->cpu = cpu - t->cpu;
  t->delay = delay - t->delay;
}

/* Prints the line; `more` is a format for further members, each after a comma. */
static inline void tell(const struct truth *t, const char *more, ...) {
  va_list values;
  long long blocked = (long long)(t->end - t->start) - (long long)t->cpu - (long long)t->delay;
  flockfile(stdout);
  printf("{\"phase\":\"%s\",\"pid\":%d,\"tid\":%d,\"by\":%d,\"by_pid\":%d,\"start_ns\":%llu,\"end_ns\":%llu,\"done_ns\":%llu,"
         "\"cpu_ns\":%llu,\"delay_ns\":%llu,\"blocked_ns\":%lld",
         t->phase, (int)getpid(), t->tid, t->by, t->by_pid, (unsigned long long)t->start, (unsigned long long)t->end,
         (unsigned long long)t->done, (unsigned long long)t->cpu, (unsigned long long)t->delay, blocked);
  va_start(values, more);
  vprintf(more, values);
  va_end(values);
  printf("}\n");
  fflush(stdout);
  funlockfile(stdout);
}

static inline void *shared(size_t size) {
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  MUST(memory != MAP_FAILED);
  return memory;
}

/* A child that dies with its parent. */
static inline int fork_child(void) {
  int pid = fork();
  MUST(pid >= 0);
  if (pid == 0) prctl(PR_SET_PDEATHSIG, SIGKILL);
  return pid;
}

static inline void end_child(int pid) {
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
}

static inline void use_cpu(int cpu) {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  MUST(sched_setaffinity(0, sizeof one, &one) == 0);
}

/* The nth CPU, from the last one, that this process may use; -1 when it has fewer. */
static inline int cpu_from_last(int nth) {
  cpu_set_t may;
  MUST(sched_getaffinity(0, sizeof may, &may) == 0);
  for (int i = CPU_SETSIZE - 1; i >= 0; i--)
    if (CPU_ISSET(i, &may) && nth-- == 0) return i;
  return -1;
}
