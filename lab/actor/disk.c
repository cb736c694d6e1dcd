/* Steps that wait for a disk. Each takes a file, which is made and filled on its first use: 16 MiB. */
#include "actor.h"

enum { FILE_BYTES = 16 << 20, OPEN_FILES = 8 };
static __thread struct {
  char path[256];
  int flags, fd;
} opened[OPEN_FILES];
static __thread char *block;
static __thread unsigned seed = 12345;

static unsigned draw(unsigned below) {
  seed = seed * 1103515245u + 12345u;
  return (seed >> 8) % below;
}

static void fill(const char *path) {
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  MUST(fd >= 0);
  off_t size = lseek(fd, 0, SEEK_END);
  char *chunk = malloc(1 << 20);
  memset(chunk, 1, 1 << 20);
  for (; size < FILE_BYTES; size += 1 << 20) MUST(write(fd, chunk, 1 << 20) == 1 << 20);
  free(chunk);
  MUST(fsync(fd) == 0);
  close(fd);
}

static int file_of(const char *path, int flags) {
  if (block == NULL) MUST(posix_memalign((void **)&block, BLOCK, 1 << 20) == 0);
  for (int i = 0; i < OPEN_FILES; i++) {
    if (*opened[i].path == '\0') {
      if (!(flags & O_APPEND)) fill(path);
      snprintf(opened[i].path, sizeof opened[i].path, "%s", path);
      opened[i].flags = flags;
      opened[i].fd = open(path, flags | O_CLOEXEC | O_CREAT, 0600);
      MUST(opened[i].fd >= 0);
    }
    if (opened[i].flags == flags && strcmp(opened[i].path, path) == 0) return opened[i].fd;
  }
  MUST(!"too many files");
  return -1;
}

/* prepare FILE: makes it, so that no later step has to. */
static void prepare(struct actor *actor, const struct step *step) {
  (void)actor;
  fill(step->text);
}

/* pread BYTES FILE: somewhere in it, past the page cache. */
static void read_direct(struct actor *actor, const struct step *step) {
  int fd = file_of(step->text, O_RDONLY | O_DIRECT);
  size_t size = (size_t)step->number[0];
  (void)actor;
  MUST(pread(fd, block, size, (off_t)draw((unsigned)((FILE_BYTES - size) / BLOCK)) * BLOCK) == (ssize_t)size);
}

/* fsync BYTES FILE: writes so much at its end and waits until it is on the disk. */
static void write_sync(struct actor *actor, const struct step *step) {
  int fd = file_of(step->text, O_WRONLY | O_APPEND);
  (void)actor;
  for (long left = step->number[0]; left > 0; left -= 1 << 20) {
    size_t size = left < 1 << 20 ? (size_t)left : 1 << 20;
    MUST(write(fd, block, size) == (ssize_t)size);
  }
  MUST(fsync(fd) == 0);
}

/* dirty BYTES FILE: writes so much from its beginning and waits for nothing. */
static void write_dirty(struct actor *actor, const struct step *step) {
  int fd = file_of(step->text, O_WRONLY);
  long at = 0;
  (void)actor;
  for (; at < step->number[0]; at += 1 << 20) MUST(pwrite(fd, block, 1 << 20, at) == 1 << 20);
}

/* scan BYTES FILE: reads so much through the page cache. */
static void scan(struct actor *actor, const struct step *step) {
  int fd = file_of(step->text, O_RDONLY);
  (void)actor;
  for (long at = 0; at < step->number[0]; at += 1 << 20) MUST(pread(fd, block, 1 << 20, at % FILE_BYTES) == 1 << 20);
}

/* drop FILE: out of the page cache. */
static void drop(struct actor *actor, const struct step *step) {
  (void)actor;
  MUST(posix_fadvise(file_of(step->text, O_RDONLY), 0, 0, POSIX_FADV_DONTNEED) == 0);
}

/* walk PAGES DROP FILE: touches pages of a mapping of it; out of the page cache before that where DROP is 1. */
static void walk(struct actor *actor, const struct step *step) {
  int fd = file_of(step->text, O_RDONLY), sum = 0;
  (void)actor;
  if (step->number[1]) MUST(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0);
  volatile char *memory = mmap(NULL, FILE_BYTES, PROT_READ, MAP_SHARED, fd, 0);
  MUST(memory != MAP_FAILED && madvise((void *)memory, FILE_BYTES, MADV_RANDOM) == 0);
  for (long i = 0; i < step->number[0]; i++) sum += memory[(size_t)draw(FILE_BYTES / BLOCK) * BLOCK];
  munmap((void *)memory, FILE_BYTES);
  MUST(sum >= 0);
}

const struct act disk_acts[] = {
    {"prepare", prepare}, {"pread", read_direct}, {"fsync", write_sync}, {"dirty", write_dirty},
    {"scan", scan},       {"drop", drop},         {"walk", walk},        {NULL, NULL},
};
