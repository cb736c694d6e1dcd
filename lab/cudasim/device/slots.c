/* cudasim, a simulated test device: see slots.h. */
#include "slots.h"

#include <stdlib.h>

void *slots_take(struct slots *slots) {
  void *item = NULL;
  pthread_mutex_lock(&slots->lock);
  if (slots->free_count > 0)
    item = slots->base + slots->size * slots->free_list[--slots->free_count];
  else if (slots->used < slots->count)
    item = slots->base + slots->size * slots->used++;
  pthread_mutex_unlock(&slots->lock);
  return item;
}

void slots_give(struct slots *slots, void *item) {
  pthread_mutex_lock(&slots->lock);
  if (slots->free_list == NULL) slots->free_list = calloc(slots->count, sizeof(uint32_t));
  if (slots->free_list != NULL)
    slots->free_list[slots->free_count++] = (uint32_t)(((char *)item - slots->base) / (ptrdiff_t)slots->size);
  pthread_mutex_unlock(&slots->lock);
}
