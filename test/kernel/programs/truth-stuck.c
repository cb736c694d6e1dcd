/* Threads that are blocked when a recording begins or ends. One has waited since the start of the program; another one
 * begins to wait after SIGUSR1. Nobody ever ends either wait: the program is killed. */
#include "truth.h"
#include <pthread.h>

static int ends[2], tids[2];

static void *wait_for_ever(void *argument) {
  char byte;
  *(int *)argument = own_tid();
  return (void *)read(ends[0], &byte, 1);
}

static void start(int *tid) {
  pthread_t thread;
  MUST(pthread_create(&thread, NULL, wait_for_ever, tid) == 0);
  while (!*(volatile int *)tid) nap(1);
}

int main(void) {
  struct truth before = {.phase = "before"}, during = {.phase = "during"};
  sigset_t set;
  int got;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  MUST(sigprocmask(SIG_BLOCK, &set, NULL) == 0 && pipe(ends) == 0);
  before.start = now();
  start(&tids[0]);
  before.tid = tids[0];
  tell(&before, "");
  sigwait(&set, &got);
  during.start = now();
  start(&tids[1]);
  during.tid = tids[1];
  tell(&during, "");
  for (;;) pause();
}
