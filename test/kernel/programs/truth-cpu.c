/* Threads that lack a CPU: beside hogs, with a lower weight, out of quota; and one that a thread on another CPU wakes. */
#include "truth.h"
#include <pthread.h>
#include <sys/resource.h>

enum { MOST_HOGS = 2, AWAY_MS = 60 };
static clockid_t clocks[MOST_HOGS];
static int hogs[MOST_HOGS];

static void start_hogs(int count) {
  for (int i = 0; i < count; i++) {
    hogs[i] = fork_child();
    if (hogs[i] == 0) {
      prctl(PR_SET_NAME, "the-hog");
      for (;;) burn(1000);
    }
    MUST(clock_getcpuclockid(hogs[i], &clocks[i]) == 0);
  }
  nap(10);
}

/* Computes beside hogs on the same CPU. How long each of them ran meanwhile, its own clock says: it is not running when
 * this thread reads it. */
static void beside(const char *phase, int count, int niceness, long ms) {
  struct truth t = {.phase = phase}, end;
  uint64_t ran[MOST_HOGS] = {0}, ran_at_end[MOST_HOGS] = {0};
  start_hogs(count);
  MUST(setpriority(PRIO_PROCESS, 0, niceness) == 0);
  do {
    enter(&t);
    for (int i = 0; i < count; i++) ran[i] = clock_ns(clocks[i]);
  } while (run_delay() != t.delay);
  burn(ms);
  do {
    end = t;
    leave(&end);
    for (int i = 0; i < count; i++) ran_at_end[i] = clock_ns(clocks[i]);
  } while (run_delay() != t.delay + end.delay);
  t = end;
  for (int i = 0; i < count; i++) end_child(hogs[i]);
  t.by = t.by_pid = hogs[0];
  tell(&t, ",\"hogs\":[%d,%d],\"ran_ns\":[%llu,%llu]", hogs[0], count > 1 ? hogs[1] : 0, (unsigned long long)(ran_at_end[0] - ran[0]),
       (unsigned long long)(ran_at_end[1] - ran[1]));
}

/* Computes for so long; its group has a quota. */
static void quota(long ms) {
  struct truth t = {.phase = "quota"};
  enter(&t);
  burn(ms);
  leave(&t);
  tell(&t, "");
}

static struct truth cross;
static int ends[2], waker_cpu;

static void *wake(void *unused) {
  use_cpu(waker_cpu);
  cross.by = own_tid();
  nap(AWAY_MS);
  cross.done = now();
  MUST(write(ends[1], "x", 1) == 1);
  return unused;
}

static void cross_cpu(int cpu) {
  pthread_t thread;
  char byte;
  cross = (struct truth){.phase = "cross-cpu", .by_pid = getpid()};
  waker_cpu = cpu_from_last(1);
  MUST(pipe(ends) == 0 && pthread_create(&thread, NULL, wake, NULL) == 0);
  use_cpu(cpu);
  enter(&cross);
  MUST(read(ends[0], &byte, 1) == 1);
  leave(&cross);
  pthread_join(thread, NULL);
  tell(&cross, ",\"cpu\":%d,\"waker_cpu\":%d", cpu, waker_cpu);
}

int main(int argc, char **argv) {
  int last = cpu_from_last(0);
  if (argc > 2 && strcmp(argv[1], "quota") == 0) {
    use_cpu(last);
    quota(atol(argv[2]));
    return 0;
  }
  if (cpu_from_last(1) >= 0) cross_cpu(last);
  use_cpu(last);
  beside("hog", 1, 0, 60);
  beside("nice", 2, 10, 8);
  return 0;
}
