/* Steps over the network: "serve PORT KIND" and "dial PORT KIND HOST" (KIND 1 is TCP, 2 UDP), "hear CHANNEL BYTES" and
 * "say CHANNEL BYTES" on what they made. The channel only tells the directions apart in the log: a thread has one socket. */
#include "actor.h"
#include <arpa/inet.h>
#include <netinet/tcp.h>

static __thread int connection = -1;
static __thread int datagrams;
static __thread struct sockaddr_in peer;

static struct sockaddr_in address_of(const char *host, long port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  MUST(inet_pton(AF_INET, *host == '\0' ? "127.0.0.1" : host, &address.sin_addr) == 1);
  return address;
}

static void no_delay(int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void serve(struct actor *actor, const struct step *step) {
  struct sockaddr_in address = address_of(*step->text == '\0' ? "0.0.0.0" : step->text, step->number[0]);
  int on = 1, fd;
  (void)actor;
  datagrams = step->number[1] == 2;
  fd = socket(AF_INET, (datagrams ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
  MUST(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
  MUST(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
  if (datagrams) {
    connection = fd;
    return;
  }
  MUST(listen(fd, 4) == 0);
  connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
  MUST(connection >= 0);
  no_delay(connection);
  close(fd);
}

static void dial(struct actor *actor, const struct step *step) {
  struct sockaddr_in address = address_of(step->text, step->number[0]);
  (void)actor;
  datagrams = step->number[1] == 2;
  for (int attempt = 0;; attempt++) {
    connection = socket(AF_INET, (datagrams ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
    MUST(connection >= 0);
    if (connect(connection, (struct sockaddr *)&address, sizeof address) == 0) break;
    MUST(attempt < 500);
    close(connection);
    nap_us(10000);
  }
  peer = address;
  if (!datagrams) no_delay(connection);
}

static char bytes[1 << 17];

static void hear(struct actor *actor, const struct step *step) {
  size_t left = (size_t)step->number[1];
  socklen_t size = sizeof peer;
  (void)actor;
  while (left > 0) {
    ssize_t got = recvfrom(connection, bytes, left < sizeof bytes ? left : sizeof bytes, 0, (struct sockaddr *)&peer, &size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) end_play();
    left -= datagrams ? left : (size_t)got;
  }
}

static void say(struct actor *actor, const struct step *step) {
  size_t left = (size_t)step->number[1];
  (void)actor;
  while (left > 0) {
    size_t size = left < sizeof bytes ? left : sizeof bytes;
    ssize_t got = datagrams && peer.sin_port != 0 ? sendto(connection, bytes, size, 0, (struct sockaddr *)&peer, sizeof peer)
                                                  : send(connection, bytes, size, MSG_NOSIGNAL);
    if (got < 0 && (errno == EINTR || errno == ECONNREFUSED)) continue;
    if (got <= 0) end_play();
    left -= (size_t)got;
  }
}

const struct act net_acts[] = {{"serve", serve}, {"dial", dial}, {"hear", hear}, {"say", say}, {NULL, NULL}};
