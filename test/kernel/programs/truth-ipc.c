/* Waits for a child process that writes, sends or posts after a while: one phase for each way to do so. */
#include "truth.h"
#include <arpa/inet.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum { AWAY_MS = 60 };
static struct share *share;
static int ends[2];
static struct sockaddr_in address;

struct message {
  long type;
  char text[1];
};

static void away(void) {
  nap(AWAY_MS);
  share->done = now();
}

/* Starts the child, which stays until it is ended. */
static void begin(struct truth *t, const char *phase, void (*child)(void)) {
  *t = (struct truth){.phase = phase};
  share->done = 0;
  share->ready = 0;
  t->by = t->by_pid = fork_child();
  if (t->by == 0) {
    child();
    for (;;) pause();
  }
}

static unsigned long inode_of(int fd) {
  struct stat s;
  MUST(fstat(fd, &s) == 0);
  return s.st_ino;
}

static void say(struct truth *t, int fd, int port) {
  t->done = share->done;
  tell(t, ",\"inode\":%lu,\"port\":%d", fd < 0 ? 0 : inode_of(fd), port);
}

static void finish(struct truth *t, int fd) {
  say(t, fd, 0);
  end_child(t->by);
}

/* Sockets and who holds their other ends stay to the end: who asks later finds them. */
static int staying[8], stay_count;

static void stay(struct truth *t, int fd, int port) {
  say(t, fd, port);
  staying[stay_count++] = t->by;
}

static void wait_byte(struct truth *t, int fd) {
  char bytes[8];
  enter(t);
  MUST(read(fd, bytes, sizeof bytes) > 0);
  leave(t);
}

static void write_end(void) {
  uint64_t one = 1;
  away();
  MUST(write(ends[1], &one, sizeof one) == sizeof one);
}

static void pair(const char *phase) {
  struct truth t;
  begin(&t, phase, write_end);
  close(ends[1]);
  wait_byte(&t, ends[0]);
  finish(&t, ends[0]);
  close(ends[0]);
}

static void event(void) {
  struct truth t;
  ends[0] = ends[1] = eventfd(0, 0);
  begin(&t, "eventfd", write_end);
  wait_byte(&t, ends[0]);
  finish(&t, -1);
  close(ends[0]);
}

static void epoll_pipe(void) {
  struct truth t;
  struct epoll_event wanted = {.events = EPOLLIN}, got;
  int fd = epoll_create1(0);
  MUST(pipe(ends) == 0 && epoll_ctl(fd, EPOLL_CTL_ADD, ends[0], &wanted) == 0);
  begin(&t, "epoll-pipe", write_end);
  enter(&t);
  MUST(epoll_wait(fd, &got, 1, 2000) == 1);
  leave(&t);
  finish(&t, ends[0]);
  close(fd);
  close(ends[0]);
  close(ends[1]);
}

static int bound(int type) {
  socklen_t size = sizeof address;
  int fd = socket(AF_INET, type, 0);
  address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  MUST(fd >= 0 && bind(fd, (void *)&address, size) == 0 && getsockname(fd, (void *)&address, &size) == 0);
  return fd;
}

static void tcp_child(void) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  MUST(connect(fd, (void *)&address, sizeof address) == 0);
  away();
  MUST(send(fd, "x", 1, 0) == 1);
}

static int accept_child(struct truth *t, const char *phase) {
  int server = bound(SOCK_STREAM), fd;
  MUST(listen(server, 1) == 0);
  begin(t, phase, tcp_child);
  fd = accept(server, NULL, NULL);
  MUST(fd >= 0);
  close(server);
  return fd;
}

static void tcp(void) {
  struct truth t;
  int fd = accept_child(&t, "tcp");
  wait_byte(&t, fd);
  stay(&t, fd, ntohs(address.sin_port));
}

/* Three things could end it; the socket does. */
static void poll_tcp(void) {
  struct truth t;
  int fd = accept_child(&t, "poll-tcp");
  MUST(pipe(ends) == 0);
  struct pollfd fds[] = {{ends[0], POLLIN, 0}, {eventfd(0, 0), POLLIN, 0}, {fd, POLLIN, 0}};
  enter(&t);
  MUST(poll(fds, 3, 2000) == 1);
  leave(&t);
  stay(&t, fd, ntohs(address.sin_port));
}

static void udp_child(void) {
  struct sockaddr_in parent = address;
  int fd = bound(SOCK_DGRAM);
  MUST(connect(fd, (void *)&parent, sizeof parent) == 0);
  share->count = ntohs(address.sin_port);
  __atomic_store_n(&share->ready, 1, __ATOMIC_RELEASE);
  away();
  MUST(send(fd, "x", 1, 0) == 1);
}

static void udp(void) {
  struct truth t;
  int fd = bound(SOCK_DGRAM), port = ntohs(address.sin_port);
  begin(&t, "udp", udp_child);
  while (!__atomic_load_n(&share->ready, __ATOMIC_ACQUIRE)) nap_us(200);
  address.sin_port = htons((uint16_t)share->count);
  MUST(connect(fd, (void *)&address, sizeof address) == 0);
  wait_byte(&t, fd);
  stay(&t, fd, port);
}

static int queue;

static void post(void) {
  struct message message = {.type = 1};
  away();
  MUST(msgsnd(queue, &message, sizeof message.text, 0) == 0);
}

static void message_queue(void) {
  struct truth t;
  struct message message;
  queue = msgget(IPC_PRIVATE, 0600);
  MUST(queue >= 0);
  begin(&t, "queue", post);
  enter(&t);
  ssize_t got = msgrcv(queue, &message, sizeof message.text, 0, 0);
  leave(&t);
  msgctl(queue, IPC_RMID, NULL);
  MUST(got == sizeof message.text);
  finish(&t, -1);
}

int main(void) {
  share = shared(sizeof *share);
  MUST(pipe(ends) == 0);
  pair("pipe");
  MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  pair("unix");
  event();
  epoll_pipe();
  tcp();
  poll_tcp();
  udp();
  message_queue();
  nap(300);
  while (stay_count > 0) end_child(staying[--stay_count]);
  return 0;
}
