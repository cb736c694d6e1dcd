/* Waits for a disk: FOLDER [GROUP]. Without a group: fsync of much and of little, reads past the page cache, faults in a
 * mapped file. With the file of a blkio group that lets little through: reads as a member of that group. */
#include "truth.h"
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

enum { BLOCK = 256 * 1024, BLOCKS = 160, READS = 48, PAGES = 150, PAGE = 4096, SYNCS = 24 };
static char path[4096];
static char *block;
static struct stat status;

static int open_file(int flags) {
  int fd = open(path, flags | O_CLOEXEC, 0600);
  MUST(fd >= 0);
  return fd;
}

static void report(const struct truth *t, int times, size_t bytes) {
  tell(t, ",\"inode\":%lu,\"device\":\"%u:%u\",\"times\":%d,\"bytes\":%zu", (unsigned long)status.st_ino, major(status.st_dev),
       minor(status.st_dev), times, bytes);
}

/* Writes the file that the other phases read; to write it back takes the disk. */
static void sync_much(void) {
  struct truth t = {.phase = "fsync"};
  int fd = open_file(O_RDWR | O_CREAT | O_TRUNC);
  for (int i = 0; i < BLOCKS; i++) MUST(write(fd, block, BLOCK) == BLOCK);
  enter(&t);
  MUST(fsync(fd) == 0);
  leave(&t);
  MUST(fstat(fd, &status) == 0);
  report(&t, 1, (size_t)BLOCK * BLOCKS);
  close(fd);
}

/* A file that grows: each fsync needs a commit of the journal, which a kernel thread makes. */
static void sync_little(void) {
  struct truth t = {.phase = "journal"};
  int fd = open_file(O_WRONLY | O_APPEND);
  enter(&t);
  for (int i = 0; i < SYNCS; i++) MUST(write(fd, block, PAGE) == PAGE && fsync(fd) == 0);
  leave(&t);
  report(&t, SYNCS, PAGE);
  close(fd);
}

static void read_direct(const char *phase, int reads, size_t size) {
  struct truth t = {.phase = phase};
  struct rusage before, after;
  int fd = open_file(O_RDONLY | O_DIRECT);
  getrusage(RUSAGE_THREAD, &before);
  enter(&t);
  for (int i = 0; i < reads; i++) MUST(pread(fd, block, size, (off_t)i * BLOCK) == (ssize_t)size);
  leave(&t);
  getrusage(RUSAGE_THREAD, &after);
  report(&t, (int)(after.ru_nvcsw - before.ru_nvcsw), size);
  close(fd);
}

static void fault(void) {
  struct truth t = {.phase = "faults"};
  struct rusage before, after;
  int fd = open_file(O_RDONLY), sum = 0;
  MUST(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0);
  volatile char *memory = mmap(NULL, (size_t)PAGES * 4 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
  MUST(memory != MAP_FAILED && madvise((void *)memory, (size_t)PAGES * 4 * PAGE, MADV_RANDOM) == 0);
  getrusage(RUSAGE_THREAD, &before);
  enter(&t);
  for (int i = 0; i < PAGES; i++) sum += memory[(size_t)i * 4 * PAGE];
  leave(&t);
  getrusage(RUSAGE_THREAD, &after);
  MUST(sum != 1);
  MUST(after.ru_majflt - before.ru_majflt > PAGES * 9 / 10);
  report(&t, (int)(after.ru_nvcsw - before.ru_nvcsw), PAGE);
  close(fd);
}

static void join_group(const char *file) {
  int fd = open(file, O_WRONLY | O_CLOEXEC);
  MUST(fd >= 0 && write(fd, "0", 1) == 1);
  close(fd);
}

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  snprintf(path, sizeof path, "%s/truth-disk.data", argv[1]);
  MUST(posix_memalign((void **)&block, PAGE, BLOCK) == 0);
  memset(block, 1, BLOCK);
  sync_much();
  if (argc > 2) {
    join_group(argv[2]);
    read_direct("throttled", 2, 65536);
  } else {
    sync_little();
    read_direct("direct", READS, BLOCK);
    fault();
  }
  unlink(path);
  return 0;
}
