/* cudasim, a simulated test device: see function.h. */
#include "function.h"

#include <pthread.h>
#include <string.h>

#include "clock.h"
#include "slots.h"

static struct function functions[8192];
static struct slots table = SLOTS(functions);
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static _Atomic uint64_t loads;

struct function *function_get(const void *owner, const char *name) {
  struct function *found = NULL;
  pthread_mutex_lock(&lock);
  for (uint32_t i = 0; i < table.used && found == NULL; i++)
    if (functions[i].owner == owner && strncmp(functions[i].name, name, sizeof functions[i].name - 1) == 0)
      found = &functions[i];
  if (found == NULL && (found = slots_take(&table)) != NULL) {
    found->owner = owner;
    strncpy(found->name, name, sizeof found->name - 1);
    found->kernel_ns = config.kernel_ns;
    found->live = 1;
  }
  pthread_mutex_unlock(&lock);
  return found;
}

struct function *function_of(const void *handle) {
  struct function *function = (struct function *)handle;
  return slots_holds(&table, function) && function->live ? function : NULL;
}

static void load(struct function *function) {
  if (atomic_exchange(&function->loading, 1)) {
    progress_wait(&function->loaded, 1, SYNC_BLOCK);
    return;
  }
  clock_burn(config.lazy_load_ns);
  atomic_fetch_add(&loads, 1);
  progress_set(&function->loaded, 1);
}

void function_ensure_loaded(struct function *function) {
  if (!progress_reached(&function->loaded, 1)) load(function);
}

uint64_t function_loads(void) { return loads; }
