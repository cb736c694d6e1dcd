/* What truth-gil.py needs of C: clocks, and sleeps that tell when they ended, before Python asks for its lock again. */
#include "truth.h"

static struct truth t;
static uint64_t slept;

/* Sleeps, and gives the time of its end. */
uint64_t nap_until_ns(long us) {
  nap_us(us);
  return now();
}

/* The same in a phase, whose truth does not count it. */
void nap_apart(long us) {
  struct truth apart = {0};
  enter(&apart);
  nap_us(us);
  leave(&apart);
  slept += apart.end - apart.start - apart.cpu - apart.delay;
}

void begin_phase(void) {
  t = (struct truth){.by_pid = getpid()};
  slept = 0;
  enter(&t);
}

void end_phase(void) { leave(&t); }

void tell_phase(const char *phase, int by, uint64_t done, int times) {
  t.phase = phase;
  t.by = by;
  t.done = done;
  tell(&t, ",\"slept_ns\":%llu,\"times\":%d", (unsigned long long)slept, times);
}

