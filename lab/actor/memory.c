/* Steps that ask for memory, and page faults that another thread serves after a while. */
#include "actor.h"
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>

static char *map(size_t size) {
  char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  MUST(memory != MAP_FAILED && madvise(memory, size, MADV_NOHUGEPAGE) == 0);
  return memory;
}

/* touch MIB: asks for it, writes to each page, gives it back. */
static __attribute__((noinline)) void touch(struct actor *actor, const struct step *step) {
  size_t size = (size_t)step->number[0] << 20;
  char *memory = map(size);
  (void)actor;
  for (size_t at = 0; at < size; at += BLOCK) memory[at] = 1;
  munmap(memory, size);
}

/* leak MIB: the same, and keeps it. */
static void leak(struct actor *actor, const struct step *step) {
  size_t size = (size_t)step->number[0] << 20;
  char *memory = map(size);
  (void)actor;
  for (size_t at = 0; at < size; at += BLOCK) memory[at] = 1;
}

static int faults = -1;
static char *page;

/* remote_memory: a page whose faults a thread of this process serves. */
static void remote_memory(struct actor *actor, const struct step *step) {
  struct uffdio_api api = {.api = UFFD_API};
  struct uffdio_register range = {.range.len = BLOCK, .mode = UFFDIO_REGISTER_MODE_MISSING};
  (void)actor;
  (void)step;
  int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
  MUST(fd >= 0);
  page = map(BLOCK);
  range.range.start = (uintptr_t)page;
  MUST(ioctl(fd, UFFDIO_API, &api) == 0 && ioctl(fd, UFFDIO_REGISTER, &range) == 0);
  __atomic_store_n(&faults, fd, __ATOMIC_RELEASE);
}

/* fault: touches that page after it was given back. */
static void fault(struct actor *actor, const struct step *step) {
  (void)actor;
  (void)step;
  MUST(madvise(page, BLOCK, MADV_DONTNEED) == 0);
  *(volatile char *)page;
}

/* await_fault: waits for one; serve_fault: gives it its page. */
static __thread uint64_t wanted;
static void await_fault(struct actor *actor, const struct step *step) {
  struct uffd_msg message;
  (void)actor;
  (void)step;
  while (__atomic_load_n(&faults, __ATOMIC_ACQUIRE) < 0) nap_us(500);
  MUST(read(faults, &message, sizeof message) == sizeof message && message.event == UFFD_EVENT_PAGEFAULT);
  wanted = message.arg.pagefault.address & ~(uint64_t)(BLOCK - 1);
}
static char source[BLOCK] __attribute__((aligned(BLOCK)));
static void serve_fault(struct actor *actor, const struct step *step) {
  struct uffdio_copy copy = {.src = (uintptr_t)source, .len = BLOCK, .dst = wanted};
  (void)actor;
  (void)step;
  MUST(ioctl(faults, UFFDIO_COPY, &copy) == 0);
}

const struct act memory_acts[] = {
    {"touch", touch}, {"leak", leak},           {"remote_memory", remote_memory},
    {"fault", fault}, {"await_fault", await_fault}, {"serve_fault", serve_fault}, {NULL, NULL},
};
