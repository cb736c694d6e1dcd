/* cudasim, a simulated test device: events. Each record gets a number; the event is done when that number is reached. */
#ifndef CUDASIM_EVENT_H
#define CUDASIM_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "../abi.h"
#include "progress.h"

struct event {
  _Atomic int live;
  _Atomic uint32_t references;
  _Atomic uint32_t recorded;
  _Atomic uint64_t time_ns;
  struct progress done;
  unsigned int flags;
};

/* NULL when the table of 65,536 events is full. */
struct event *event_create(unsigned int flags);
void event_destroy(struct event *event);

/* NULL when the handle is not a live event. */
struct event *event_of(CUevent handle);

/* Number of the next record; the event cannot go away until event_finish of that number. */
uint32_t event_begin_record(struct event *event);
void event_finish(struct event *event, uint32_t seq, uint64_t when);

void event_retain(struct event *event);
void event_release(struct event *event);

bool event_is_done(struct event *event, uint32_t seq);
void event_wait(struct event *event, enum sync_mode mode);

#endif
