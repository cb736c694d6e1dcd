/* A signal that is waited for, many that interrupt, a process that is stopped for a while, and a child that ends. */
#include "truth.h"

enum { LONG_MS = 60, STORM = 200 };
static struct share *share;

static void wait_signal(void) {
  struct truth t = {.phase = "sigwait"};
  sigset_t set;
  int parent = getpid();
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  MUST(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
  t.by = t.by_pid = fork_child();
  if (t.by == 0) {
    nap(LONG_MS);
    share->done = now();
    kill(parent, SIGUSR1);
    _exit(0);
  }
  enter(&t);
  MUST(sigtimedwait(&set, NULL, &(struct timespec){2, 0}) == SIGUSR1);
  leave(&t);
  waitpid(t.by, NULL, 0);
  t.done = share->done;
  tell(&t, ",\"signal\":%d", SIGUSR1);
}

static void count_signal(int number) {
  (void)number;
  __atomic_add_fetch(&share->count, 1, __ATOMIC_RELEASE);
}

/* Each signal has been handled before the next one is sent, so none is merged with another. */
static void storm(void) {
  struct truth t = {.phase = "storm"};
  int parent = getpid();
  sigset_t empty, blocked;
  struct sigaction action = {.sa_handler = count_signal};
  sigemptyset(&empty);
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR2);
  MUST(sigprocmask(SIG_BLOCK, &blocked, NULL) == 0 && sigaction(SIGUSR2, &action, NULL) == 0);
  t.by = t.by_pid = fork_child();
  if (t.by == 0) {
    nap(5);
    for (int sent = 0; sent < STORM; sent++) {
      kill(parent, SIGUSR2);
      while (__atomic_load_n(&share->count, __ATOMIC_ACQUIRE) == sent) nap_us(50);
    }
    share->done = now();
    _exit(0);
  }
  enter(&t);
  while (__atomic_load_n(&share->count, __ATOMIC_ACQUIRE) < STORM) sigsuspend(&empty);
  leave(&t);
  waitpid(t.by, NULL, 0);
  tell(&t, ",\"signal\":%d,\"sent\":%d", SIGUSR2, STORM);
}

/* The child finds out by itself that it did not run: its clock jumps. */
static void stop(void) {
  struct truth t = {.phase = "stop", .by = getpid(), .by_pid = getpid()};
  int child, status;
  share->ready = 0;
  share->done = 0;
  child = fork_child();
  if (child == 0) {
    uint64_t before, after;
    enter(&t);
    __atomic_store_n(&share->ready, 1, __ATOMIC_RELEASE);
    for (before = now(); (after = now()) - before < LONG_MS * 500000u || !__atomic_load_n(&share->done, __ATOMIC_ACQUIRE);)
      before = after;
    leave(&t);
    t.done = share->done;
    tell(&t, "");
    _exit(0);
  }
  while (!__atomic_load_n(&share->ready, __ATOMIC_ACQUIRE)) nap_us(200);
  MUST(kill(child, SIGSTOP) == 0 && waitpid(child, &status, WUNTRACED) == child && WIFSTOPPED(status));
  nap(LONG_MS);
  __atomic_store_n(&share->done, now(), __ATOMIC_RELEASE);
  kill(child, SIGCONT);
  waitpid(child, NULL, 0);
}

static void child_ends(void) {
  struct truth t = {.phase = "child"};
  t.by = t.by_pid = fork_child();
  if (t.by == 0) {
    nap(LONG_MS);
    share->done = now();
    _exit(0);
  }
  enter(&t);
  waitpid(t.by, NULL, 0);
  leave(&t);
  t.done = share->done;
  tell(&t, "");
}

int main(void) {
  share = shared(sizeof *share);
  wait_signal();
  storm();
  stop();
  child_ends();
  return 0;
}
