/* Loads CUDA runtime libraries by path, late, and uses each at once; can remove the file first. Arguments: a pause in ms,
 * then for each library its path and how many calls to make; "+PATH" the library, "-PATH" the same, but its file is removed before the first call. With "wait" as
 * the pause it loads, says so, and makes the calls once it can read a line. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int query(void *event);

int main(int argc, char **argv) {
  int waits = strcmp(argv[1], "wait") == 0, made = 0;
  query *queries[8] = {0};
  usleep(waits ? 0 : atoi(argv[1]) * 1000);
  for (int i = 2; i + 1 < argc; i += 2) {
    const char *path = argv[i] + 1;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
      fprintf(stderr, "%s\n", dlerror());
      return 1;
    }
    queries[i / 2 - 1] = (query *)dlsym(library, "cudaEventQuery");
    if (argv[i][0] == '-') unlink(path);
    for (int n = waits ? 0 : atoi(argv[i + 1]); n > 0; n--, made++) queries[i / 2 - 1](NULL);
  }
  if (waits) {
    puts("loaded");
    fflush(stdout);
    if (getchar() == EOF) return 1;
    for (int i = 2; i + 1 < argc; i += 2)
      for (int n = atoi(argv[i + 1]); n > 0; n--, made++) queries[i / 2 - 1](NULL);
  }
  printf("{\"made\":%d}\n", made);
  return 0;
}
