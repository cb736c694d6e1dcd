/* Waits that nobody ends but their own time: a sleep, a timer, and calls that run into their time-out. */
#include "truth.h"
#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

enum { LONG_MS = 60 };

static void phase(const char *name, void (*wait)(int fd), int fd) {
  struct truth t = {.phase = name};
  enter(&t);
  t.done = t.start + (uint64_t)LONG_MS * 1000000;
  wait(fd);
  leave(&t);
  tell(&t, "");
  if (fd >= 0) close(fd);
}

static void sleep_it(int fd) {
  (void)fd;
  nap(LONG_MS);
}

static void read_timer(int fd) {
  struct itimerspec once = {.it_value = {0, LONG_MS * 1000000}};
  uint64_t expirations;
  MUST(timerfd_settime(fd, 0, &once, NULL) == 0);
  MUST(read(fd, &expirations, sizeof expirations) == sizeof expirations);
}

static void epoll_timeout(int fd) {
  struct epoll_event got;
  MUST(epoll_wait(fd, &got, 1, LONG_MS) == 0);
}

static void poll_timeout(int fd) {
  struct pollfd one = {fd, POLLIN, 0};
  MUST(poll(&one, 1, LONG_MS) == 0);
}

int main(void) {
  phase("nanosleep", sleep_it, -1);
  phase("timerfd", read_timer, timerfd_create(CLOCK_MONOTONIC, 0));
  phase("epoll-timeout", epoll_timeout, epoll_create1(0));
  phase("poll-timeout", poll_timeout, timerfd_create(CLOCK_MONOTONIC, 0));
  return 0;
}
