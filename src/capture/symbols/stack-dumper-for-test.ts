// For tests only: a C++ program without frame pointers that copies its own registers and stack at several places, and says
// by which functions it came there. Must not be imported by anything but tests.

/** Built with `g++ -O2 -fomit-frame-pointer`, it prints one line of JSON for each place, then "ready", and waits. */
export const DUMPER = `
#include <alloca.h>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <pthread.h>
#include <stdexcept>
#include <vector>

#define FAR __attribute__((noinline, noclone))
static char copied[32768];
static volatile int sink;
static char *top_of_stack;

extern "C" FAR void take(unsigned long *registers, const char *place, const char *chain, char *end) {
  char *from = (char *)registers[7];
  size_t size = std::min<size_t>(sizeof(copied), end - from);
  memcpy(copied, from, size);
  printf("{\\"place\\":\\"%s\\",\\"chain\\":\\"%s\\",\\"registers\\":[", place, chain);
  for (int i = 0; i < 17; i++) printf("%s\\"%lx\\"", i ? "," : "", registers[i]);
  printf("],\\"at\\":\\"%lx\\",\\"stack\\":\\"", (unsigned long)from);
  for (size_t i = 0; i < size; i++) printf("%02x", (unsigned char)copied[i]);
  puts("\\"}");
  fflush(stdout);
}

/* The registers as they are at the instruction whose address is kept as rip, in DWARF's order. */
extern "C" FAR void dump(const char *place, const char *chain, char *end) {
  unsigned long r[17] = {0};
  asm volatile(
      "movq %%rbx, 24(%0)\\n movq %%rbp, 48(%0)\\n movq %%rsp, 56(%0)\\n movq %%r12, 96(%0)\\n movq %%r13, 104(%0)\\n"
      "movq %%r14, 112(%0)\\n movq %%r15, 120(%0)\\n leaq 0(%%rip), %%rcx\\n movq %%rcx, 128(%0)\\n"
      : : "a"(r) : "rcx", "memory");
  take(r, place, chain, end);
  sink++;
}

FAR int nested_three(int a) { dump("nested", "nested_three nested_two nested_one main", top_of_stack); return a + sink; }
FAR int nested_two(int a) { return nested_three(a + 1) * 3 + a; }
FAR int nested_one(int a) { return nested_two(a * 2) - a; }

template <typename T> FAR T templated(T a, int depth) {
  dump("template", "templated main", top_of_stack);
  return a * depth + sink;
}

struct Shape {
  virtual ~Shape() {}
  virtual int area(int a) = 0;
};
struct Square : Shape {
  FAR int area(int a) override { dump("virtual", "area measure main", top_of_stack); return a * a + sink; }
};
FAR int measure(Shape *shape, int a) { return shape->area(a) + 1; }

FAR int recursion(int depth, volatile int *above) {
  volatile int own = depth + *above;
  if (depth == 0) dump("recursion", "recursion recursion recursion recursion recursion recursion main", top_of_stack);
  else own += recursion(depth - 1, &own);
  return own;
}

FAR int variable_frame(int bytes) {
  char *room = (char *)alloca(bytes);
  memset(room, bytes, bytes);
  dump("alloca", "variable_frame main", top_of_stack);
  return room[sink % bytes];
}

FAR int aligned_frame(int a) {
  alignas(64) char room[256];
  memset(room, a, sizeof(room));
  dump("aligned", "aligned_frame main", top_of_stack);
  return room[sink % 256];
}

FAR int many_arguments(int a, int b, int c, int d, int e, int f, int g, int h, int i, int j) {
  dump("arguments", "many_arguments passes_many main", top_of_stack);
  return a + b + c + d + e + f + g + h + i + j + sink;
}
FAR int passes_many(int a) { return many_arguments(a, a, a, a, a, a, a + 1, a + 2, a + 3, a + 4) + a; }

static bool told;
static int by_qsort(const void *a, const void *b) {
  if (!told) dump("qsort", "by_qsort ... sorts_with_c main", top_of_stack);
  told = true;
  return *(const int *)a - *(const int *)b;
}
FAR int sorts_with_c(int *numbers, int count) { told = false; qsort(numbers, count, sizeof(int), by_qsort); return numbers[0]; }

FAR static bool by_sort(int a, int b) {
  if (!told) dump("std::sort", "by_sort ... sorts_with_cpp main", top_of_stack);
  told = true;
  return a < b;
}
FAR int sorts_with_cpp(std::vector<int> &numbers) { told = false; std::sort(numbers.begin(), numbers.end(), by_sort); return numbers[0]; }

FAR int calls_lambda(int a) {
  auto quiet = [&](int b) noexcept __attribute__((noinline)) {
    dump("lambda", "operator() calls_lambda main", top_of_stack);
    return a * b + sink;
  };
  return quiet(a + 1) - 1;
}

FAR int thrower(int a) { if (a > 1000) throw std::runtime_error("no"); dump("catch", "thrower catcher main", top_of_stack); return a; }
FAR int catcher(int a) { try { return thrower(a) + 1; } catch (const std::exception &e) { return e.what()[0]; } }

static void on_signal(int) { dump("signal", "on_signal __restore_rt ... raises main", top_of_stack); sink++; }
FAR int raises(int a) { raise(SIGUSR1); return a + sink; }

FAR int in_thread(int a, char *end) { dump("thread", "in_thread thread_body ...", end); return a + sink; }
static void *thread_body(void *argument) {
  pthread_attr_t attributes;
  void *low; size_t size;
  pthread_getattr_np(pthread_self(), &attributes);
  pthread_attr_getstack(&attributes, &low, &size);
  sink += in_thread(sink, (char *)low + size);
  return argument;
}

extern void *__libc_stack_end;
int main() {
  top_of_stack = (char *)__libc_stack_end + 64;
  std::vector<int> numbers;
  for (int i = 0; i < 100; i++) numbers.push_back((i * 37) % 100);
  sink += nested_one(sink);
  sink += templated<long>(sink, 3);
  sink += measure(new Square(), sink);
  sink += recursion(5, &sink);
  sink += variable_frame(sink % 1000 + 100);
  sink += aligned_frame(sink);
  sink += passes_many(sink);
  sink += sorts_with_c(numbers.data(), 50);
  sink += sorts_with_cpp(numbers);
  sink += calls_lambda(sink);
  sink += catcher(3);
  signal(SIGUSR1, on_signal);
  sink += raises(3);
  pthread_t thread;
  pthread_create(&thread, nullptr, thread_body, nullptr);
  pthread_join(thread, nullptr);
  puts("ready");
  fflush(stdout);
  return getchar() == 0;
}
`;
