/* cudasim, a simulated test device: see event.h. */
#include "event.h"

#include <stddef.h>

#include "slots.h"

static struct event events[65536];
static struct slots table = SLOTS(events);

struct event *event_create(unsigned int flags) {
  struct event *event = slots_take(&table);
  if (event == NULL) return NULL;
  event->flags = flags;
  event->time_ns = 0;
  event->recorded = 0;
  event->done.value = 0;
  event->references = 1;
  event->live = 1;
  return event;
}

struct event *event_of(CUevent handle) {
  struct event *event = (struct event *)handle;
  return slots_holds(&table, event) && atomic_load_explicit(&event->live, memory_order_relaxed) ? event : NULL;
}

void event_retain(struct event *event) { atomic_fetch_add(&event->references, 1); }

void event_release(struct event *event) {
  if (atomic_fetch_sub(&event->references, 1) == 1) slots_give(&table, event);
}

void event_destroy(struct event *event) {
  if (atomic_exchange(&event->live, 0)) event_release(event);
}

uint32_t event_begin_record(struct event *event) {
  event_retain(event);
  return atomic_fetch_add(&event->recorded, 1) + 1;
}

void event_finish(struct event *event, uint32_t seq, uint64_t when) {
  /* A record on another stream may have finished later-numbered work first; never go back. */
  if (!progress_reached(&event->done, seq)) {
    event->time_ns = when;
    progress_set(&event->done, seq);
  }
  event_release(event);
}

bool event_is_done(struct event *event, uint32_t seq) { return progress_reached(&event->done, seq); }

void event_wait(struct event *event, enum sync_mode mode) {
  event_retain(event);
  progress_wait(&event->done, atomic_load(&event->recorded), mode);
  event_release(event);
}
