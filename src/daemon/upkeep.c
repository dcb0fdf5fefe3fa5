/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/upkeep.h"

#include <string.h>

#include "daemon/log.h"

/** Notes how many rules there are. */
void upkeep_begin(struct upkeep *upkeep)
{
	upkeep->rules = upkeep->ruleset ? ruleset_count_rules(&upkeep->asks) : 0;
}

/** Closes the socket. */
void upkeep_end(struct upkeep *upkeep)
{
	netlink_close(&upkeep->asks);
}

/** Makes the tables anew; the maps fill up again by and by, and the queue carries what they
 *  do not know yet. */
static void repair(struct upkeep *upkeep, int found)
{
	struct mirror *mirror = upkeep->mirror;
	bool in_tables = mirror->backend && mirror->backend->in_tables;
	int error = ruleset_install(upkeep->config, upkeep->ruleset);

	if (!error && in_tables)
		error = mirror->backend->begin(mirror->fast_path);
	upkeep->repairs++;
	if (error) {
		log_error("nft table: %d rules found, %d expected; it could not be made "
			  "anew: %s",
			found, upkeep->rules, strerror(-error));
		return;
	}
	log_warning("nft table: %d rules found, %d expected; somebody else changed it, it "
		    "was made anew",
		found, upkeep->rules);
	upkeep_begin(upkeep);
	if (mirror->backend)
		mirror_refill(mirror, in_tables);
}

/** Repairs the tables if they are not as they were made. */
static void look_at_ruleset(struct upkeep *upkeep)
{
	int found;

	if (!upkeep->ruleset)
		return;
	found = ruleset_count_rules(&upkeep->asks);
	if (found >= 0 && (found != upkeep->rules || upkeep->mirror->lost))
		repair(upkeep, found);
}

/** Takes over what the kernel counted for one server since it was last asked. */
static void take_counts(uint32_t index, uint64_t packets, uint64_t bytes, void *user)
{
	struct server *server = director_server_at(user, index);

	if (!server)
		return;
	if (packets < server->fast_seen_packets)
		server->fast_seen_packets = server->fast_seen_bytes = 0;
	server->fast_packets += packets - server->fast_seen_packets;
	server->fast_bytes += bytes - server->fast_seen_bytes;
	server->fast_seen_packets = packets;
	server->fast_seen_bytes = bytes;
}

/** Takes over what was dropped for one limit since it was last asked. */
static void take_limited(size_t index, uint64_t packets, void *user)
{
	struct upkeep *upkeep = user;

	if (packets < upkeep->limited_seen[index])
		upkeep->limited_seen[index] = 0;
	upkeep->limited[index] += packets - upkeep->limited_seen[index];
	upkeep->limited_seen[index] = packets;
}

/** Takes over what the kernel has counted. */
static void take_all_counts(struct upkeep *upkeep)
{
	const struct mirror *mirror = upkeep->mirror;

	if (mirror->backend)
		mirror->backend->servers(mirror->fast_path, take_counts, upkeep->director);
	if (upkeep->ruleset)
		ruleset_count_limited(&upkeep->asks, take_limited, upkeep);
}

/** Counts, and begins to count anew. */
int upkeep_reinstall(struct upkeep *upkeep)
{
	int error;

	take_all_counts(upkeep);
	error = ruleset_again(&upkeep->asks, upkeep->config, upkeep->ruleset);
	if (error)
		return error;
	memset(upkeep->limited_seen, 0, sizeof(upkeep->limited_seen));
	upkeep_begin(upkeep);
	return 0;
}

/** Looks, repairs and counts. */
void upkeep_look(struct upkeep *upkeep, uint64_t now_ms)
{
	const struct fast_path_backend *backend = upkeep->mirror->backend;

	look_at_ruleset(upkeep);
	adopt_look(upkeep->adopt, now_ms);
	if (backend)
		backend->follow(upkeep->mirror->fast_path, true);
	take_all_counts(upkeep);
	counting_look(upkeep->mirror->counting, now_ms);
	for (size_t i = 0; i < upkeep->director->service_count; i++)
		service_look(&upkeep->director->services[i], now_ms);
}
