/* Leaves CUDA calls of the simulated test device in the ways that confuse a tracer: by longjmp out of a host callback, and
 * from a signal handler on an alternate stack that makes calls itself; between them, plain calls. Prints the truth. */
#define _GNU_SOURCE
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#include "cuda.h"
#include "options.h"
#include "truth.h"

static long jumps = 5, signals = 7, launches = 23;
static const char *out_path = "-";
static const char *altstack = "below";

static const struct option options[] = {
    {"--jumps", &jumps, NULL, 0, "calls left by longjmp (5)"},
    {"--signals", &signals, NULL, 0, "signals that arrive within a call; the handler makes two calls (7)"},
    {"--launches", &launches, NULL, 0, "plain cudaLaunchKernel calls after each of the two (23)"},
    {"--altstack", NULL, &altstack, 0, "where the handler's stack lies: below or above the normal one (below)"},
    {"--out", NULL, &out_path, 0, "file for the truth, - for standard output (-)"},
    {NULL, NULL, NULL, 0, NULL},
};

static struct truth truth;
static jmp_buf out_of_call;
static cudaEvent_t event;
static char kernel;
static const char *handler_stack_lies = "below";
static stack_t handler_stack;

static void launch(unsigned int i) {
  CALL(&truth, cudaLaunchKernel, cudaLaunchKernel(&kernel, (dim3){i + 1, 1, 1}, (dim3){32, 1, 1}, NULL, 0, NULL),
       "\"grid_x\":%u,\"block_x\":32", i + 1);
}

static void jump(void *unused) {
  (void)unused;
  launch(100);
  longjmp(out_of_call, 1);
}

/* The call does not return: its row gets the moment of the landing, "left" and no result of its own. */
static void call_left_by_longjmp(void) {
  volatile size_t at = truth_begin(&truth, "cudaLaunchHostFunc");
  snprintf(truth.rows[at].args, sizeof truth.rows[at].args, "\"left\":\"longjmp\"");
  volatile uint64_t start = now_ns();
  if (setjmp(out_of_call) == 0) cudaLaunchHostFunc(NULL, jump, NULL);
  truth_end(&truth, at, start, now_ns(), -1);
}

static void handler(int number) {
  (void)number;
  launch(200);
  CALL(&truth, cudaEventQuery, cudaEventQuery(event), "\"event\":%llu", (unsigned long long)(size_t)event);
}

static void raise_here(void *unused) {
  (void)unused;
  raise(SIGUSR1);
}

static void call_interrupted_by_signal(void) {
  CALL(&truth, cudaLaunchHostFunc, cudaLaunchHostFunc(NULL, raise_here, NULL), "\"left\":\"no\"");
}

static void make_handler_stack(void) {
  handler_stack.ss_size = 1 << 18;
  handler_stack.ss_sp =
      mmap(NULL, handler_stack.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (handler_stack.ss_sp == MAP_FAILED) {
    perror("longjmp: cannot make the alternate stack");
    exit(1);
  }
}

static void install_handler(void) {
  if (sigaltstack(&handler_stack, NULL) != 0) {
    perror("longjmp: cannot use the alternate stack");
    exit(1);
  }
  char here;
  handler_stack_lies = (char *)handler_stack.ss_sp > &here ? "above" : "below";
  struct sigaction action = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
  sigaction(SIGUSR1, &action, NULL);
}

static void *work(void *unused) {
  truth.tid = own_tid();
  install_handler();
  CALL(&truth, cudaSetDevice, cudaSetDevice(0), "\"device\":0");
  CALL(&truth, cudaEventCreate, cudaEventCreate(&event), "\"event\":%llu", (unsigned long long)(size_t)event);
  launch(0);
  for (long i = 0; i < jumps; i++) call_left_by_longjmp();
  for (long i = 0; i < launches; i++) launch((unsigned)i);
  for (long i = 0; i < signals; i++) call_interrupted_by_signal();
  for (long i = 0; i < launches; i++) launch((unsigned)i);
  return unused;
}

int main(int argc, char **argv) {
  read_options(argc, argv, "longjmp: leaves and interrupts CUDA calls on the simulated test device", options);
  setenv("CUDASIM_KERNEL_US", "0", 1);
  setenv("CUDASIM_HOST_FUNC", "inline", 1);
  FILE *to = strcmp(out_path, "-") == 0 ? stdout : fopen(out_path, "w");
  if (to == NULL) {
    perror(out_path);
    return 1;
  }
  make_handler_stack();
  /* Mappings are made downwards, so a thread that is created after the handler's stack has its own stack below it. */
  if (strcmp(altstack, "above") == 0) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, work, NULL) != 0) return 1;
    pthread_join(thread, NULL);
  } else {
    work(NULL);
  }
  truth_write(&truth, to);
  fprintf(to,
          "{\"summary\":{\"pid\":%d,\"counts\":{\"cudaLaunchKernel\":%ld,\"cudaLaunchHostFunc\":%ld,\"cudaEventQuery\":%ld,"
          "\"cudaSetDevice\":1,\"cudaEventCreate\":1},\"left_by_longjmp\":%ld,\"altstack\":\"%s\",\"device\":\"%s\"}}\n",
          (int)getpid(), 1 + jumps + 2 * launches + signals, jumps + signals, signals, jumps, handler_stack_lies,
          cudaSimVersion());
  return fflush(to) == 0 ? 0 : 1;
}
