/* Steps that wait for another thread or process on this machine: locks, pipes, UNIX sockets, semaphores. All channels are
 * numbered and there from the start. */
#include "actor.h"
#include <semaphore.h>
#include <sys/socket.h>

static pthread_mutex_t locks[CHANNELS];
static int pipes[CHANNELS][2], pairs[CHANNELS][2];
static sem_t *semaphores;

void make_channels(void) {
  semaphores = shared(CHANNELS * sizeof *semaphores);
  for (int i = 0; i < CHANNELS; i++) {
    pthread_mutex_init(&locks[i], NULL);
    MUST(pipe2(pipes[i], O_CLOEXEC) == 0);
    MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pairs[i]) == 0);
    MUST(sem_init(&semaphores[i], 1, 0) == 0);
  }
}

static void lock_step(struct actor *actor, const struct step *step) {
  (void)actor;
  pthread_mutex_lock(&locks[step->number[0]]);
}

static void unlock_step(struct actor *actor, const struct step *step) {
  (void)actor;
  pthread_mutex_unlock(&locks[step->number[0]]);
}

static char bytes[1 << 16];

/* Reads or writes one byte, or as many as the second number says. */
static size_t size_of(const struct step *step) {
  return step->number[1] > 0 && step->number[1] < (long)sizeof bytes ? (size_t)step->number[1] : 1;
}

static void read_all(int fd, size_t size) {
  char into[4096];
  while (size > 0) {
    ssize_t got = read(fd, into, size < sizeof into ? size : sizeof into);
    if (got < 0 && errno == EINTR) continue;
    MUST(got > 0);
    size -= (size_t)got;
  }
}

static void write_all(int fd, size_t size) {
  while (size > 0) {
    ssize_t got = write(fd, bytes, size);
    if (got < 0 && errno == EINTR) continue;
    MUST(got > 0);
    size -= (size_t)got;
  }
}

static void get(struct actor *actor, const struct step *step) {
  (void)actor;
  read_all(pipes[step->number[0]][0], size_of(step));
}
static void put(struct actor *actor, const struct step *step) {
  (void)actor;
  write_all(pipes[step->number[0]][1], size_of(step));
}
static void receive(struct actor *actor, const struct step *step) {
  (void)actor;
  read_all(pairs[step->number[0]][0], size_of(step));
}
static void send_step(struct actor *actor, const struct step *step) {
  (void)actor;
  write_all(pairs[step->number[0]][1], size_of(step));
}
static void wait_semaphore(struct actor *actor, const struct step *step) {
  (void)actor;
  while (sem_wait(&semaphores[step->number[0]]) != 0) MUST(errno == EINTR);
}
static void post_semaphore(struct actor *actor, const struct step *step) {
  (void)actor;
  sem_post(&semaphores[step->number[0]]);
}

const struct act wait_acts[] = {
    {"lock", lock_step}, {"unlock", unlock_step}, {"get", get},           {"put", put},           {"receive", receive},
    {"send", send_step}, {"await", wait_semaphore}, {"post", post_semaphore}, {NULL, NULL},
};
