/* Steps about processes: children, signals, groups. A process of the script is named by its number in it. */
#include "actor.h"

/* child US NAP NAME: starts a process of that name that computes so long, after it slept so long, and waits for its end. */
static void child(struct actor *actor, const struct step *step) {
  (void)actor;
  int pid = fork();
  MUST(pid >= 0);
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, step->text);
    if (step->number[1] > 0) nap_us(step->number[1]);
    if (step->number[0] > 0) burn_us(step->number[0]);
    _exit(0);
  }
  while (waitpid(pid, NULL, 0) < 0) MUST(errno == EINTR);
}

/* execute NAME: starts that program and waits for its end. */
static void execute(struct actor *actor, const struct step *step) {
  (void)actor;
  int pid = vfork();
  if (pid == 0) {
    execl(step->text, step->text, (char *)NULL);
    _exit(127);
  }
  while (waitpid(pid, NULL, 0) < 0) MUST(errno == EINTR);
}

/* join PROCESS: waits for its end. */
static void join(struct actor *actor, const struct step *step) {
  (void)actor;
  while (waitpid(stage->process_pid[step->number[0]], NULL, 0) < 0 && errno == EINTR) continue;
}

static void ignore(int number) { (void)number; }

/* heed SIGNAL: interrupts, and does nothing else. */
static void heed(struct actor *actor, const struct step *step) {
  struct sigaction action = {.sa_handler = ignore, .sa_flags = SA_RESTART};
  (void)actor;
  MUST(sigaction((int)step->number[0], &action, NULL) == 0);
}

static void send_signal(struct actor *actor, const struct step *step) {
  (void)actor;
  kill(stage->process_pid[step->number[0]], (int)step->number[1]);
}

/* move PROCESS CPU: its main thread to another CPU. */
static void move(struct actor *actor, const struct step *step) {
  cpu_set_t one;
  (void)actor;
  CPU_ZERO(&one);
  CPU_SET((size_t)step->number[1], &one);
  sched_setaffinity(stage->process_pid[step->number[0]], sizeof one, &one);
}

/* tell VALUE FILE, tell_text TEXT=FILE: writes a number or a word into a file of the kernel. */
static void write_text(const char *path, const char *value) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  MUST(fd >= 0 && write(fd, value, strlen(value)) > 0);
  close(fd);
}
static void tell(struct actor *actor, const struct step *step) {
  char value[24];
  (void)actor;
  snprintf(value, sizeof value, "%ld", step->number[0]);
  write_text(step->text, value);
}
static void tell_text(struct actor *actor, const struct step *step) {
  char text[256], *path = text;
  (void)actor;
  snprintf(text, sizeof text, "%s", step->text);
  char *value = strsep(&path, "=");
  write_text(path, value);
}
/* enter FILE: as "tell" of the own process id. */
static void enter_group(struct actor *actor, const struct step *step) {
  (void)actor;
  write_text(step->text, "0");
}

const struct act process_acts[] = {
    {"child", child}, {"execute", execute}, {"join", join},           {"heed", heed},   {"signal", send_signal},
    {"move", move},   {"tell", tell},       {"tell_text", tell_text}, {"enter", enter_group}, {NULL, NULL},
};
