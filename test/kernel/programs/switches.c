/* Four threads that work a little and sleep a little, as often as they can: many context switches in SECONDS (argument 1). */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double end;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static void *work(void *unused)
{
	while (now() < end) {
		double begin = now();

		while (now() - begin < 50e-6)
			;
		usleep(10);
	}
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t threads[4];

	end = now() + (argc > 1 ? atof(argv[1]) : 1);
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, work, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
