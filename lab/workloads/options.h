/* Command lines of the C workloads: "--name value" with whole numbers or words, "--name" alone for a switch. */
#ifndef LAB_OPTIONS_H
#define LAB_OPTIONS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One option: where its value goes. A number unless `text` is set; a switch stores 1. */
struct option {
  const char *name;
  long *number;
  const char **text;
  int is_switch;
  const char *help;
};

/* Fills in the options (the table ends with a NULL name). Prints what is wrong, or the help, and exits otherwise. */
static inline void read_options(int argc, char **argv, const char *what, const struct option *options) {
  for (int i = 1; i < argc; i++) {
    const struct option *o = options;
    while (o->name != NULL && strcmp(o->name, argv[i]) != 0) o++;
    if (o->name == NULL) {
      int help = strcmp(argv[i], "--help") == 0;
      FILE *to = help ? stdout : stderr;
      if (!help) fprintf(to, "%s: unknown option %s\n", argv[0], argv[i]);
      fprintf(to, "%s\n", what);
      for (o = options; o->name != NULL; o++) fprintf(to, "  %-18s %s\n", o->name, o->help);
      exit(help ? 0 : 2);
    }
    if (o->is_switch) {
      *o->number = 1;
      continue;
    }
    if (++i == argc) {
      fprintf(stderr, "%s: %s needs a value: %s\n", argv[0], o->name, o->help);
      exit(2);
    }
    char *end = NULL;
    if (o->text != NULL)
      *o->text = argv[i];
    else
      *o->number = strtol(argv[i], &end, 10);
    if (end != NULL && (*end != '\0' || *o->number < 0)) {
      fprintf(stderr, "%s: %s %s is not a whole number of at least 0\n", argv[0], o->name, argv[i]);
      exit(2);
    }
  }
}

#endif
