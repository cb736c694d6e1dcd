/* As members of a memory group with a small limit: PROCS_FILE FOLDER. One process reads a file that does not fit into the
 * limit, so that it must give back what it read before; another one asks for more than there is, and is killed. */
#include "truth.h"

enum { CHUNK = 1 << 20, CHUNKS = 64 };
static const char *group;
static struct share *share;

static void join_group(void) {
  int fd = open(group, O_WRONLY | O_CLOEXEC);
  MUST(fd >= 0 && write(fd, "0", 1) == 1);
  close(fd);
}

static char *chunk;

/* A file that is not in memory. */
static int cold_file(const char *path) {
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  MUST(fd >= 0 && unlink(path) == 0);
  for (int i = 0; i < CHUNKS; i++) MUST(write(fd, chunk, CHUNK) == CHUNK);
  MUST(fsync(fd) == 0 && posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0);
  return fd;
}

static void reclaim(int fd) {
  struct truth t = {.phase = "reclaim"};
  int pid = fork_child();
  if (pid == 0) {
    join_group();
    enter(&t);
    for (int i = 0; i < CHUNKS; i++) MUST(pread(fd, chunk, CHUNK, (off_t)i * CHUNK) == CHUNK);
    leave(&t);
    tell(&t, "");
    _exit(0);
  }
  waitpid(pid, NULL, 0);
}

static void out_of_memory(void) {
  struct truth t = {.phase = "oom"};
  int status = 0;
  t.by = t.by_pid = fork_child();
  if (t.by == 0) {
    join_group();
    share->done = now();
    memset(mmap(NULL, (size_t)CHUNK * CHUNKS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1, (size_t)CHUNK * CHUNKS);
    _exit(0);
  }
  enter(&t);
  MUST(waitpid(t.by, &status, 0) == t.by);
  leave(&t);
  t.done = 0;
  tell(&t, ",\"asked_ns\":%llu,\"killed_by\":%d", (unsigned long long)share->done, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

int main(int argc, char **argv) {
  char path[4096];
  if (argc != 3) return 2;
  group = argv[1];
  share = shared(sizeof *share);
  chunk = malloc(CHUNK);
  MUST(chunk != NULL);
  memset(chunk, 1, CHUNK);
  snprintf(path, sizeof path, "%s/truth-memory.data", argv[2]);
  reclaim(cold_file(path));
  out_of_memory();
  return 0;
}
