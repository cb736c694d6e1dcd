/* Preloaded into a recorder, and what it starts, to make its world worse: a wall clock that jumps, a disk that is slow,
 * locks that others have time to take. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long setting(const char *name)
{
	const char *value = getenv(name);

	return value ? atol(value) : 0;
}

/* CHAOS_CLOCK_STEP: seconds that the wall clock jumps to and fro, every 50 ms. Other clocks stay as they are. */
int clock_gettime(clockid_t clock, struct timespec *time)
{
	static int (*real)(clockid_t, struct timespec *);
	static long step = -1;
	int result;

	if (!real)
		real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	if (step < 0)
		step = setting("CHAOS_CLOCK_STEP");
	result = real(clock, time);
	if (!result && step && clock == CLOCK_REALTIME)
		time->tv_sec += time->tv_nsec / 50000000 % 2 ? step : -step;
	return result;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	time->tv_sec = now.tv_sec;
	time->tv_usec = now.tv_nsec / 1000;
	return 0;
}

/* CHAOS_WRITE_US and CHAOS_SYNC_US: how much longer a write at a place of a file, and one that must reach the disk, takes. */
static void wait_for(const char *name, long *us)
{
	if (*us < 0)
		*us = setting(name);
	if (*us)
		usleep(*us);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at)
{
	static ssize_t (*real)(int, const void *, size_t, off64_t);
	static long us = -1;

	if (!real)
		real = (ssize_t(*)(int, const void *, size_t, off64_t))dlsym(RTLD_NEXT, "pwrite64");
	wait_for("CHAOS_WRITE_US", &us);
	return real(file, bytes, count, at);
}

int fdatasync(int file)
{
	static int (*real)(int);
	static long us = -1;

	if (!real)
		real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
	wait_for("CHAOS_SYNC_US", &us);
	return real(file);
}

int fsync(int file)
{
	static int (*real)(int);
	static long us = -1;

	if (!real)
		real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
	wait_for("CHAOS_SYNC_US", &us);
	return real(file);
}

/* CHAOS_UNLOCK_US: how long it takes until a process goes on after it has given up a lock of a part of a file. */
static int after_fcntl(int result, int command, void *argument)
{
	static long us = -1;

	if (command == F_SETLK && argument && ((struct flock *)argument)->l_type == F_UNLCK)
		wait_for("CHAOS_UNLOCK_US", &us);
	return result;
}

int fcntl(int file, int command, ...)
{
	static int (*real)(int, int, ...);
	va_list more;
	void *argument;

	va_start(more, command);
	argument = va_arg(more, void *);
	va_end(more);
	if (!real)
		real = (int (*)(int, int, ...))dlsym(RTLD_NEXT, "fcntl64");
	return after_fcntl(real(file, command, argument), command, argument);
}

int fcntl64(int file, int command, ...) __attribute__((alias("fcntl")));
