/* An actor plays a script: a few processes and threads, each a list of plain steps (compute, sleep, take a lock, read from a
 * pipe, launch a kernel ...). Each step is timed by the thread's own clocks; that log is the truth of an incident. An actor
 * knows nothing of recordings, causes or what its script is meant to show. */
#ifndef LAB_ACTOR_H
#define LAB_ACTOR_H
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
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
#define MUST(holds)                                                 \
  do {                                                              \
    if (!(holds)) {                                                 \
      fprintf(stderr, "actor: %s:%d: ", __FILE__, __LINE__);        \
      perror(#holds);                                               \
      _exit(3);                                                     \
    }                                                               \
  } while (0)

enum { MOST_STEPS = 2000, MOST_THREADS = 24, MOST_ROWS = 1 << 16, NUMBERS = 4, CHANNELS = 16, BLOCK = 4096 };

/* One step as it happened, in ns of CLOCK_MONOTONIC. cpu: of the thread's CPU clock; delay: how long it was ready to run
 * without a CPU, by the scheduler's own count. */
struct row {
  int step, more;
  uint64_t start, end, cpu, delay;
};

struct step;
/* A thread of a script, in memory that all of its processes share. */
struct actor {
  char name[16];
  int process, first, last;
  int pid, tid, schedstat;
  unsigned count;
  struct row *rows;
};

struct act {
  const char *name;
  void (*play)(struct actor *, const struct step *);
};

/* A line of the script; `until` is where a loop ends. */
struct step {
  const struct act *act;
  long number[NUMBERS];
  char text[256];
  int until;
};

struct stage {
  uint64_t began;
  int threads, ready;
  struct actor actors[MOST_THREADS];
  int process_pid[MOST_THREADS];
};

extern struct stage *stage;
extern const struct act cpu_acts[], wait_acts[], net_acts[], disk_acts[], memory_acts[], process_acts[], gpu_acts[];

static inline uint64_t clock_ns(clockid_t which) {
  struct timespec t;
  clock_gettime(which, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
static inline uint64_t now(void) { return clock_ns(CLOCK_MONOTONIC); }

/* Sleeps to the end, whatever interrupts. */
static inline void nap_us(long us) {
  struct timespec t = {us / 1000000, us % 1000000 * 1000};
  while (nanosleep(&t, &t) != 0 && errno == EINTR) continue;
}

static inline void *shared(size_t size) {
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  MUST(memory != MAP_FAILED);
  return memory;
}

/* Burns so much CPU time of the calling thread. */
void burn_us(long us);
void make_channels(void);
void end_play(void);
/* A row besides that of the step itself: what a step did inside. */
void begin_row(struct actor *, struct row *, int step, int more);
void end_row(struct actor *, struct row *);

#endif
