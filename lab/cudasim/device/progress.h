/* cudasim, a simulated test device: a counter that one thread raises and others wait for, spinning or asleep on a futex. */
#ifndef CUDASIM_PROGRESS_H
#define CUDASIM_PROGRESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "config.h"

struct progress {
  _Atomic uint32_t value;
  _Atomic uint32_t sleepers;
};

/* Counters wrap, so "at least" is a signed difference. */
static inline bool progress_reached(struct progress *p, uint32_t target) {
  return (int32_t)(atomic_load_explicit(&p->value, memory_order_acquire) - target) >= 0;
}

/* Sets the value and wakes whoever sleeps on it. */
void progress_set(struct progress *p, uint32_t value);

/* Returns once the value is at least `target`. */
void progress_wait(struct progress *p, uint32_t target, enum sync_mode mode);

#endif
