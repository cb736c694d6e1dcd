/* cudasim, a simulated test device: see clock.h. */
#include "clock.h"

#include <errno.h>
#include <time.h>

static uint64_t read_clock(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t clock_now(void) { return read_clock(CLOCK_MONOTONIC); }

void clock_sleep_until(uint64_t when) {
  struct timespec t = {.tv_sec = (time_t)(when / 1000000000u), .tv_nsec = (long)(when % 1000000000u)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) continue;
}

void clock_burn(uint64_t ns) {
  if (ns == 0) return;
  uint64_t end = read_clock(CLOCK_THREAD_CPUTIME_ID) + ns;
  while (read_clock(CLOCK_THREAD_CPUTIME_ID) < end) continue;
}
