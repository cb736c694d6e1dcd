// Calls from many kinds of C++ code that keep no frame pointers, to be compiled with -O2 -fomit-frame-pointer. Each of the
// ways below ends in one call of cudaMalloc, in a known order; a thread makes the last one. Nothing may be inlined or end
// in a jump: every function does something after its call.
#include <alloca.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

extern "C" int cudaMalloc(void **pointer, size_t bytes);

#define KEPT __attribute__((noinline, noclone, noipa))

namespace work {

volatile int sink;

KEPT int allocate(int size) {
  void *pointer = nullptr;
  int result = cudaMalloc(&pointer, size);
  sink = sink + result;
  return result + 1;
}

KEPT int plain(int size) { return allocate(size) + sink; }

KEPT int recursive(int depth) {
  if (depth == 0) return allocate(256) + 1;
  int below = recursive(depth - 1);
  sink = sink + depth;
  return below + depth;
}

template <typename Number>
KEPT Number templated(Number start) {
  std::vector<Number> numbers(16, start);
  Number result = allocate(512) + numbers[3];
  sink = sink + 1;
  return result + numbers.back();
}

struct Shape {
  virtual ~Shape() = default;
  virtual int area(int scale) const = 0;
};
struct Square : Shape {
  KEPT int area(int scale) const override {
    int result = allocate(scale);
    sink = sink + scale;
    return result * scale;
  }
};
KEPT int virtual_call(const Shape &shape) { return shape.area(1024) + sink; }

KEPT int through_function(const std::function<int(int)> &function) { return function(2048) + sink; }

int comparisons;
KEPT int compare(const void *a, const void *b) {
  if (comparisons++ == 0) sink = sink + allocate(4096);
  return *static_cast<const int *>(a) - *static_cast<const int *>(b);
}
KEPT int through_qsort() {
  int numbers[] = {3, 1, 2};
  comparisons = 0;
  qsort(numbers, 3, sizeof numbers[0], compare);
  return numbers[sink & 1];
}

KEPT int through_alloca(int size) {
  char *room = static_cast<char *>(alloca(size));
  memset(room, 1, size);
  int result = allocate(room[size / 2] * 128);
  sink = sink + room[size - 1];
  return result + room[0];
}

KEPT int many_arguments(int a, int b, int c, int d, int e, int f, int g, int h, long i, double j) {
  int result = allocate(a + b + c + d + e + f + g + h);
  sink = sink + static_cast<int>(i + j);
  return result + a * b * c * d * e * f * g * h;
}

KEPT int in_catch() {
  try {
    if (sink >= 0) throw 7;
  } catch (int thrown) {
    int result = allocate(thrown * 100);
    sink = sink + thrown;
    return result + thrown;
  }
  return 0;
}

KEPT int large_frame() {
  volatile char room[6000];
  for (unsigned i = 0; i < sizeof room; i++) room[i] = static_cast<char>(i);
  int result = allocate(room[17]);
  return result + room[sink & 1023];
}

KEPT int in_lambda() {
  auto lambda = [](int size) __attribute__((noinline, noclone)) {
    int result = allocate(size);
    sink = sink + size;
    return result + size;
  };
  return lambda(8192) + sink;
}

KEPT void in_thread() {
  sink = sink + allocate(16384);
  sink = sink + 1;
}

}  // namespace work

int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 1;
  int sum = 0;
  for (int round = 0; round < rounds; round++) {
    sum += work::plain(128);
    sum += work::recursive(6);
    sum += work::templated<int>(3);
    sum += static_cast<int>(work::templated<double>(3.5));
    work::Square square;
    sum += work::virtual_call(square);
    sum += work::through_function([](int size) { return work::allocate(size) + work::sink; });
    sum += work::through_qsort();
    sum += work::through_alloca(300 + round);
    sum += work::many_arguments(1, 2, 3, 4, 5, 6, 7, 8, 9, 10.5);
    sum += work::in_catch();
    sum += work::large_frame();
    sum += work::in_lambda();
    std::thread thread(work::in_thread);
    thread.join();
  }
  printf("%d\n", sum & 1);
  return 0;
}
