/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The steps of the start that have the kernel carry what is established: the backend is
 * chosen before rules and routes are made, since they depend on it and what an earlier run
 * has left must not meet them if it was for other servers; it begins when they are there.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/clock.h"
#include "daemon/daemon_steps.h"
#include "daemon/log.h"

/** Backends, the better before the worse. */
static const struct {
	enum config_fast_path choice;
	const struct fast_path_backend *backend;
} backends[] = {
#ifdef HAVE_BPF
	{ FAST_PATH_BPF, &bpf_maps },
#endif
	{ FAST_PATH_NFT, &nft_maps },
};

/** Notes why one cannot be had, for those who ask later. */
static void note_refusal(struct daemon *daemon, const char *name, int error)
{
	char *why = daemon->stats.fast_path_why;
	size_t used = strlen(why);

	log_info("fast path: no %s here: %s", name, strerror(-error));
	snprintf(why + used, sizeof(daemon->stats.fast_path_why) - used, "%sno %s: %s",
		used ? ", " : "", name, strerror(-error));
}

/** Takes the first backend that works, or none. The configuration then names it, for the
 *  rules. */
static int choose_best(struct daemon *daemon)
{
	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
		int error = backends[i].backend->attach(
			daemon->config, &daemon->mirror.fast_path);

		if (!error) {
			daemon->config->fast_path = backends[i].choice;
			daemon->fast_path_backend = backends[i].backend;
			return 0;
		}
		note_refusal(daemon, backends[i].backend->name, error);
	}
	log_warning("fast path: there is none here, so everything passes the daemon");
	daemon->config->fast_path = FAST_PATH_OFF;
	return 0;
}

/** Takes the backend that the configuration names. */
static int choose_named(struct daemon *daemon)
{
	int error = -ENOTSUP;

	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
		if (backends[i].choice != daemon->config->fast_path)
			continue;
		daemon->fast_path_backend = backends[i].backend;
		error = backends[i].backend->attach(
			daemon->config, &daemon->mirror.fast_path);
	}
	if (error)
		log_error("fast path: %s; with fast-path = auto another one is taken",
			strerror(-error));
	return error;
}

/** Chooses a backend, if there is to be one. */
static int choose_up(struct daemon *daemon)
{
	struct mirror *mirror = &daemon->mirror;

	mirror->config = daemon->config;
	mirror->refill_next = SIZE_MAX;
	if (!ruleset_has_fast_path(daemon->config))
		return 0;
	if (daemon->config->fast_path == FAST_PATH_AUTO)
		return choose_best(daemon);
	return choose_named(daemon);
}

/** Lets go of it. */
static void choose_down(struct daemon *daemon)
{
	daemon->mirror.backend = NULL;
	if (daemon->fast_path_backend)
		daemon->fast_path_backend->detach(daemon->mirror.fast_path);
}

const struct daemon_step daemon_fast_path_choice = { .up = choose_up, .down = choose_down };

/** Asks all backends. */
int daemon_fast_path_retire(struct daemon *daemon)
{
	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
		const struct fast_path_backend *backend = backends[i].backend;
		bool chosen = backend == daemon->fast_path_backend;
		int error = !backend->retire ? 0 :
			backend->retire(chosen ? daemon->mirror.fast_path : NULL,
				daemon->config);

		if (!error)
			continue;
		log_error("fast path: %s of an earlier run for other servers could not be "
			  "made to leave their packets alone: %s",
			backend->name, strerror(-error));
		return error;
	}
	return 0;
}

/** Removes what an earlier run has left of backends that were not chosen. */
static void clear_others(const struct daemon *daemon)
{
	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
		int error = backends[i].backend == daemon->fast_path_backend ?
			0 :
			backends[i].backend->clear();

		if (error)
			log_warning("fast path: %s of an earlier run could not be removed: "
				    "%s",
				backends[i].backend->name, strerror(-error));
	}
}

/** Tells whether the kernel has exactly what was restored: the run before has noted so, and
 *  all of it has come back or has expired just now. */
static bool is_known(const struct daemon *daemon)
{
	const struct restore_report *restored = &daemon->state.restored;
	const struct mirror *mirror = &daemon->mirror;
	uint64_t noted =
		mirror->backend->noted ? mirror->backend->noted(mirror->fast_path) : 0;

	return noted && noted == restored->seal && !restored->servers_changed &&
		!restored->unconfigured && !restored->no_room;
}

/** Takes over what the kernel carries already from an earlier run. */
static void adopt_all(struct daemon *daemon)
{
	struct adopt *adopt = &daemon->adopt;

	daemon->mirror.assumes = false;
	*adopt = (struct adopt){
		.mirror = &daemon->mirror,
		.director = daemon->director,
		.marks_are_known = !daemon->state.restored.servers_changed,
	};
	counting_use(&daemon->counting, daemon->mirror.backend, daemon->mirror.fast_path);
	log_info("fast path: %s", daemon->mirror.backend->name);
	if (is_known(daemon))
		log_info("fast path: the kernel has what was restored");
	else
		adopt_begin(adopt, clock_now_ms());
}

/** Has the kernel carry what is established. Without it everything is queued. */
static int fast_path_up(struct daemon *daemon)
{
	int error;

	clear_others(daemon);
	if (!daemon->fast_path_backend)
		return 0;
	error = daemon->fast_path_backend->begin(daemon->mirror.fast_path);
	if (error) {
		log_error("fast path: %s: %s", daemon->fast_path_backend->name,
			strerror(-error));
		return error;
	}
	adopt_all(daemon);
	return 0;
}

/** Leaves the established to the kernel: what ends from now on is not told to it. Where all
 *  that it has is in the state file, that is noted. */
static void fast_path_down(struct daemon *daemon)
{
	struct mirror *mirror = &daemon->mirror;

	if (!mirror->backend)
		return;
	counting_end_all(&daemon->counting, clock_now_ms());
	counting_use(&daemon->counting, NULL, NULL);
	mirror_flush(mirror);
	if (mirror->backend->note && daemon->state.saved_seal &&
		mirror_is_settled(mirror) && adopt_is_done(&daemon->adopt))
		mirror->backend->note(mirror->fast_path, daemon->state.saved_seal);
	mirror->backend = NULL;
}

const struct daemon_step daemon_fast_path = { .up = fast_path_up, .down = fast_path_down };

/** Goes on with what takes long. */
static int adopt_up(struct daemon *daemon)
{
	if (daemon->mirror.backend)
		adopt_follow(&daemon->adopt, daemon->loop.ev);
	return 0;
}

/** Ends that; whether it was done stays known. */
static void adopt_down(struct daemon *daemon)
{
	adopt_end(&daemon->adopt);
}

const struct daemon_step daemon_adopt = { .up = adopt_up, .down = adopt_down };

/** Removes what is in the kernel beside tables and routes. */
int daemon_fast_path_clear(void)
{
	int result = 0;

	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
		int error = backends[i].backend->clear();

		if (error)
			log_error("fast path: %s could not be removed: %s",
				backends[i].backend->name, strerror(-error));
		result = result ? result : error;
	}
	return result;
}
