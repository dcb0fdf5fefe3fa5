/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/stats.h"

#include <stdio.h>

#include "kernel/conntrack.h"

/** The queue as we count it. */
static json_t *queue_stats(const struct nfqueue *queue)
{
	const struct nfqueue_counters *counters = nfqueue_counters(queue);

	return json_pack("{sI sI sI sI sI sI sI sI sI sI}",
		"packets", (json_int_t)counters->packets,
		"bytes", (json_int_t)counters->bytes,
		"batches", (json_int_t)counters->batches,
		"accepted", (json_int_t)counters->accepted,
		"dropped", (json_int_t)counters->dropped,
		"enobufs", (json_int_t)counters->enobufs,
		"receive_errors", (json_int_t)counters->receive_errors,
		"malformed_messages", (json_int_t)counters->malformed_messages,
		"truncated_messages", (json_int_t)counters->truncated_messages,
		"verdict_errors", (json_int_t)counters->verdict_errors);
}

/** The queue as the kernel counts it; null when it does not say. */
static json_t *kernel_stats(const struct nfqueue *queue)
{
	struct nfqueue_kernel_counters counters;

	if (nfqueue_kernel_counters(queue, &counters))
		return json_null();
	return json_pack("{sI sI sI}",
		"waiting", (json_int_t)counters.waiting,
		"queue_dropped", (json_int_t)counters.queue_dropped,
		"user_dropped", (json_int_t)counters.user_dropped);
}

/** What the kernel had for the ruleset; null when the operator keeps it. */
static json_t *ruleset_stats(const struct ruleset_info *info)
{
	if (!info)
		return json_null();
	return json_pack("{ss ss sb sb sb}",
		"backend", ruleset_backend_name(info->backend),
		"defragmentation", ruleset_defrag_name(info->defrag),
		"notrack", (int)info->notrack,
		"nat", (int)info->nat,
		"bridge", (int)info->bridge);
}

/** What conntrack was made to forget; null when no server is nat. */
static json_t *conntrack_stats(const struct conntrack *conntrack)
{
	const struct conntrack_counters *counters;

	if (!conntrack)
		return json_null();
	counters = conntrack_counters(conntrack);
	return json_pack("{sI sI sI sI}",
		"deletions", (json_int_t)counters->deletions,
		"batches", (json_int_t)counters->batches,
		"absent", (json_int_t)counters->absent,
		"errors", (json_int_t)counters->errors);
}

/** The state file; null when there is none. */
static json_t *state_stats(const struct state_file *state)
{
	const struct state_file_counters *counters = &state->counters;

	if (state->is_off)
		return json_null();
	return json_pack("{sI sI sI sI sI sI sI}",
		"saves", (json_int_t)counters->saves,
		"errors", (json_int_t)counters->errors,
		"entries", (json_int_t)counters->entries,
		"bytes", (json_int_t)counters->bytes,
		"duration_ms", (json_int_t)counters->duration_ms,
		"longest_portion_us", (json_int_t)counters->longest_portion_us,
		"restored", (json_int_t)state->restored.entries);
}

/** Adds one of a backend's details to its group, which is an object beside the fast
 *  path's. */
static void add_detail(const char *group, const char *name, uint64_t value, void *user)
{
	json_t *stats = user, *object;
	char key[32];

	snprintf(key, sizeof(key), "fast_path%s%s", group ? "_" : "", group ? group : "");
	object = json_object_get(stats, key);
	if (!object) {
		object = json_object();
		json_object_set_new(stats, key, object);
	}
	json_object_set_new(object, name, json_integer((json_int_t)value));
}

/** Adds all of its details. */
static json_t *add_details(json_t *stats, const struct mirror *mirror)
{
	if (stats && mirror->backend)
		mirror->backend->details(mirror->fast_path, add_detail, stats);
	return stats;
}

/** What the fast path was told; null when there is none. */
static json_t *fast_path_stats(const struct stats_sources *sources)
{
	const struct mirror *mirror = sources->mirror;
	const struct fast_path_counters *counters;

	if (!mirror->backend)
		return json_null();
	counters = mirror->backend->counters(mirror->fast_path);
	return json_pack("{ss ss sI sI sI sI}",
		"backend", mirror->backend->name,
		"instead_of", sources->fast_path_why[0] ? sources->fast_path_why : "-",
		"put", (json_int_t)counters->put,
		"removed", (json_int_t)counters->removed,
		"commits", (json_int_t)counters->commits,
		"failed", (json_int_t)counters->failed);
}

/** The limits that are set or have dropped anything, if there are any. */
static json_t *limits_stats(const struct upkeep *upkeep)
{
	size_t count = limit_is_any(upkeep->config->limits) ? LIMITS : LIMITS_OF_STRANGERS;
	json_t *limits = json_object();

	for (size_t i = 0; limits && i < count; i++) {
		uint32_t rate = upkeep->config->limits[i];

		if (rate || upkeep->limited[i])
			json_object_set_new(limits, limit_name(i), json_pack("{sI sI}",
				"per_second", (json_int_t)rate,
				"dropped", (json_int_t)upkeep->limited[i]));
	}
	return limits;
}

/** How long the loop's turns take. */
static json_t *loop_stats(const struct pace *pace)
{
	const struct pace_turn *longest = &pace->longest;

	return json_pack("{sI sI s{sI sI sI sI sI}}",
		"turns", (json_int_t)pace->turns,
		"long_turns", (json_int_t)pace->long_turns,
		"longest",
		"took_us", (json_int_t)longest->took_us,
		"processor_us", (json_int_t)longest->processor_us,
		"switches", (json_int_t)longest->switches,
		"waits", (json_int_t)longest->waits,
		"faults", (json_int_t)longest->faults);
}

/** Everything beyond the reasons. */
json_t *stats_collect(void *user)
{
	const struct stats_sources *sources = user;
	const struct packets *packets = sources->packets;
	json_t *stats;

	stats = json_pack("{so so so so so so so so s{sI sI} sI s{sI sI sI} sI}",
		"queue", queue_stats(packets->queue),
		"kernel_queue", kernel_stats(packets->queue),
		"ruleset", ruleset_stats(sources->ruleset),
		"conntrack", conntrack_stats(sources->mirror->conntrack),
		"state", state_stats(sources->state),
		"fast_path", fast_path_stats(sources),
		"limits", limits_stats(sources->upkeep),
		"loop", loop_stats(sources->pace),
		"icmp",
		"sent", (json_int_t)packets->apply.icmp_sent,
		"errors", (json_int_t)packets->apply.icmp_errors,
		"challenges_sent", (json_int_t)packets->apply.challenges_sent,
		"announced",
		"established", (json_int_t)sources->mirror->established,
		"moved", (json_int_t)sources->mirror->moved,
		"removed", (json_int_t)sources->mirror->removed,
		"ruleset_repairs", (json_int_t)sources->upkeep->repairs);
	return add_details(stats, sources->mirror);
}
