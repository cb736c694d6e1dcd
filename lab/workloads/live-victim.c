// Renames itself again and again and prints the ns of CPU time that one rename took, for each of many stretches: one event
// task:task_rename each.
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

static double cpu_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

int main(int argc, char **argv)
{
	int stretches = argc > 1 ? atoi(argv[1]) : 100;
	int calls = argc > 2 ? atoi(argv[2]) : 20000;
	for (int i = 0; i < stretches; i++) {
		double began = cpu_ns();
		for (int j = 0; j < calls; j++)
			prctl(PR_SET_NAME, j & 1 ? "one" : "two");
		printf("%.2f\n", (cpu_ns() - began) / calls);
	}
	return 0;
}
