/* Steps that compute, sleep, or choose a CPU and a priority. */
#include "actor.h"
#include <sys/resource.h>

static inline __attribute__((always_inline)) void burn_here(long us) {
  uint64_t end = clock_ns(CLOCK_THREAD_CPUTIME_ID) + (uint64_t)us * 1000;
  while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < end)
    for (volatile int i = 0; i < 1000; i++) continue;
}

void burn_us(long us) { burn_here(us); }

/* The same work under names of its own, so that a profile can tell them apart. */
#define WORK(name) \
  static __attribute__((noinline)) void name(struct actor *actor, const struct step *step) { \
    (void)actor; \
    burn_here(step->number[0]); \
  }
WORK(compute)
WORK(collate_batch)
WORK(compute_logprobs)
WORK(hold_and_compute)

static void nap_step(struct actor *actor, const struct step *step) {
  (void)actor;
  nap_us(step->number[0]);
}

/* cpu N: the nth CPU from the last one that this process may use. */
static void pin(struct actor *actor, const struct step *step) {
  cpu_set_t may, one;
  long nth = step->number[0];
  (void)actor;
  MUST(sched_getaffinity(0, sizeof may, &may) == 0);
  for (int i = CPU_SETSIZE - 1; i >= 0; i--) {
    if (!CPU_ISSET(i, &may) || nth-- > 0) continue;
    CPU_ZERO(&one);
    CPU_SET(i, &one);
    MUST(sched_setaffinity(0, sizeof one, &one) == 0);
    return;
  }
}

/* nice N: by so much less important than before. */
static void nice_step(struct actor *actor, const struct step *step) {
  int before = getpriority(PRIO_PROCESS, (id_t)actor->tid);
  MUST(setpriority(PRIO_PROCESS, (id_t)actor->tid, before + (int)step->number[0]) == 0);
}

static void fifo(struct actor *actor, const struct step *step) {
  struct sched_param priority = {.sched_priority = (int)step->number[0]};
  (void)actor;
  MUST(sched_setscheduler(0, priority.sched_priority > 0 ? SCHED_FIFO : SCHED_OTHER, &priority) == 0);
}

const struct act cpu_acts[] = {
    {"compute", compute}, {"collate", collate_batch}, {"logprobs", compute_logprobs}, {"critical", hold_and_compute},
    {"sleep", nap_step},  {"cpu", pin},               {"nice", nice_step},            {"fifo", fifo},
    {NULL, NULL},
};
