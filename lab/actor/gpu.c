/* Steps that call the CUDA runtime: here the simulated device, whose times are settings. */
#include "actor.h"
#include "../workloads/cuda.h"
#include <dirent.h>

cudaError_t cudaSetDeviceFlags(unsigned flags);
enum { BLOCKING_SYNC = 4, FUNCTIONS = 512, COPY_BYTES = 16 << 20 };
static char functions[FUNCTIONS];
static void *device_memory, *pinned, *pageable;
static long fresh = FUNCTIONS / 2;

static void check(cudaError_t error) {
  if (error == 0) return;
  fprintf(stderr, "actor: a CUDA call failed with %d\n", error);
  _exit(3);
}

static void launch_one(long function) {
  dim3 one = {1, 1, 1};
  check(cudaLaunchKernel(&functions[function], one, one, NULL, 0, NULL));
}

/* A device does not wait for a CPU: the threads that play it come before all others, where that is allowed. */
static void prefer_device(void) {
  struct sched_param priority = {.sched_priority = 90};
  DIR *tasks = opendir("/proc/self/task");
  MUST(tasks != NULL);
  for (struct dirent *entry; (entry = readdir(tasks)) != NULL;) {
    char path[320], comm[16] = "";
    snprintf(path, sizeof path, "/proc/self/task/%s/comm", entry->d_name);
    FILE *file = fopen(path, "re");
    if (file == NULL) continue;
    if (fgets(comm, sizeof comm, file) != NULL && strncmp(comm, "cudasim", 7) == 0)
      sched_setscheduler(atoi(entry->d_name), SCHED_FIFO, &priority);
    fclose(file);
  }
  closedir(tasks);
}

/* gpu: first use, and memory for copies. */
static void gpu(struct actor *actor, const struct step *step) {
  (void)actor;
  (void)step;
  check(cudaSetDeviceFlags(BLOCKING_SYNC));
  check(cudaMalloc(&device_memory, COPY_BYTES));
  check(cudaMallocHost(&pinned, COPY_BYTES));
  pageable = malloc(COPY_BYTES);
  memset(pageable, 1, COPY_BYTES);
  launch_one(0);
  check(cudaStreamSynchronize(NULL));
  prefer_device();
}

/* launch COUNT [FUNCTION]: so many kernels, one after the other. */
static void launch(struct actor *actor, const struct step *step) {
  (void)actor;
  for (long i = 0; i < step->number[0]; i++) launch_one(step->number[1]);
}

/* launch_new: a kernel that was never used before. */
static void launch_new(struct actor *actor, const struct step *step) {
  (void)actor;
  (void)step;
  launch_one(fresh);
  if (fresh < FUNCTIONS - 1) fresh++;
}

static void synchronize(struct actor *actor, const struct step *step) {
  (void)actor;
  (void)step;
  check(cudaStreamSynchronize(NULL));
}

/* upload BYTES COUNT: so many copies from pageable memory; upload_pinned: from pinned. */
static void upload(struct actor *actor, const struct step *step) {
  (void)actor;
  for (long i = 0; i < (step->number[1] > 0 ? step->number[1] : 1); i++)
    check(cudaMemcpyAsync(device_memory, pageable, (size_t)step->number[0], cudaMemcpyHostToDevice, NULL));
}
static void upload_pinned(struct actor *actor, const struct step *step) {
  (void)actor;
  for (long i = 0; i < (step->number[1] > 0 ? step->number[1] : 1); i++)
    check(cudaMemcpyAsync(device_memory, pinned, (size_t)step->number[0], cudaMemcpyHostToDevice, NULL));
}

/* realloc BYTES: gives memory of the device back and asks for it again. */
static void *scratch;
static void reallocate(struct actor *actor, const struct step *step) {
  (void)actor;
  if (scratch != NULL) check(cudaFree(scratch));
  check(cudaMalloc(&scratch, (size_t)step->number[0]));
}

const struct act gpu_acts[] = {
    {"gpu", gpu},       {"launch", launch},               {"launch_new", launch_new}, {"sync", synchronize},
    {"upload", upload}, {"upload_pinned", upload_pinned}, {"realloc", reallocate},    {NULL, NULL},
};
