/* Nests, recurses and leaves calls of nesting-runtime.c. Prints nothing: the numbers are the test's. */
#include <errno.h>
#include <linux/sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int cudaStreamSynchronize(void (*callback)(void));
int cudaEventSynchronize(void *event);
int cudaEventQuery(void *event);

static int left;
static jmp_buf out;

static void deeper(void) {
  if (--left > 0) cudaStreamSynchronize(deeper);
}

static void deeper_and_away(void) {
  if (--left > 0) cudaStreamSynchronize(deeper_and_away);
  longjmp(out, 1);
}

static void recurse(int depth) {
  left = depth;
  cudaStreamSynchronize(deeper);
}

__attribute__((noinline)) static void leave(int depth) {
  left = depth;
  if (setjmp(out) == 0) cudaStreamSynchronize(deeper_and_away);
}

static void end_here(void) { _exit(7); }

static void hang(void) { pause(); }

enum { PLACES = 16384, TAKEN = 17 }; /* THREAD_PLACES of bpf/frames.h; the id is another process's */
static int status;
static void with_a_child(void) {
  pid_t wanted = getpid() ^ PLACES;
  struct clone_args args = {.exit_signal = SIGCHLD, .set_tid = (uintptr_t)&wanted, .set_tid_size = 1};
  pid_t child = syscall(SYS_clone3, &args, sizeof args);
  if (child == 0) {
    for (; left > 0; left--) cudaEventQuery(0);
    _exit(0);
  }
  if (child < 0) status = errno == EEXIST ? TAKEN : 1;
  else waitpid(child, NULL, 0);
}

static char **words;
static void become_another(void) { execl(words[0], words[0], "r", words[2], NULL); }

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  int n = atoi(argv[2]);
  switch (argv[1][0]) {
    case 'r': /* n nested calls, then one */
      recurse(n);
      cudaEventQuery(0);
      return 0;
    case 'l': /* three nested calls left by longjmp, n times, each followed by two plain calls */
      for (int i = 0; i < n; i++) {
        leave(3);
        cudaEventQuery(0);
        cudaStreamSynchronize(0);
      }
      return 0;
    case 't': /* n times a call that becomes another */
      for (int i = 0; i < n; i++) cudaEventSynchronize(&left);
      return 0;
    case 'x': /* the process ends inside a call */
      cudaStreamSynchronize(end_here);
      return 0;
    case 'h': /* a call that does not come back */
      cudaStreamSynchronize(hang);
      return 0;
    case 'p': /* in a call, a child whose id differs in a bit makes n */
      left = n;
      cudaStreamSynchronize(with_a_child);
      return status;
    case 'e': /* another program takes over inside a call */
      words = argv;
      cudaStreamSynchronize(become_another);
  }
  return 2;
}
