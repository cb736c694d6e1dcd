/* actor SCRIPT: reads the script, starts its processes and threads, and writes their log to $ACTOR_TRUTH when the first
 * process has played its part. Lines: "process NAME" and "thread NAME" begin a part; "during FROM UNTIL" (ms since the
 * start) and "times N" begin a loop, "end" ends it; any other line is a step: a name, up to four numbers, and a text. */
#include "actor.h"

struct stage *stage;
static struct step steps[MOST_STEPS];
static int step_count;

static const struct act loops[] = {{"during", NULL}, {"times", NULL}, {"end", NULL}};

static const struct act *find_act(const char *name) {
  const struct act *const lists[] = {cpu_acts, wait_acts, net_acts, disk_acts, memory_acts, process_acts, gpu_acts};
  for (int i = 0; i < 3; i++)
    if (strcmp(loops[i].name, name) == 0) return &loops[i];
  for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
    for (const struct act *act = lists[i]; act->name != NULL; act++)
      if (strcmp(act->name, name) == 0) return act;
  fprintf(stderr, "actor: no step is named '%s'\n", name);
  exit(2);
}

static void read_step(char *line) {
  struct step *step = &steps[step_count];
  char *rest = line, *word = strsep(&rest, " ");
  MUST(step_count < MOST_STEPS);
  *step = (struct step){.act = find_act(word), .until = -1};
  for (int i = 0; rest != NULL && i < NUMBERS;) {
    char *end;
    step->number[i++] = strtol(rest, &end, 10);
    if (end == rest || (*end != ' ' && *end != '\0')) {
      i--;
      break;
    }
    rest = *end == '\0' ? NULL : end + 1;
  }
  if (rest != NULL) snprintf(step->text, sizeof step->text, "%s", rest);
  if (step->act == &loops[2])
    for (int i = step_count - 1; i >= 0; i--)
      if ((steps[i].act == &loops[0] || steps[i].act == &loops[1]) && steps[i].until < 0) {
        steps[i].until = step_count;
        break;
      }
  step_count++;
}

static void read_script(const char *path) {
  FILE *file = fopen(path, "re");
  char line[512];
  int process = -1;
  MUST(file != NULL);
  while (fgets(line, sizeof line, file) != NULL) {
    char *text = line + strspn(line, " \t");
    text[strcspn(text, "\n")] = '\0';
    if (*text == '\0' || *text == '#') continue;
    int is_process = strncmp(text, "process ", 8) == 0;
    if (!is_process && strncmp(text, "thread ", 7) != 0) {
      read_step(text);
      continue;
    }
    MUST(stage->threads < MOST_THREADS);
    if (stage->threads > 0) stage->actors[stage->threads - 1].last = step_count;
    struct actor *actor = &stage->actors[stage->threads++];
    process += is_process;
    *actor = (struct actor){.process = process, .first = step_count};
    snprintf(actor->name, sizeof actor->name, "%s", strchr(text, ' ') + 1);
    actor->rows = shared(MOST_ROWS * sizeof(struct row));
  }
  MUST(stage->threads > 0);
  stage->actors[stage->threads - 1].last = step_count;
  fclose(file);
}

static uint64_t run_delay(const struct actor *actor) {
  char text[96];
  ssize_t got = pread(actor->schedstat, text, sizeof text - 1, 0);
  if (got <= 0) return 0;
  text[got] = '\0';
  char *end;
  strtoull(text, &end, 10);
  return strtoull(end, NULL, 10);
}

void begin_row(struct actor *actor, struct row *row, int step, int more) {
  *row = (struct row){.step = step, .more = more, .delay = run_delay(actor), .cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID)};
  row->start = now();
}

void end_row(struct actor *actor, struct row *row) {
  row->end = now();
  row->cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID) - row->cpu;
  row->delay = run_delay(actor) - row->delay;
  if (actor->count < MOST_ROWS) {
    actor->rows[actor->count] = *row;
    __atomic_store_n(&actor->count, actor->count + 1, __ATOMIC_RELEASE);
  }
}

static void play(struct actor *actor, int from, int until) {
  for (int i = from; i < until; i++) {
    const struct step *step = &steps[i];
    if (step->act == &loops[0]) {
      uint64_t begin = stage->began + (uint64_t)step->number[0] * 1000000, end = stage->began + (uint64_t)step->number[1] * 1000000;
      if (now() < begin) {
        struct row row;
        begin_row(actor, &row, i, 0);
        while (now() < begin) nap_us((long)((begin - now()) / 1000) + 1);
        end_row(actor, &row);
      }
      while (now() < end) play(actor, i + 1, step->until);
      i = step->until;
    } else if (step->act == &loops[1]) {
      for (long n = 0; n < step->number[0]; n++) play(actor, i + 1, step->until);
      i = step->until;
    } else if (step->act->play != NULL) {
      struct row row;
      begin_row(actor, &row, i, 0);
      step->act->play(actor, step);
      end_row(actor, &row);
    }
  }
}

static void *play_actor(void *argument) {
  struct actor *actor = argument;
  actor->pid = getpid();
  actor->tid = (int)syscall(SYS_gettid);
  prctl(PR_SET_NAME, actor->name);
  prctl(PR_SET_TIMERSLACK, 1000);
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", actor->pid, actor->tid);
  actor->schedstat = open(path, O_RDONLY | O_CLOEXEC);
  __atomic_add_fetch(&stage->ready, 1, __ATOMIC_RELEASE);
  while (__atomic_load_n(&stage->ready, __ATOMIC_ACQUIRE) <= stage->threads) nap_us(200);
  play(actor, actor->first, actor->last);
  return NULL;
}

/* Plays the first thread of a process in the calling thread, the others in threads of their own. */
static void play_process(int process) {
  struct actor *first = NULL;
  stage->process_pid[process] = getpid();
  for (int i = 0; i < stage->threads; i++) {
    struct actor *actor = &stage->actors[i];
    pthread_t thread;
    if (actor->process != process) continue;
    if (first == NULL) first = actor;
    else MUST(pthread_create(&thread, NULL, play_actor, actor) == 0);
  }
  if (process == 0) {
    while (__atomic_load_n(&stage->ready, __ATOMIC_ACQUIRE) < stage->threads - 1) nap_us(200);
    stage->began = now();
    const char *path = getenv("ACTOR_TRUTH");
    FILE *file = path == NULL ? NULL : fopen(path, "we");
    if (file != NULL) {
      const char *kernel = getenv("CUDASIM_KERNEL_US");
      fprintf(file, "{\"began_ns\":%llu,\"pid\":%d,\"kernel_us\":%d}\n", (unsigned long long)stage->began, (int)getpid(),
              kernel == NULL ? 0 : atoi(kernel));
      fclose(file);
    }
    __atomic_add_fetch(&stage->ready, 1, __ATOMIC_RELEASE);
  }
  play_actor(first);
}

static void write_log(void) {
  const char *path = getenv("ACTOR_TRUTH");
  FILE *file = path == NULL ? stdout : fopen(path, "ae");
  MUST(file != NULL);
  for (int i = 0; i < stage->threads; i++) {
    struct actor *a = &stage->actors[i];
    fprintf(file, "{\"actor\":\"%s\",\"process\":%d,\"pid\":%d,\"tid\":%d}\n", a->name, a->process, a->pid, a->tid);
    for (unsigned n = 0; n < __atomic_load_n(&a->count, __ATOMIC_ACQUIRE); n++) {
      const struct row *r = &a->rows[n];
      const struct step *step = &steps[r->step];
      fprintf(file, "{\"tid\":%d,\"act\":\"%s\",\"n\":[%ld,%ld],\"more\":%d,\"start\":%llu,\"end\":%llu,\"cpu\":%llu,\"delay\":%llu}\n",
              a->tid, step->act->name, step->number[0], step->number[1], r->more, (unsigned long long)r->start,
              (unsigned long long)r->end, (unsigned long long)r->cpu, (unsigned long long)r->delay);
    }
  }
  fclose(file);
}

static int processes;

/* The play is over: for the first process when its thread is through, when it is told so, or when its peer hung up. */
void end_play(void) {
  static int over;
  signal(SIGTERM, SIG_IGN);
  if (__atomic_exchange_n(&over, 1, __ATOMIC_ACQ_REL)) pause();
  if (getpid() == stage->process_pid[0]) {
    for (int p = 1; p < processes; p++) kill(stage->process_pid[p], SIGKILL);
    write_log();
  }
  _exit(0);
}

static void told(int number) {
  (void)number;
  end_play();
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: actor SCRIPT\n");
    return 2;
  }
  stage = shared(sizeof *stage);
  read_script(argv[1]);
  make_channels();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  processes = stage->actors[stage->threads - 1].process + 1;
  for (int p = 1; p < processes; p++) {
    int pid = fork();
    MUST(pid >= 0);
    if (pid == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      play_process(p);
      for (;;) pause();
    }
    stage->process_pid[p] = pid;
  }
  signal(SIGTERM, told);
  play_process(0);
  end_play();
}
