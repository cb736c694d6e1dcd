/* cudasim, a simulated test device: its settings, read once from CUDASIM_* environment variables (see ../README.md). */
#ifndef CUDASIM_CONFIG_H
#define CUDASIM_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sync_mode { SYNC_SPIN, SYNC_YIELD, SYNC_BLOCK };

/* Times in ns; bandwidths in bytes per ns, which equals GB/s, 0 = infinitely fast; sizes in bytes. */
struct config {
  uint64_t kernel_ns, launch_ns, lazy_load_ns, module_load_ns, init_ns;
  uint64_t copy_latency_ns, memset_ns, graph_ns, instantiate_ns, alloc_ns, free_ns;
  double pageable_rate, pinned_rate, device_rate;
  size_t memory_bytes, move_bytes;
  uint32_t queue_length;
  int devices;
  enum sync_mode sync;
  bool host_func_inline, alloc_drains;
};

/* Valid after config_read, which device_init calls once. */
extern struct config config;
void config_read(void);

/* ns that `bytes` take at `rate` bytes per ns. */
static inline uint64_t transfer_ns(size_t bytes, double rate) {
  return rate > 0 ? (uint64_t)((double)bytes / rate) : 0;
}

#endif
