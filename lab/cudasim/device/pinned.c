/* cudasim, a simulated test device: see pinned.h. A small table that readers scan without a lock. */
#define _GNU_SOURCE
#include "pinned.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>

enum { ROOM = 4096 };

struct range {
  _Atomic uintptr_t start;
  _Atomic size_t size;
  bool ours;
};

static struct range ranges[ROOM];
static _Atomic uint32_t high_water;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool add(void *address, size_t bytes, bool ours) {
  bool added = false;
  pthread_mutex_lock(&lock);
  for (uint32_t i = 0; i < ROOM && !added; i++) {
    if (ranges[i].start != 0) continue;
    ranges[i].size = bytes;
    ranges[i].ours = ours;
    ranges[i].start = (uintptr_t)address;
    if (i >= high_water) high_water = i + 1;
    added = true;
  }
  pthread_mutex_unlock(&lock);
  return added;
}

/* Size of the removed range, 0 when there is none at this address. */
static size_t take_out(void *address, bool ours) {
  size_t size = 0;
  pthread_mutex_lock(&lock);
  for (uint32_t i = 0; i < high_water && size == 0 && address != NULL; i++) {
    if (ranges[i].start != (uintptr_t)address || ranges[i].ours != ours) continue;
    size = ranges[i].size;
    ranges[i].start = 0;
  }
  pthread_mutex_unlock(&lock);
  return size;
}

void *pinned_take(size_t bytes) {
  void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) return NULL;
  if (add(at, bytes, true)) return at;
  munmap(at, bytes);
  return NULL;
}

bool pinned_give(void *address) {
  size_t size = take_out(address, true);
  return size != 0 && munmap(address, size) == 0;
}

bool pinned_register(void *address, size_t bytes) { return add(address, bytes, false); }

bool pinned_unregister(void *address) { return take_out(address, false) != 0; }

bool pinned_covers(const void *address, size_t bytes) {
  uint32_t count = atomic_load_explicit(&high_water, memory_order_acquire);
  for (uint32_t i = 0; i < count; i++) {
    uintptr_t start = ranges[i].start;
    if (start != 0 && (uintptr_t)address >= start && (uintptr_t)address - start + bytes <= ranges[i].size) return true;
  }
  return false;
}
