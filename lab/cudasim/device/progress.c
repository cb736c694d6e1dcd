/* cudasim, a simulated test device: see progress.h. */
#include "progress.h"

#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

static void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

void progress_set(struct progress *p, uint32_t value) {
  atomic_store(&p->value, value);
  if (atomic_load(&p->sleepers) != 0) syscall(SYS_futex, &p->value, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static void sleep_until_reached(struct progress *p, uint32_t target) {
  atomic_fetch_add(&p->sleepers, 1);
  for (;;) {
    uint32_t seen = atomic_load(&p->value);
    if ((int32_t)(seen - target) >= 0) break;
    syscall(SYS_futex, &p->value, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
  }
  atomic_fetch_sub(&p->sleepers, 1);
}

void progress_wait(struct progress *p, uint32_t target, enum sync_mode mode) {
  switch (mode) {
    case SYNC_BLOCK:
      sleep_until_reached(p, target);
      return;
    case SYNC_YIELD:
      while (!progress_reached(p, target)) sched_yield();
      return;
    case SYNC_SPIN:
      while (!progress_reached(p, target)) relax();
      return;
  }
}
