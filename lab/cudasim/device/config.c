/* cudasim, a simulated test device: reads CUDASIM_* once. Knows names, defaults and units; not what they are used for. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../abi.h"

struct config config;

static double number(const char *name, double fallback) {
  const char *text = getenv(name);
  if (text == NULL || *text == '\0') return fallback;
  char *end;
  double value = strtod(text, &end);
  if (*end == '\0' && value >= 0) return value;
  fprintf(stderr, "cudasim: %s=%s is not a number of at least 0; using %g\n", name, text, fallback);
  return fallback;
}

static uint64_t microseconds(const char *name, double fallback) { return (uint64_t)(number(name, fallback) * 1e3); }

/* Index of the value among `choices` (NULL-terminated), the first being the default. */
static int choice(const char *name, const char *const *choices) {
  const char *text = getenv(name);
  if (text == NULL || *text == '\0') return 0;
  for (int i = 0; choices[i] != NULL; i++)
    if (strcmp(text, choices[i]) == 0) return i;
  fprintf(stderr, "cudasim: %s=%s is not a known choice; using %s\n", name, text, choices[0]);
  return 0;
}

void config_read(void) {
  static const char *const sync[] = {"spin", "yield", "block", NULL};
  static const char *const host_func[] = {"thread", "inline", NULL};
  config = (struct config){
      .kernel_ns = microseconds("CUDASIM_KERNEL_US", 20),
      .launch_ns = microseconds("CUDASIM_LAUNCH_US", 0),
      .lazy_load_ns = microseconds("CUDASIM_LAZY_LOAD_US", 300),
      .module_load_ns = microseconds("CUDASIM_MODULE_LOAD_US", 0),
      .init_ns = microseconds("CUDASIM_INIT_US", 0),
      .copy_latency_ns = microseconds("CUDASIM_COPY_LATENCY_US", 2),
      .memset_ns = microseconds("CUDASIM_MEMSET_US", 2),
      .graph_ns = microseconds("CUDASIM_GRAPH_US", 5),
      .instantiate_ns = microseconds("CUDASIM_INSTANTIATE_US", 20),
      .alloc_ns = microseconds("CUDASIM_ALLOC_US", 10),
      .free_ns = microseconds("CUDASIM_FREE_US", 10),
      .pageable_rate = number("CUDASIM_PAGEABLE_GBPS", 6),
      .pinned_rate = number("CUDASIM_PINNED_GBPS", 25),
      .device_rate = number("CUDASIM_DEVICE_GBPS", 1000),
      .memory_bytes = (size_t)(number("CUDASIM_MEMORY_MIB", 16384) * 1048576),
      .move_bytes = (size_t)number("CUDASIM_MOVE_BYTES", 65536),
      .queue_length = (uint32_t)number("CUDASIM_QUEUE", 1024),
      .devices = (int)number("CUDASIM_DEVICES", 1),
      .sync = (enum sync_mode)choice("CUDASIM_SYNC", sync),
      .host_func_inline = choice("CUDASIM_HOST_FUNC", host_func) == 1,
      .alloc_drains = number("CUDASIM_ALLOC_DRAINS", 1) != 0,
  };
  if (config.queue_length < 1) config.queue_length = 1;
  if (config.queue_length > 1 << 20) config.queue_length = 1 << 20;
  if (config.devices > 8) config.devices = 8;
  if (number("CUDASIM_VERBOSE", 0) != 0) fprintf(stderr, "cudasim: %s (%s)\n", SIM_VERSION_TEXT, SIM_DEVICE_NAME);
}
