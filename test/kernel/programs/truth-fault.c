/* A page fault that another thread of the program serves, after a while: userfaultfd. Ends with 77 where the kernel does
 * not allow it. */
#include "truth.h"
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>

enum { SERVED_MS = 40, PAGE = 4096 };
static struct truth t = {.phase = "userfault"};
static char source[PAGE] __attribute__((aligned(PAGE)));
static int faults;

static void *serve(void *unused) {
  struct uffd_msg message;
  struct uffdio_copy copy = {.src = (uintptr_t)source, .len = PAGE};
  t.by = own_tid();
  MUST(read(faults, &message, sizeof message) == sizeof message && message.event == UFFD_EVENT_PAGEFAULT);
  copy.dst = message.arg.pagefault.address & ~(uint64_t)(PAGE - 1);
  nap(SERVED_MS);
  t.done = now();
  MUST(ioctl(faults, UFFDIO_COPY, &copy) == 0);
  return unused;
}

int main(void) {
  pthread_t handler;
  struct uffdio_api api = {.api = UFFD_API};
  struct uffdio_register range = {.range.len = PAGE, .mode = UFFDIO_REGISTER_MODE_MISSING};
  faults = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
  if (faults < 0) return 77;
  volatile char *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  MUST(page != MAP_FAILED);
  range.range.start = (uintptr_t)page;
  MUST(ioctl(faults, UFFDIO_API, &api) == 0 && ioctl(faults, UFFDIO_REGISTER, &range) == 0);
  source[0] = 7;
  t.by_pid = getpid();
  MUST(pthread_create(&handler, NULL, serve, NULL) == 0);
  nap(5);
  enter(&t);
  int seen = page[0];
  leave(&t);
  MUST(seen == 7);
  pthread_join(handler, NULL);
  tell(&t, "");
  return 0;
}
