/* A wait that leads through three programs. "writer GO BACK": waits to be asked through one pipe, sleeps, computes beside a
 * hog on its CPU, and answers through the other one. "victim GO BACK": one thread holds a lock, asks, and waits for the answer; another one
 * waits for the lock. */
#include "truth.h"
#include <pthread.h>

enum { SLEEP_MS = 30, BURN_MS = 25 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct truth holder = {.phase = "holder"};
static int ready;

static int open_pipe(const char *path, int flags) {
  int fd = open(path, flags | O_CLOEXEC);
  MUST(fd >= 0);
  return fd;
}

static void write_line(const char *go, const char *back) {
  struct truth t = {.phase = "writer"};
  char byte;
  clockid_t clock;
  int hog, asked, answer;
  use_cpu(cpu_from_last(0));
  hog = fork_child();
  if (hog == 0) {
    prctl(PR_SET_NAME, "the-hog");
    for (;;) burn(1000);
  }
  MUST(clock_getcpuclockid(hog, &clock) == 0);
  puts("ready");
  fflush(stdout);
  asked = open_pipe(go, O_RDONLY);
  answer = open_pipe(back, O_WRONLY);
  MUST(read(asked, &byte, 1) == 1);
  uint64_t sleep_start = now();
  nap(SLEEP_MS);
  uint64_t ran, ran_at_end;
  struct truth end;
  do {
    enter(&t);
    ran = clock_ns(clock);
  } while (run_delay() != t.delay);
  burn(BURN_MS);
  do {
    end = t;
    leave(&end);
    ran_at_end = clock_ns(clock);
  } while (run_delay() != t.delay + end.delay);
  t = end;
  t.by = t.by_pid = hog;
  t.done = now();
  MUST(write(answer, "x", 1) == 1);
  tell(&t, ",\"sleep_ns\":%llu,\"ran_ns\":%llu", (unsigned long long)sleep_start, (unsigned long long)(ran_at_end - ran));
  end_child(hog);
}

static char *paths[2];

static void *hold(void *unused) {
  char byte;
  int go = open_pipe(paths[0], O_WRONLY), back = open_pipe(paths[1], O_RDONLY);
  pthread_mutex_lock(&lock);
  __atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
  MUST(write(go, "x", 1) == 1);
  enter(&holder);
  MUST(read(back, &byte, 1) == 1);
  leave(&holder);
  holder.done = now();
  pthread_mutex_unlock(&lock);
  return unused;
}

static void wait_for_lock(void) {
  struct truth t = {.phase = "victim", .by_pid = getpid()};
  pthread_t thread;
  MUST(pthread_create(&thread, NULL, hold, NULL) == 0);
  while (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE)) nap_us(100);
  enter(&t);
  pthread_mutex_lock(&lock);
  leave(&t);
  pthread_mutex_unlock(&lock);
  pthread_join(thread, NULL);
  t.by = holder.tid;
  t.done = holder.done;
  holder.done = 0;
  tell(&t, ",\"owner\":%d", holder.tid);
  tell(&holder, "");
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  paths[0] = argv[2];
  paths[1] = argv[3];
  if (strcmp(argv[1], "writer") == 0) write_line(argv[2], argv[3]);
  if (strcmp(argv[1], "victim") == 0) wait_for_lock();
  return 0;
}
