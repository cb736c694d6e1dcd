/* cudasim, a simulated test device: see memory.h. Live allocations are an array sorted by address; first fit. */
#define _GNU_SOURCE
#include "memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct block {
  uintptr_t start;
  size_t size;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct block *blocks;
static size_t block_count, block_room, first_gap, used_bytes, total_bytes_;
static uintptr_t range_start, range_end;

/* Raised by every give, so that a thread's remembered allocation is never trusted after it may have gone. */
static _Atomic uint32_t generation = 1;
static __thread struct block remembered;
static __thread uint32_t remembered_at;

bool memory_reserve(size_t bytes) {
  /* Twice the memory, so that a fragmented range still holds what the accounting allows. */
  size_t range = bytes * 2 + (1 << 21);
  void *at = mmap(NULL, range, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) return false;
  madvise(at, range, MADV_DONTDUMP);
  madvise(at, range, MADV_NOHUGEPAGE);
  range_start = (uintptr_t)at;
  range_end = range_start + range;
  total_bytes_ = bytes;
  return true;
}

/* Index of the first block that starts after `address`. */
static size_t upper_bound(uintptr_t address) {
  size_t low = 0, high = block_count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (blocks[middle].start <= address)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static uintptr_t gap_start(size_t index) {
  return index == 0 ? range_start : blocks[index - 1].start + blocks[index - 1].size;
}

/* Index at which a block of `size` fits, searching from `from`; block_count + 1 when none does. */
static size_t find_gap(size_t from, size_t size) {
  for (size_t i = from; i <= block_count; i++) {
    uintptr_t end = i < block_count ? blocks[i].start : range_end;
    if (end - gap_start(i) >= size) return i;
  }
  return block_count + 1;
}

static void *insert(size_t size) {
  if (size > total_bytes_ - used_bytes) return NULL;
  if (block_count == block_room) {
    size_t room = block_room ? block_room * 2 : 256;
    struct block *grown = realloc(blocks, room * sizeof *blocks);
    if (grown == NULL) return NULL;
    blocks = grown;
    block_room = room;
  }
  size_t at = find_gap(first_gap, size);
  if (at > block_count) at = find_gap(0, size);
  if (at > block_count) return NULL;
  struct block block = {gap_start(at), size};
  memmove(&blocks[at + 1], &blocks[at], (block_count - at) * sizeof *blocks);
  blocks[at] = block;
  block_count++;
  used_bytes += size;
  first_gap = at + 1;
  return (void *)block.start;
}

void *memory_take(size_t bytes) {
  if (bytes > total_bytes_) return NULL;
  pthread_mutex_lock(&lock);
  void *address = insert((bytes + 511) & ~(size_t)511);
  pthread_mutex_unlock(&lock);
  return address;
}

bool memory_give(void *address) {
  pthread_mutex_lock(&lock);
  size_t at = upper_bound((uintptr_t)address);
  bool found = at > 0 && blocks[at - 1].start == (uintptr_t)address;
  if (found) {
    at--;
    used_bytes -= blocks[at].size;
    memmove(&blocks[at], &blocks[at + 1], (block_count - at - 1) * sizeof *blocks);
    block_count--;
    if (first_gap > at) first_gap = at;
    atomic_fetch_add(&generation, 1);
  }
  pthread_mutex_unlock(&lock);
  return found;
}

bool memory_is_device(const void *address) {
  return (uintptr_t)address >= range_start && (uintptr_t)address < range_end;
}

static bool within(struct block block, uintptr_t start, size_t bytes) {
  return start >= block.start && start - block.start <= block.size && bytes <= block.size - (start - block.start);
}

bool memory_covers(const void *address, size_t bytes) {
  uintptr_t start = (uintptr_t)address;
  uint32_t now = atomic_load(&generation);
  if (remembered_at == now && within(remembered, start, bytes)) return true;
  if (!memory_is_device(address)) return false;
  pthread_mutex_lock(&lock);
  size_t at = upper_bound(start);
  struct block block = at > 0 ? blocks[at - 1] : (struct block){0, 0};
  remembered_at = atomic_load(&generation);
  remembered = block;
  pthread_mutex_unlock(&lock);
  return within(block, start, bytes);
}

void memory_info(size_t *free_bytes, size_t *total_bytes) {
  pthread_mutex_lock(&lock);
  *free_bytes = total_bytes_ - used_bytes;
  *total_bytes = total_bytes_;
  pthread_mutex_unlock(&lock);
}
