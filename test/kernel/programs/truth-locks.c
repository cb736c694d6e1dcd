/* Waits for locks: of a thread for a thread, and of a process for a process. */
#include "truth.h"
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/file.h>

enum { HELD_MS = 60, CONVOY = 4 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static struct truth t;
static int done, word;
static struct share *share;

static void publish(void) { __atomic_store_n(&t.by, own_tid(), __ATOMIC_RELEASE); }
static void await_culprit(void) {
  while (!__atomic_load_n(&t.by, __ATOMIC_ACQUIRE)) sched_yield();
}

static pthread_t begin(const char *phase, void *(*culprit)(void *)) {
  pthread_t thread;
  t = (struct truth){.phase = phase, .by_pid = getpid()};
  MUST(pthread_create(&thread, NULL, culprit, NULL) == 0);
  await_culprit();
  return thread;
}

static void *hold(void *unused) {
  pthread_mutex_lock(&lock);
  publish();
  nap(HELD_MS);
  t.done = now();
  pthread_mutex_unlock(&lock);
  return unused;
}

static void mutex(void) {
  pthread_t holder = begin("mutex", hold);
  enter(&t);
  pthread_mutex_lock(&lock);
  leave(&t);
  pthread_mutex_unlock(&lock);
  pthread_join(holder, NULL);
  tell(&t, ",\"owner\":%d", t.by);
}

/* Each of the convoy holds the lock in turn; the next one is let go by the one before it. */
static struct truth convoy[CONVOY];
static struct {
  uint64_t at;
  int tid;
} released;

static void *join_convoy(void *argument) {
  struct truth *own = argument;
  enter(own);
  pthread_mutex_lock(&lock);
  leave(own);
  own->done = released.at;
  own->by = released.tid;
  nap(20);
  released.tid = own_tid();
  released.at = now();
  pthread_mutex_unlock(&lock);
  return NULL;
}

static void mutex_convoy(void) {
  pthread_t threads[CONVOY];
  for (int i = 0; i < CONVOY; i++) {
    convoy[i] = (struct truth){.phase = i == 0 ? "first" : "convoy", .by_pid = getpid()};
    MUST(pthread_create(&threads[i], NULL, join_convoy, &convoy[i]) == 0);
    nap(4);
  }
  for (int i = 0; i < CONVOY; i++) pthread_join(threads[i], NULL);
  for (int i = 1; i < CONVOY; i++) tell(&convoy[i], ",\"owner\":%d", convoy[0].tid);
}

static void *give_signal(void *unused) {
  publish();
  nap(HELD_MS);
  pthread_mutex_lock(&lock);
  done = 1;
  pthread_mutex_unlock(&lock);
  t.done = now();
  pthread_cond_signal(&condition);
  return unused;
}

static void wait_condition(void) {
  pthread_t culprit = begin("condition", give_signal);
  enter(&t);
  pthread_mutex_lock(&lock);
  while (!done) pthread_cond_wait(&condition, &lock);
  pthread_mutex_unlock(&lock);
  leave(&t);
  pthread_join(culprit, NULL);
  tell(&t, "");
}

static void *change_word(void *unused) {
  publish();
  nap(HELD_MS);
  t.done = now();
  __atomic_store_n(&word, 1, __ATOMIC_RELEASE);
  syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
  return unused;
}

/* Waits for 7 ms again and again, as those do who look at something else in between. */
static void wait_again(void) {
  struct timespec limit = {0, 7000000};
  int waits = 0;
  pthread_t culprit = begin("rewait", change_word);
  enter(&t);
  for (; !__atomic_load_n(&word, __ATOMIC_ACQUIRE); waits++)
    syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &limit, NULL, 0);
  leave(&t);
  pthread_join(culprit, NULL);
  tell(&t, ",\"waits\":%d", waits);
}

static void semaphore(void) {
  sem_t *sem = shared(sizeof *sem);
  MUST(sem_init(sem, 1, 0) == 0);
  t = (struct truth){.phase = "semaphore"};
  t.by = t.by_pid = fork_child();
  if (t.by == 0) {
    nap(HELD_MS);
    share->done = now();
    sem_post(sem);
    _exit(0);
  }
  enter(&t);
  MUST(sem_wait(sem) == 0);
  leave(&t);
  waitpid(t.by, NULL, 0);
  t.done = share->done;
  tell(&t, "");
}

static int whole_file(int fd, int type, int command) {
  struct flock range = {.l_type = (short)type, .l_whence = SEEK_SET};
  return fcntl(fd, command, &range);
}

/* A child holds a lock of a file until it says so. */
static void file_lock(const char *phase, int posix, const char *path) {
  t = (struct truth){.phase = phase};
  share->ready = 0;
  t.by = t.by_pid = fork_child();
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  MUST(fd >= 0);
  if (t.by == 0) {
    MUST((posix ? whole_file(fd, F_WRLCK, F_SETLK) : flock(fd, LOCK_EX)) == 0);
    __atomic_store_n(&share->ready, 1, __ATOMIC_RELEASE);
    nap(HELD_MS);
    share->done = now();
    MUST((posix ? whole_file(fd, F_UNLCK, F_SETLK) : flock(fd, LOCK_UN)) == 0);
    _exit(0);
  }
  while (!__atomic_load_n(&share->ready, __ATOMIC_ACQUIRE)) nap_us(200);
  enter(&t);
  MUST((posix ? whole_file(fd, F_WRLCK, F_SETLKW) : flock(fd, LOCK_EX)) == 0);
  leave(&t);
  close(fd);
  waitpid(t.by, NULL, 0);
  t.done = share->done;
  tell(&t, ",\"path\":\"%s\"", path);
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  share = shared(sizeof *share);
  mutex();
  mutex_convoy();
  wait_condition();
  wait_again();
  semaphore();
  file_lock("flock", 0, argv[1]);
  file_lock("fcntl", 1, argv[1]);
  return 0;
}
