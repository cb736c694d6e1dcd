/* A CPU hog: N threads that burn the given CPU until the time is up or the parent dies. Its comm is "stress", the name of
 * its file. Part of the lab's incidents. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "options.h"

static long cpu, threads = 1, seconds = 60;

static const struct option options[] = {
    {"--cpu", &cpu, NULL, 0, "the CPU to burn (0)"},
    {"--threads", &threads, NULL, 0, "how many threads burn it (1)"},
    {"--seconds", &seconds, NULL, 0, "ends after so many seconds (60)"},
    {NULL, NULL, NULL, 0, NULL},
};

static void *burn(void *unused) {
  for (volatile unsigned long i = 0;; i++) continue;
  return unused;
}

int main(int argc, char **argv) {
  read_options(argc, argv, "stress: burns one CPU", options);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET((int)cpu, &only);
  if (sched_setaffinity(0, sizeof only, &only) != 0) {
    perror("stress: cannot run on that CPU");
    return 1;
  }
  alarm((unsigned)seconds);
  signal(SIGALRM, SIG_DFL);
  for (long i = 1; i < threads; i++) {
    pthread_t thread;
    pthread_create(&thread, NULL, burn, NULL);
  }
  burn(NULL);
  return 0;
}
