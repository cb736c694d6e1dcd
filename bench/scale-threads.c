/*
 * Many threads that do next to nothing, often: each sleeps for PERIOD us, again and again, for SECONDS. Prints how often
 * they went to sleep, and how often the kernel says that they were switched away.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static long period_us;
static unsigned long long end_ns;
static pthread_barrier_t all_ready;

struct worker {
	pthread_t thread;
	long index;
	unsigned long long sleeps, switches;
};

static unsigned long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned long long)t.tv_sec * 1000000000ull + (unsigned long long)t.tv_nsec;
}

static void *work(void *argument)
{
	struct worker *w = argument;
	struct rusage usage;

	pthread_barrier_wait(&all_ready);
	/* Not all of them at the same moment. */
	struct timespec nap = { 0, period_us * (w->index % 1000) };
	nanosleep(&nap, NULL);
	nap.tv_nsec = period_us * 1000;
	while (now_ns() < end_ns) {
		nanosleep(&nap, NULL);
		w->sleeps++;
	}
	getrusage(RUSAGE_THREAD, &usage);
	w->switches = (unsigned long long)(usage.ru_nvcsw + usage.ru_nivcsw);
	return NULL;
}

int main(int argc, char **argv)
{
	long threads = argc > 1 ? atol(argv[1]) : 2000, seconds = argc > 3 ? atol(argv[3]) : 5;
	unsigned long long sleeps = 0, switches = 0;
	struct worker *workers = calloc((size_t)threads, sizeof *workers);
	pthread_attr_t attributes;

	period_us = argc > 2 ? atol(argv[2]) : 100000;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 64 * 1024);
	pthread_barrier_init(&all_ready, NULL, (unsigned)threads + 1);
	for (long i = 0; i < threads; i++) {
		workers[i].index = i;
		if (pthread_create(&workers[i].thread, &attributes, work, &workers[i]) != 0) {
			perror("pthread_create");
			return 1;
		}
	}
	end_ns = now_ns() + (unsigned long long)seconds * 1000000000ull;
	pthread_barrier_wait(&all_ready);
	for (long i = 0; i < threads; i++) {
		pthread_join(workers[i].thread, NULL);
		sleeps += workers[i].sleeps;
		switches += workers[i].switches;
	}
	printf("{\"threads\":%ld,\"sleeps\":%llu,\"switches\":%llu}\n", threads, sleeps, switches);
	return 0;
}
