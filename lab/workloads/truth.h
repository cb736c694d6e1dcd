/* The truth log of the C workloads: what was called, when (CLOCK_MONOTONIC ns just before and after the call), with what
 * arguments and result. Kept in memory while calls are made, written as JSON lines afterwards. */
#ifndef LAB_TRUTH_H
#define LAB_TRUTH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct truth_row {
  const char *op;
  uint64_t start_ns, end_ns;
  int ret, depth;
  char args[160];
};

/* One thread's rows. */
struct truth {
  int tid;
  int depth;
  size_t count, room;
  struct truth_row *rows;
};

static inline uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline int own_tid(void) { return (int)syscall(SYS_gettid); }

/* Index of a new row; rows may move, so callers keep the index. */
static inline size_t truth_begin(struct truth *t, const char *op) {
  if (t->count == t->room) {
    t->room = t->room ? t->room * 2 : 256;
    t->rows = realloc(t->rows, t->room * sizeof *t->rows);
    if (t->rows == NULL) abort();
  }
  struct truth_row *row = &t->rows[t->count];
  row->op = op;
  row->depth = t->depth++;
  row->args[0] = '\0';
  return t->count++;
}

static inline void truth_end(struct truth *t, size_t at, uint64_t start_ns, uint64_t end_ns, int ret) {
  t->depth--;
  t->rows[at].start_ns = start_ns;
  t->rows[at].end_ns = end_ns;
  t->rows[at].ret = ret;
}

/* Makes the call EXPRESSION as `OP` and logs it; the trailing arguments print its arguments as JSON members. */
#define CALL(T, OP, EXPRESSION, ...)                                             \
  __extension__({                                                                \
    size_t at_ = truth_begin((T), #OP);                                          \
    uint64_t start_ = now_ns();                                                  \
    int ret_ = (EXPRESSION);                                                     \
    uint64_t end_ = now_ns();                                                    \
    truth_end((T), at_, start_, end_, ret_);                                     \
    snprintf((T)->rows[at_].args, sizeof (T)->rows[at_].args, __VA_ARGS__);      \
    ret_;                                                                        \
  })

static inline void truth_write(const struct truth *t, FILE *to) {
  for (size_t i = 0; i < t->count; i++) {
    const struct truth_row *r = &t->rows[i];
    fprintf(to,
            "{\"op\":\"%s\",\"tid\":%d,\"start_ns\":%llu,\"end_ns\":%llu,\"ret\":%d,\"depth\":%d%s%s}\n", r->op, t->tid,
            (unsigned long long)r->start_ns, (unsigned long long)r->end_ns, r->ret, r->depth, r->args[0] ? "," : "", r->args);
  }
}

#endif
