/* Waits in known ways and prints the truth: for each phase its thread, its own clock (CLOCK_MONOTONIC ns) around the wait,
 * its CPU time in between, and who ends the wait. "all": many waits, each in a thread of its own, at the same time.
 * "hog": computes beside a hog on one CPU. "burn": computes for so many ms. "chunks": computes and sleeps in turn. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long wait_ms = 120;

static uint64_t clock_ns(clockid_t which) {
  struct timespec t;
  clock_gettime(which, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int own_tid(void) { return (int)syscall(SYS_gettid); }

static void nap(long ms) {
  struct timespec t = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&t, NULL);
}

static void burn(long ms) {
  uint64_t end = clock_ns(CLOCK_THREAD_CPUTIME_ID) + (uint64_t)ms * 1000000;
  while (clock_ns(CLOCK_THREAD_CPUTIME_ID) < end)
    for (volatile int i = 0; i < 20000; i++) continue;
}

/* A phase; `by` is the thread or process that ends its wait, 0 when nobody does. */
struct phase {
  const char *name;
  void (*wait)(struct phase *);
  int by, ends[2], tid;
  uint64_t start, end, cpu;
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t condition;
  int done;
};

static void begin(struct phase *p) {
  p->tid = own_tid();
  p->start = clock_ns(CLOCK_MONOTONIC);
  p->cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

static void finish(struct phase *p) {
  p->end = clock_ns(CLOCK_MONOTONIC);
  p->cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - p->cpu;
}

static void print(const struct phase *p) {
  printf("{\"phase\":\"%s\",\"pid\":%d,\"tid\":%d,\"by\":%d,\"start_ns\":%llu,\"end_ns\":%llu,\"cpu_ns\":%llu}\n", p->name,
         (int)getpid(), p->tid, p->by, (unsigned long long)p->start, (unsigned long long)p->end, (unsigned long long)p->cpu);
  fflush(stdout);
}

static void *hold_lock(void *argument) {
  struct phase *p = argument;
  pthread_mutex_lock(&p->lock);
  __atomic_store_n(&p->by, own_tid(), __ATOMIC_RELEASE);
  nap(wait_ms);
  pthread_mutex_unlock(&p->lock);
  return NULL;
}

static void wait_mutex(struct phase *p) {
  pthread_t holder;
  pthread_create(&holder, NULL, hold_lock, p);
  while (!__atomic_load_n(&p->by, __ATOMIC_ACQUIRE)) sched_yield();
  begin(p);
  pthread_mutex_lock(&p->lock);
  finish(p);
  pthread_mutex_unlock(&p->lock);
  pthread_join(holder, NULL);
}

static void *signal_condition(void *argument) {
  struct phase *p = argument;
  __atomic_store_n(&p->by, own_tid(), __ATOMIC_RELEASE);
  nap(wait_ms);
  pthread_mutex_lock(&p->lock);
  p->done = 1;
  pthread_mutex_unlock(&p->lock);
  pthread_cond_signal(&p->condition);
  return NULL;
}

static void wait_condition(struct phase *p) {
  pthread_t signaller;
  pthread_create(&signaller, NULL, signal_condition, p);
  begin(p);
  pthread_mutex_lock(&p->lock);
  while (!p->done) pthread_cond_wait(&p->condition, &p->lock);
  pthread_mutex_unlock(&p->lock);
  finish(p);
  pthread_join(signaller, NULL);
}

static void *send_signal(void *argument) {
  struct phase *p = argument;
  __atomic_store_n(&p->by, own_tid(), __ATOMIC_RELEASE);
  nap(wait_ms);
  pthread_kill(p->thread, SIGUSR1);
  return NULL;
}

static void wait_signal(struct phase *p) {
  pthread_t sender;
  sigset_t set;
  int got;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  p->thread = pthread_self();
  pthread_create(&sender, NULL, send_signal, p);
  begin(p);
  sigwait(&set, &got);
  finish(p);
  pthread_join(sender, NULL);
}

static void wait_sleep(struct phase *p) {
  begin(p);
  nap(wait_ms);
  finish(p);
}

static void wait_poll(struct phase *p) {
  begin(p);
  poll(NULL, 0, (int)wait_ms);
  finish(p);
}

static void wait_epoll(struct phase *p) {
  struct epoll_event event;
  int fd = epoll_create1(0);
  begin(p);
  epoll_wait(fd, &event, 1, (int)wait_ms);
  finish(p);
  close(fd);
}

/* Reads a byte that a child writes after a while; no child where `fd` is -1. */
static void read_from_child(struct phase *p) {
  char byte = 0;
  p->by = fork();
  if (p->by == 0) {
    nap(wait_ms);
    if (write(p->ends[1], "x", 1) != 1) _exit(1);
    nap(20);
    _exit(0);
  }
  begin(p);
  if (read(p->ends[0], &byte, 1) != 1) exit(1);
  finish(p);
  waitpid(p->by, NULL, 0);
}

static void wait_pipe(struct phase *p) {
  if (pipe(p->ends) == 0) read_from_child(p);
}

static void wait_unix(struct phase *p) {
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, p->ends) == 0) read_from_child(p);
}

static void wait_tcp(struct phase *p) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int server = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(server, (void *)&address, size) || listen(server, 1) || getsockname(server, (void *)&address, &size)) exit(1);
  p->ends[1] = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(p->ends[1], (void *)&address, size)) exit(1);
  p->ends[0] = accept(server, NULL, NULL);
  read_from_child(p);
}

static void wait_child(struct phase *p) {
  p->by = fork();
  if (p->by == 0) {
    nap(wait_ms);
    _exit(0);
  }
  begin(p);
  waitpid(p->by, NULL, 0);
  finish(p);
}

static struct phase phases[] = {
    {.name = "mutex", .wait = wait_mutex}, {.name = "condition", .wait = wait_condition}, {.name = "signal", .wait = wait_signal},
    {.name = "sleep", .wait = wait_sleep}, {.name = "poll", .wait = wait_poll},           {.name = "epoll", .wait = wait_epoll},
    {.name = "pipe", .wait = wait_pipe},   {.name = "unix", .wait = wait_unix},           {.name = "tcp", .wait = wait_tcp},
    {.name = "child", .wait = wait_child},
};
enum { PHASES = sizeof phases / sizeof *phases };

static void *run(void *argument) {
  struct phase *p = argument;
  p->wait(p);
  return NULL;
}

static void run_all(void) {
  sigset_t set;
  pthread_t threads[PHASES];
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  for (int i = 0; i < PHASES; i++) {
    pthread_mutex_init(&phases[i].lock, NULL);
    pthread_cond_init(&phases[i].condition, NULL);
    pthread_create(&threads[i], NULL, run, &phases[i]);
  }
  for (int i = 0; i < PHASES; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < PHASES; i++) print(&phases[i]);
}

/* This process and its children stay on the last CPU that they may use. */
static void use_one_cpu(void) {
  cpu_set_t may, one;
  int last = 0;
  sched_getaffinity(0, sizeof may, &may);
  for (int i = 0; i < CPU_SETSIZE; i++)
    if (CPU_ISSET(i, &may)) last = i;
  CPU_ZERO(&one);
  CPU_SET(last, &one);
  sched_setaffinity(0, sizeof one, &one);
}

static void compute_beside_hog(long ms) {
  struct phase p = {.name = "hog"};
  use_one_cpu();
  p.by = fork();
  if (p.by == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "the-hog");
    for (;;) burn(1000);
  }
  nap(20);
  begin(&p);
  burn(ms);
  finish(&p);
  kill(p.by, SIGKILL);
  waitpid(p.by, NULL, 0);
  print(&p);
}

static void compute(const char *name, long ms, long chunk) {
  struct phase p = {.name = name};
  begin(&p);
  for (long done = 0; done < ms; done += chunk) {
    burn(chunk);
    if (chunk < ms) nap(2);
  }
  finish(&p);
  print(&p);
}

int main(int argc, char **argv) {
  long ms = argc > 2 ? atol(argv[2]) : 100;
  if (argc < 2) return 2;
  if (strcmp(argv[1], "all") == 0) run_all();
  if (strcmp(argv[1], "hog") == 0) compute_beside_hog(ms);
  if (strcmp(argv[1], "burn") == 0) compute("burn", ms, ms);
  if (strcmp(argv[1], "chunks") == 0) compute("chunks", ms, 4);
  return 0;
}
