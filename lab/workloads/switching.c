/* Threads that leave the CPU in every plain way: they sleep, block on pipes, wait for a mutex and are preempted by each
 * other. Waits for a line on its standard input, then starts them; when they have ended, it prints one JSON line with
 * the life of each: its id, name, nanoseconds from its creation to its end, and its CPU time. Then it stays until its input ends. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "options.h"
#include "truth.h"

static long seconds = 1;
static int slow_pipe[2], there[2], back[2];
static uint64_t end_ns;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const struct option options[] = {
    {"--seconds", &seconds, NULL, 0, "how long they live (1)"},
    {NULL, NULL, NULL, 0, NULL},
};

static int goes_on(void) { return now_ns() < end_ns; }

static void nap(long us) {
  struct timespec t = {.tv_sec = 0, .tv_nsec = us * 1000};
  nanosleep(&t, NULL);
}

static void burn(long us) {
  uint64_t until = now_ns() + (uint64_t)us * 1000;
  while (now_ns() < until) continue;
}

static void sleeps(void) {
  while (goes_on()) nap(2000);
}

static void writes(void) {
  char byte = 0;
  while (goes_on()) {
    nap(1000);
    if (write(slow_pipe[1], &byte, 1) != 1) return;
  }
  close(slow_pipe[1]);
}

static void reads(void) {
  char byte;
  while (read(slow_pipe[0], &byte, 1) == 1) burn(50);
}

static void asks(void) {
  char byte = 0;
  while (goes_on()) {
    burn(300);
    if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1) return;
  }
  close(there[1]);
}

static void answers(void) {
  char byte;
  while (read(there[0], &byte, 1) == 1) {
    burn(300);
    if (write(back[1], &byte, 1) != 1) return;
  }
}

static void locks(void) {
  while (goes_on()) {
    pthread_mutex_lock(&lock);
    nap(3000);
    pthread_mutex_unlock(&lock);
    nap(1000);
  }
}

static void is_preempted(void) {
  while (goes_on()) continue;
}

struct life {
  const char *name;
  void (*work)(void);
  int tid;
  uint64_t made_ns, lived_ns, ran_ns;
};

static struct life lives[] = {
    {.name = "sleeps", .work = sleeps},   {.name = "writes", .work = writes},
    {.name = "reads", .work = reads},     {.name = "asks", .work = asks},
    {.name = "answers", .work = answers}, {.name = "locks-1", .work = locks},
    {.name = "locks-2", .work = locks},   {.name = "preempted-1", .work = is_preempted},
    {.name = "preempted-2", .work = is_preempted},
};
enum { LIVES = sizeof lives / sizeof lives[0] };

static void *live(void *argument) {
  struct life *life = argument;
  life->tid = own_tid();
  prctl(PR_SET_NAME, life->name);
  life->work();
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  life->ran_ns = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
  life->lived_ns = now_ns() - life->made_ns;
  return NULL;
}

int main(int argc, char **argv) {
  pthread_t threads[LIVES];
  char line[16];
  read_options(argc, argv, "switching: threads that leave the CPU in every plain way", options);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (pipe(slow_pipe) != 0 || pipe(there) != 0 || pipe(back) != 0) return 1;
  printf("{\"pid\":%d}\n", getpid());
  fflush(stdout);
  if (fgets(line, sizeof line, stdin) == NULL) return 1;
  end_ns = now_ns() + (uint64_t)seconds * 1000000000u;
  for (size_t i = 0; i < LIVES; i++) {
    lives[i].made_ns = now_ns();
    if (pthread_create(&threads[i], NULL, live, &lives[i]) != 0) return 1;
  }
  for (size_t i = 0; i < LIVES; i++) pthread_join(threads[i], NULL);
  printf("{\"lives\":[");
  for (size_t i = 0; i < LIVES; i++)
    printf("%s{\"tid\":%d,\"name\":\"%s\",\"lived_ns\":%lu,\"ran_ns\":%lu}", i ? "," : "", lives[i].tid, lives[i].name,
           (unsigned long)lives[i].lived_ns, (unsigned long)lives[i].ran_ns);
  printf("]}\n");
  fflush(stdout);
  while (fgets(line, sizeof line, stdin) != NULL) continue;
  return 0;
}
