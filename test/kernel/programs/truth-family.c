/* A process and a thread that begin in mid-trace: what each of them did from its first instruction to its last. */
#include "truth.h"
#include <pthread.h>

static struct truth made;

/* Its life as it saw it: runs, sleeps, runs. */
static void live(struct truth *t) {
  enter(t);
  burn(10);
  nap(20);
  burn(10);
  leave(t);
}

static void *thread(void *argument) {
  live(argument);
  return NULL;
}

int main(void) {
  pthread_t one;
  uint64_t before;
  int pid;
  nap(30);
  before = now();
  pid = fork_child();
  if (pid == 0) {
    struct truth t = {.phase = "process", .by = getppid(), .by_pid = getppid()};
    live(&t);
    tell(&t, ",\"made_ns\":%llu", (unsigned long long)before);
    _exit(0);
  }
  waitpid(pid, NULL, 0);
  made = (struct truth){.phase = "thread", .by = getpid(), .by_pid = getpid()};
  before = now();
  MUST(pthread_create(&one, NULL, thread, &made) == 0);
  pthread_join(one, NULL);
  tell(&made, ",\"made_ns\":%llu", (unsigned long long)before);
  return 0;
}
