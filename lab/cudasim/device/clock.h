/* cudasim, a simulated test device: the clock, and the two ways of using time up (asleep, or burning a CPU). */
#ifndef CUDASIM_CLOCK_H
#define CUDASIM_CLOCK_H

#include <stdint.h>

/* CLOCK_MONOTONIC in ns. */
uint64_t clock_now(void);

/* Sleeps until CLOCK_MONOTONIC reads `when` ns; returns at once when that has passed. */
void clock_sleep_until(uint64_t when);

/* Uses `ns` of the calling thread's CPU time, so that losing the CPU makes it last longer, as real host-side work does. */
void clock_burn(uint64_t ns);

#endif
