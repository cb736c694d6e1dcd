/* Many threads of one process that mostly sleep, and processes that appear and end at a steady rate: every second one is
 * only a fork, the others execute a program. Prints its own id and that of the sleeping process. Waits for a line on its
 * standard input before the other processes; then prints one JSON line with the ids of all of them, and stays until its
 * input ends. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "options.h"
#include "truth.h"

static long threads = 2000, rate = 200, seconds = 10, nap_ms = 500;

static const struct option options[] = {
    {"--threads", &threads, NULL, 0, "how many threads sleep (2000)"},
    {"--nap-ms", &nap_ms, NULL, 0, "how long each of their naps is (500)"},
    {"--rate", &rate, NULL, 0, "processes a second (200)"},
    {"--seconds", &seconds, NULL, 0, "for so long (10)"},
    {NULL, NULL, NULL, 0, NULL},
};

static struct timespec in_timespec(uint64_t ns) {
  return (struct timespec){.tv_sec = (time_t)(ns / 1000000000u), .tv_nsec = (long)(ns % 1000000000u)};
}

static void *doze(void *unused) {
  struct timespec nap = in_timespec((uint64_t)nap_ms * 1000000u);
  for (;;) nanosleep(&nap, NULL);
  return unused;
}

/* A process of their own: to fork one of so many threads is slow. */
static pid_t start_sleepers(void) {
  int ready[2];
  char byte = 0;
  if (pipe(ready) != 0) return -1;
  pid_t child = fork();
  if (child != 0) {
    close(ready[1]);
    return child > 0 && read(ready[0], &byte, 1) == 1 ? child : -1;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 65536);
  for (long i = 0; i < threads; i++) {
    pthread_t thread;
    if (pthread_create(&thread, &small, doze, NULL) != 0) {
      perror("crowd: pthread_create");
      exit(1);
    }
  }
  if (write(ready[1], &byte, 1) != 1) exit(1);
  for (;;) pause();
}

int main(int argc, char **argv) {
  char line[16];
  read_options(argc, argv, "crowd: many threads, and processes that come and go", options);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  pid_t sleepers = start_sleepers();
  if (sleepers < 0) return 1;
  printf("{\"pid\":%d,\"sleepers\":%d}\n", getpid(), sleepers);
  fflush(stdout);
  if (fgets(line, sizeof line, stdin) == NULL) return 1;
  long wanted = rate * seconds, made = 0;
  pid_t *pids = calloc((size_t)wanted + 1, sizeof *pids);
  uint64_t began = now_ns();
  for (; made < wanted; made++) {
    struct timespec at = in_timespec(began + (uint64_t)made * 1000000000u / (uint64_t)rate);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    pid_t child = fork();
    if (child == 0) {
      if (made % 2) execl("/bin/true", "true", (char *)NULL);
      _exit(0);
    }
    if (child < 0) break;
    pids[made] = child;
    while (waitpid(-1, NULL, WNOHANG) > 0) continue;
  }
  for (long i = 0; i < made; i++) waitpid(pids[i], NULL, 0);
  uint64_t took = now_ns() - began;
  printf("{\"took_ns\":%lu,\"pids\":[", (unsigned long)took);
  for (long i = 0; i < made; i++) printf("%s%d", i ? "," : "", pids[i]);
  printf("]}\n");
  fflush(stdout);
  while (fgets(line, sizeof line, stdin) != NULL) continue;
  return 0;
}
