/* cudasim, a simulated test device: fixed tables of objects, so that a handle can be checked without touching it. */
#ifndef CUDASIM_SLOTS_H
#define CUDASIM_SLOTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slots {
  char *base;
  size_t size;
  uint32_t count, used, free_count;
  uint32_t *free_list;
  pthread_mutex_t lock;
};

/* A table over the static array ITEMS. */
#define SLOTS(ITEMS)                                                                              \
  {                                                                                               \
    .base = (char *)(ITEMS), .size = sizeof((ITEMS)[0]), .count = sizeof(ITEMS) / sizeof((ITEMS)[0]), \
    .lock = PTHREAD_MUTEX_INITIALIZER                                                             \
  }

/* An unused item (its former content is kept), or NULL when all are in use. */
void *slots_take(struct slots *slots);
void slots_give(struct slots *slots, void *item);

/* Whether `handle` is the address of an item that was taken at some time; the item itself says if it is alive. */
static inline bool slots_holds(const struct slots *slots, const void *handle) {
  uintptr_t offset = (uintptr_t)handle - (uintptr_t)slots->base;
  return offset < (uintptr_t)slots->size * slots->count && offset % slots->size == 0;
}

#endif
