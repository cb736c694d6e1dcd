/* The user side of calls-plain.bpf.c with libbpf: waits for events, writes a line of each to a file. Arguments: OBJECT LIBRARY
 * OFFSET OUTPUT. Prints a line when it is attached. */
#include <bpf/libbpf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct event {
  unsigned long long start, duration;
  unsigned pid, tid;
  int ret;
  char comm[16];
};
static volatile sig_atomic_t over;

static void stop(int signal) { over = signal; }

static int on_event(void *file, void *data, size_t size) {
  const struct event *e = data;
  (void)size;
  fprintf(file, "%u %u %s %llu %llu %d\n", e->pid, e->tid, e->comm, e->start, e->duration, e->ret);
  return 0;
}

int main(int argc, char **argv) {
  struct bpf_object *object = argc > 4 ? bpf_object__open_file(argv[1], NULL) : NULL;
  FILE *file = argc > 4 ? fopen(argv[4], "w") : NULL;
  struct bpf_program *program;

  if (object == NULL || file == NULL || bpf_object__load(object) != 0) return 2;
  bpf_object__for_each_program(program, object) {
    LIBBPF_OPTS(bpf_uprobe_opts, options, .retprobe = bpf_program__name(program)[3] == 'r');
    if (bpf_program__attach_uprobe_opts(program, -1, argv[2], strtoul(argv[3], NULL, 0), &options) == NULL) return 3;
  }
  struct ring_buffer *ring = ring_buffer__new(bpf_object__find_map_fd_by_name(object, "events"), on_event, file, NULL);
  if (ring == NULL) return 4;
  signal(SIGINT, stop);
  printf("{\"attached\":2}\n");
  fflush(stdout);
  while (!over) ring_buffer__poll(ring, 100);
  fclose(file);
  return 0;
}
