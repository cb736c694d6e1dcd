/* Two threads (or processes) that pass a byte to and fro through two pipes on one CPU. For each line "ROUNDS TRIPS PERIOD_US"
 * on its standard input it makes that many rounds, one each period, and prints one JSON line: the nanoseconds of each
 * round on the clock, and of CPU time; and how often this process left its CPU by itself and against its will. A trip
 * there and back is two switches and two wake-ups: SCHED_BATCH, since otherwise who is woken often runs at once, before
 * the other sleeps, which then needs no wake-up. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "options.h"

enum { MOST_ROUNDS = 100000 };

static long cpu, processes, warmup = 50;
static int there[2], back[2];
static clockid_t other_clock;

static const struct option options[] = {
    {"--cpu", &cpu, NULL, 0, "the CPU both run on (0)"},
    {"--processes", &processes, NULL, 1, "two processes, not two threads"},
    {"--warmup", &warmup, NULL, 0, "trips before each round that are not measured (50)"},
    {NULL, NULL, NULL, 0, NULL},
};

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static uint64_t read_clock(clockid_t clock) {
  struct timespec t;
  if (clock_gettime(clock, &t) != 0) fail("clock_gettime");
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* CPU time of both sides. */
static uint64_t cpu_time(void) {
  uint64_t own = read_clock(CLOCK_PROCESS_CPUTIME_ID);
  return processes ? own + read_clock(other_clock) : own;
}

static void *answer(void *unused) {
  char byte;
  while (read(there[0], &byte, 1) == 1)
    if (write(back[1], &byte, 1) != 1) break;
  return unused;
}

static void trips(long count) {
  char byte = 0;
  for (long i = 0; i < count; i++)
    if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) fail("pipe");
}

static void start_other(void) {
  if (!processes) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, answer, NULL) != 0) fail("pthread_create");
    return;
  }
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(there[1]);
    answer(NULL);
    exit(0);
  }
  if (child < 0 || clock_getcpuclockid(child, &other_clock) != 0) fail("fork");
}

int main(int argc, char **argv) {
  static uint64_t wall[MOST_ROUNDS], used[MOST_ROUNDS];
  read_options(argc, argv, "pingpong: two threads that switch to and fro on one CPU", options);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET((int)cpu, &only);
  if (sched_setaffinity(0, sizeof only, &only) != 0) fail("sched_setaffinity");
  struct sched_param no_priority = {0};
  if (sched_setscheduler(0, SCHED_BATCH, &no_priority) != 0) fail("sched_setscheduler");
  if (pipe(there) != 0 || pipe(back) != 0) fail("pipe");
  start_other();
  printf("{\"pid\":%d}\n", getpid());
  fflush(stdout);
  long rounds, count, period_us;
  while (scanf("%ld %ld %ld", &rounds, &count, &period_us) == 3) {
    if (rounds > MOST_ROUNDS) rounds = MOST_ROUNDS;
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    uint64_t next = read_clock(CLOCK_MONOTONIC);
    for (long i = 0; i < rounds; i++) {
      trips(warmup);
      uint64_t began = read_clock(CLOCK_MONOTONIC), began_used = cpu_time();
      trips(count);
      used[i] = cpu_time() - began_used;
      wall[i] = read_clock(CLOCK_MONOTONIC) - began;
      next += (uint64_t)period_us * 1000;
      struct timespec until = {.tv_sec = (time_t)(next / 1000000000u), .tv_nsec = (long)(next % 1000000000u)};
      clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
    }
    getrusage(RUSAGE_SELF, &after);
    printf("{\"voluntary\":%ld,\"involuntary\":%ld,\"wall\":[", after.ru_nvcsw - before.ru_nvcsw,
           after.ru_nivcsw - before.ru_nivcsw);
    for (long i = 0; i < rounds; i++) printf("%s%lu", i ? "," : "", (unsigned long)wall[i]);
    printf("],\"cpu\":[");
    for (long i = 0; i < rounds; i++) printf("%s%lu", i ? "," : "", (unsigned long)used[i]);
    printf("]}\n");
    fflush(stdout);
  }
  return 0;
}
