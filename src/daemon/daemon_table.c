/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps of the start: the configuration, and the tables that are made by it and by the state
 * file.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "daemon/clock.h"
#include "daemon/config_file.h"
#include "daemon/daemon_steps.h"
#include "daemon/log.h"

/** Prints each thing that is wrong with the configuration. */
static void log_config_errors(const struct config_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++)
		log_error("%s", errors->list[i].text);
	if (errors->unlisted)
		log_error("%s: %zu more errors", errors->name, errors->unlisted);
}

/** Reads the configuration and says what is wrong with it. */
int daemon_read_config(const struct options *options, struct config **ret_config)
{
	struct config_errors errors;
	int error = config_file_load(options->config_path, ret_config, &errors);

	if (error)
		log_config_errors(&errors);
	for (size_t i = 0; !error && i < errors.warning_count; i++)
		log_warning("%s", errors.warnings[i].text);
	return error;
}

/** Reads the configuration. */
static int config_up(struct daemon *daemon)
{
	return daemon_read_config(daemon->options, &daemon->config);
}

/** Frees the configuration. */
static void config_down(struct daemon *daemon)
{
	config_free(daemon->config);
}

const struct daemon_step daemon_config = { .up = config_up, .down = config_down };

/** Makes the tables, under a fresh random key. */
static int director_up(struct daemon *daemon)
{
	struct session_events events = mirror_events(&daemon->mirror);
	struct hash_key key;
	int error;

	if (getrandom(&key, sizeof(key), 0) != (ssize_t)sizeof(key)) {
		log_error("getrandom: %s", strerror(errno));
		return -EIO;
	}
	error = director_new(daemon->config, &key, &events, &daemon->director);
	if (error)
		log_error("tables for max-entries %u: %s", daemon->config->max_entries,
			strerror(-error));
	return error;
}

/** Frees the tables. */
static void director_down(struct daemon *daemon)
{
	director_free(daemon->director);
}

const struct daemon_step daemon_director = { .up = director_up, .down = director_down };

/** Ties the packets' way to tables and configuration; the sockets follow. */
static int packets_up(struct daemon *daemon)
{
	int error = counting_init(&daemon->counting, &daemon->director->sessions.key);

	if (error)
		return error;
	daemon->mirror.counting = &daemon->counting;
	daemon->packets.director = daemon->director;
	daemon->packets.mirror = &daemon->mirror;
	daemon->packets.apply.config = daemon->config;
	daemon->packets.apply.defence = &daemon->director->defence;
	daemon->stats.packets = &daemon->packets;
	daemon->stats.mirror = &daemon->mirror;
	daemon->stats.upkeep = &daemon->upkeep;
	daemon->stats.pace = &daemon->loop.pace;
	return 0;
}

/** Lets go of who is counted; the tables, which go after this, announce what goes. */
static void packets_down(struct daemon *daemon)
{
	daemon->mirror.counting = NULL;
	counting_fini(&daemon->counting);
}

const struct daemon_step daemon_packets = { .up = packets_up, .down = packets_down };

/** Takes over the table of an earlier run. Who listens to the table must be ready, but for
 *  conntrack, which is swept as a whole; the fast path has carried on what comes back now,
 *  and is told what has ended. */
static int state_up(struct daemon *daemon)
{
	daemon->mirror.backend = daemon->fast_path_backend;
	daemon->mirror.assumes = true;
	state_file_load(&daemon->state, daemon->config, daemon->director);
	daemon->stats.state = &daemon->state;
	return 0;
}

const struct daemon_step daemon_state = { .up = state_up };

/** Has the state file written from time to time. */
static int state_watch_up(struct daemon *daemon)
{
	state_file_watch(&daemon->state, daemon->loop.ev);
	return 0;
}

/** Ends that. */
static void state_watch_down(struct daemon *daemon)
{
	state_file_stop(&daemon->state);
}

const struct daemon_step daemon_state_watch = { .up = state_watch_up, .down = state_watch_down };
