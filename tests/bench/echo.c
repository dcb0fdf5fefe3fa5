/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The yardstick of the slow path: on the daemon's own rules and routes, with the
 * daemon's own receive and verdict functions, every packet is accepted with the first
 * server's mark. It never looks into one.
 *
 * Usage: echo VIRTUAL SERVER SERVER. Prints "ready" and serves until SIGTERM or SIGINT.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "core/config.h"
#include "kernel/nfqueue.h"
#include "kernel/policy_route.h"
#include "kernel/ruleset.h"

/** As much of a packet as the daemon asks for. */
#define COPY_BYTES 2048

static volatile sig_atomic_t stopped;

/** Ends the loop. */
static void stop(int number)
{
	(void)number;
	stopped = 1;
}

/** Makes SIGTERM and SIGINT interrupt poll(). */
static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = stop };

	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
}

/** Accepts everything that waits; false when the queue is dead. */
static bool serve_batch(struct nfqueue *queue, uint32_t mark)
{
	struct nfqueue_verdict verdicts[NFQUEUE_BATCH];
	const struct nfqueue_packet *packets;
	int i, count = nfqueue_receive(queue, &packets);

	for (i = 0; i < count; i++)
		verdicts[i] = (struct nfqueue_verdict){ true, true, mark };
	if (count > 0)
		nfqueue_verdicts(queue, verdicts, (size_t)count);
	return count >= 0;
}

/** Serves until a signal comes. */
static int serve(struct nfqueue *queue, uint32_t mark)
{
	struct pollfd wait = { .fd = nfqueue_fd(queue), .events = POLLIN };

	puts("ready");
	fflush(stdout);
	while (!stopped) {
		if (poll(&wait, 1, -1) == 1 && !serve_batch(queue, mark))
			return 1;
	}
	return 0;
}

/** Tells what did not work. */
static int fail(const char *what, int error)
{
	fprintf(stderr, "echo: %s: %s\n", what, strerror(-error));
	return 1;
}

/** Prints what was served, and what a packet cost the processor in this process. */
static void report(const struct nfqueue *queue)
{
	const struct nfqueue_counters *counters = nfqueue_counters(queue);
	double packets = counters->packets ? (double)counters->packets : 1;
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	fprintf(stderr,
		"echo: %.0f packets, %.1f in a batch, %.0f overruns, "
		"%.0f ns user and %.0f ns system a packet\n",
		(double)counters->packets, packets / (double)(counters->batches + 1),
		(double)counters->enobufs,
		((double)usage.ru_utime.tv_sec * 1e9 +
			(double)usage.ru_utime.tv_usec * 1e3) / packets,
		((double)usage.ru_stime.tv_sec * 1e9 +
			(double)usage.ru_stime.tv_usec * 1e3) / packets);
}

/** Installs rules and routes, serves, removes them. */
static int run(const struct config *config)
{
	const struct nfqueue_config wanted = {
		.queue = config->queue,
		.queue_length = config->queue_length,
		.socket_buffer_bytes = config->socket_buffer_bytes,
		.copy_bytes = COPY_BYTES,
	};
	uint32_t mark = config_server_mark(config, &config->services[0].servers[0]);
	struct policy_route_counters routes;
	struct ruleset_info info;
	struct nfqueue *queue;
	int status, error;

	error = nfqueue_open(&wanted, &queue);
	if (error)
		return fail("queue", error);
	error = policy_route_apply(config, &routes);
	status = error ? fail("policy routing", error) : 0;
	if (!status) {
		error = ruleset_install(config, &info);
		status = error ? fail("ruleset", error) : serve(queue, mark);
	}
	report(queue);
	nfqueue_close(queue);
	policy_route_remove();
	ruleset_remove();
	return status;
}

/** Reads the addresses and runs. */
int main(int argc, char **argv)
{
	struct config_server servers[2] = { { .name = "gw1" }, { .name = "gw2" } };
	struct config_service service = { .name = "vpn", .address_count = 1 };
	struct config config;

	if (argc != 4 || address_parse(argv[1], &service.addresses[0]) ||
		address_parse(argv[2], &servers[0].address_v4) ||
		address_parse(argv[3], &servers[1].address_v4)) {
		fputs("Usage: echo VIRTUAL SERVER SERVER\n", stderr);
		return 2;
	}
	servers[1].index = 1;
	service.servers = servers;
	service.server_count = 2;
	config_defaults(&config);
	config.services = &service;
	config.service_count = 1;
	config.server_count = 2;
	catch_signals();
	return run(&config);
}
