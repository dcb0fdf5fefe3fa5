/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loaded into the daemon by LD_PRELOAD: notes how long its loop works between two waits,
 * by the clock and by the processor's time, which does not mind what else the machine
 * does, and what the longest turn did meanwhile. SIGUSR2 moves the daemon's clock on by a
 * day, so that everything expires at once, and begins a new period. At the end it prints
 * each period's longest turns to stderr.
 */
#include <dlfcn.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define DAY_S 86400
#define LONG_NS 5000000 /**< of the processor's time: a turn longer than this is counted */
#define PERIODS 2 /**< before the signal, and after it */

/** What the loop asks of the kernel. */
enum call {
	CALL_RECEIVE,  /**< packets */
	CALL_VERDICTS, /**< their way on is part of it */
	CALL_MAPS,     /**< transactions of nft, of whatever */
	CALL_ASKS,     /**< other netlink messages, and answers */
	CALL_KINDS,
};

static const char *const call_names[CALL_KINDS] = { "receive", "verdicts", "maps", "asks" };

/** One turn; times in nanoseconds. */
struct turn {
	uint64_t wall;
	uint64_t processor;
	uint64_t calls[CALL_KINDS]; /**< of the processor's time */
	uint64_t call_walls[CALL_KINDS];
	uint64_t counts[CALL_KINDS];
	long faults;
	long switches; /**< the processor was taken away */
	long waits;    /**< for something in the kernel */
};

/** Of one period. */
struct period {
	struct turn longest; /**< by the processor's time */
	struct turn slowest; /**< by the clock */
	uint64_t turns;
	uint64_t long_turns;
};

static struct period periods[PERIODS];
static struct turn turn;
static uint64_t woke_wall, woke_processor;
static struct rusage woke_usage;
static volatile sig_atomic_t period;
static pid_t loop_thread;
static int (*real_wait)(int, struct epoll_event *, int, int);
static int (*real_clock)(clockid_t, struct timespec *);
static ssize_t (*real_sendto)(int, const void *, size_t, int, const struct sockaddr *,
	socklen_t);
static ssize_t (*real_recvmsg)(int, struct msghdr *, int);
static int (*real_recvmmsg)(int, struct mmsghdr *, unsigned int, int, struct timespec *);

/** Reads a clock that nobody moves. */
static uint64_t read_ns(clockid_t clock)
{
	struct timespec now;

	real_clock(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/** The signal. */
static void move_on(int number)
{
	(void)number;
	period = 1;
}

/** Finds what is stood in for. */
static __attribute__((constructor)) void find(void)
{
	struct sigaction action = { .sa_handler = move_on };

	*(void **)&real_wait = dlsym(RTLD_NEXT, "epoll_wait");
	*(void **)&real_clock = dlsym(RTLD_NEXT, "clock_gettime");
	*(void **)&real_sendto = dlsym(RTLD_NEXT, "sendto");
	*(void **)&real_recvmsg = dlsym(RTLD_NEXT, "recvmsg");
	*(void **)&real_recvmmsg = dlsym(RTLD_NEXT, "recvmmsg");
	sigaction(SIGUSR2, &action, NULL);
}

/** Prints a turn. */
static void print_turn(const char *which, const struct turn *of)
{
	uint64_t rest = of->processor, rest_wall = of->wall;

	fprintf(stderr, "  %s: us %.0f of %.0f:", which, (double)of->processor / 1e3,
		(double)of->wall / 1e3);
	for (size_t i = 0; i < CALL_KINDS; i++) {
		fprintf(stderr, " %s %.0f %.0f of %.0f,", call_names[i],
			(double)of->counts[i], (double)of->calls[i] / 1e3,
			(double)of->call_walls[i] / 1e3);
		rest -= of->calls[i];
		rest_wall -= of->call_walls[i];
	}
	fprintf(stderr, " rest %.0f of %.0f, faults %ld, switches %ld, waits %ld\n",
		(double)rest / 1e3, (double)rest_wall / 1e3, of->faults, of->switches,
		of->waits);
}

/** Prints one period. */
static void print(size_t number, const struct period *of)
{
	fprintf(stderr, "stall %zu turns %.0f longest-us %.0f processor-us %.0f long %.0f\n",
		number, (double)of->turns, (double)of->slowest.wall / 1e3,
		(double)of->longest.processor / 1e3, (double)of->long_turns);
	print_turn("longest", &of->longest);
	print_turn("slowest", &of->slowest);
}

/** Says what was noted. */
static __attribute__((destructor)) void report(void)
{
	for (size_t i = 0; i < PERIODS; i++)
		if (periods[i].turns)
			print(i, &periods[i]);
}

/** Notes the turn that ends. */
static void note(struct period *of)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	turn.wall = read_ns(CLOCK_MONOTONIC) - woke_wall;
	turn.processor = read_ns(CLOCK_THREAD_CPUTIME_ID) - woke_processor;
	turn.faults = usage.ru_minflt - woke_usage.ru_minflt;
	turn.waits = usage.ru_nvcsw - woke_usage.ru_nvcsw;
	turn.switches = usage.ru_nivcsw - woke_usage.ru_nivcsw;
	of->turns++;
	if (turn.wall > of->slowest.wall)
		of->slowest = turn;
	of->long_turns += turn.processor > LONG_NS;
	if (turn.processor > of->longest.processor)
		of->longest = turn;
}

/** Stands in for the C library's. */
int epoll_wait(int fd, struct epoll_event *events, int max, int timeout_ms)
{
	int count;

	if (loop_thread)
		note(&periods[period]);
	loop_thread = (pid_t)syscall(SYS_gettid);
	count = real_wait(fd, events, max, timeout_ms);
	turn = (struct turn){ 0 };
	getrusage(RUSAGE_THREAD, &woke_usage);
	woke_wall = read_ns(CLOCK_MONOTONIC);
	woke_processor = read_ns(CLOCK_THREAD_CPUTIME_ID);
	return count;
}

/** Adds a call that began at that time. */
static void add(enum call call, uint64_t begun, uint64_t begun_wall)
{
	if ((pid_t)syscall(SYS_gettid) != loop_thread)
		return;
	turn.calls[call] += read_ns(CLOCK_THREAD_CPUTIME_ID) - begun;
	turn.call_walls[call] += read_ns(CLOCK_MONOTONIC) - begun_wall;
	turn.counts[call]++;
}

/** What a message is for. */
static enum call call_of(const void *data, size_t bytes)
{
	struct nlmsghdr header = { 0 };

	if (bytes >= sizeof(header))
		memcpy(&header, data, sizeof(header));
	if (header.nlmsg_type == NFNL_MSG_BATCH_BEGIN)
		return CALL_MAPS;
	return header.nlmsg_type >> 8 == NFNL_SUBSYS_QUEUE ? CALL_VERDICTS : CALL_ASKS;
}

/** Stands in for the C library's. */
ssize_t sendto(int fd, const void *data, size_t bytes, int flags, const struct sockaddr *to,
	socklen_t to_bytes)
{
	uint64_t begun = read_ns(CLOCK_THREAD_CPUTIME_ID);
	uint64_t begun_wall = read_ns(CLOCK_MONOTONIC);
	ssize_t sent = real_sendto(fd, data, bytes, flags, to, to_bytes);

	add(call_of(data, bytes), begun, begun_wall);
	return sent;
}

/** Stands in for the C library's. */
ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	uint64_t begun = read_ns(CLOCK_THREAD_CPUTIME_ID);
	uint64_t begun_wall = read_ns(CLOCK_MONOTONIC);
	ssize_t received = real_recvmsg(fd, message, flags);

	add(CALL_ASKS, begun, begun_wall);
	return received;
}

/** Stands in for the C library's. */
int recvmmsg(int fd, struct mmsghdr *messages, unsigned int count, int flags,
	struct timespec *timeout)
{
	uint64_t begun = read_ns(CLOCK_THREAD_CPUTIME_ID);
	uint64_t begun_wall = read_ns(CLOCK_MONOTONIC);
	int received = real_recvmmsg(fd, messages, count, flags, timeout);

	add(CALL_RECEIVE, begun, begun_wall);
	return received;
}

/** Stands in for the C library's. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
	int status = real_clock(clock, now);

	if (period && clock == CLOCK_MONOTONIC)
		now->tv_sec += DAY_S;
	return status;
}
