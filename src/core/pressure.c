/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/pressure.h"

#include <string.h>

#include "core/director.h"
#include "core/handshake.h"

#define LEVEL_FULL 1000 /**< thousandths */
#define LEVEL_OF_PER_CENT 10
#define CANDIDATES 16 /**< INITIAL entries among which one is chosen */

/** used of limit in thousandths; without a limit nothing is used. */
static uint32_t part(uint64_t used, uint64_t limit)
{
	if (!limit)
		return 0;
	return used >= limit ? LEVEL_FULL : (uint32_t)(used * LEVEL_FULL / limit);
}

/** The fuller of entries and memory. */
uint32_t pressure_level(const struct director *director)
{
	const struct session_table *sessions = &director->sessions;
	uint32_t entries = part(sessions->entry_count, sessions->limits.entries);
	uint32_t bytes = part(memory_objects_bytes(&director->memory),
		memory_objects_limit_bytes(&director->memory));

	return entries > bytes ? entries : bytes;
}

/** The low watermark in thousandths. */
static uint32_t low(const struct config *config)
{
	return config->drop_entry_low * LEVEL_OF_PER_CENT;
}

/** The high one. */
static uint32_t high(const struct config *config)
{
	return config->drop_entry_high * LEVEL_OF_PER_CENT;
}

/** What is left of a service's quota at that level. */
static uint32_t soft_quota(const struct config *config, uint32_t quota, uint32_t level)
{
	if (config->drop_entry == SWITCH_OFF || level <= low(config))
		return quota;
	if (level >= high(config))
		return 0;
	return (uint32_t)((uint64_t)quota * (high(config) - level) /
			  (high(config) - low(config)));
}

/** Gives each service the quota of that level. */
static void set_quotas(struct director *director, uint32_t level)
{
	for (size_t i = 0; i < director->service_count; i++) {
		struct service *service = &director->services[i];

		service->soft_quota = soft_quota(
			director->config, service->config->soft_entries, level);
	}
}

/** Looks at the level. Most packets change less than a thousandth of it, and then the services
 *  are left alone. */
void pressure_look(struct director *director)
{
	struct pressure *pressure = &director->defence.pressure;
	uint32_t level = pressure_level(director);
	bool was_on = pressure->is_on;

	if (level >= high(director->config))
		pressure->is_on = true;
	else if (level <= low(director->config))
		pressure->is_on = false;
	pressure->times += pressure->is_on && !was_on;
	if (level != pressure->quota_level)
		set_quotas(director, level);
	pressure->quota_level = level;
}

/** The first entry of a chain that is not keep, or NULL. */
static struct session_entry *first_but(const struct session_table *sessions,
	const struct chain *state, const struct session_entry *keep)
{
	struct session_entry *oldest = session_oldest(sessions, state);

	return oldest && oldest == keep ? chain_next(&sessions->in_state, oldest) : oldest;
}

/** Tells whether the server has answered a handshake of the entry, where that is seen. */
static bool is_answered(
	const struct session_table *sessions, const struct session_entry *entry)
{
	const struct handshake *list[HANDSHAKES_PER_ENTRY];
	size_t count = handshake_list(sessions, entry, list);

	for (size_t i = 0; i < count; i++) {
		if (list[i]->offers || list[i]->by_server)
			return true;
	}
	return false;
}

/** Of the oldest INITIAL entries of service the one with the least to lose: not answered,
 *  and with the fewest packets; of equals the oldest. NULL if there is none. */
static struct session_entry *weakest(const struct session_table *sessions,
	const struct service *service, const struct session_entry *keep)
{
	struct session_entry *entry = session_oldest(sessions, &service->initial);
	struct session_entry *found = NULL;
	bool found_answered = false;

	for (int i = 0; i < CANDIDATES && entry; i++) {
		bool answered = is_answered(sessions, entry);
		bool is_weaker = !found || answered < found_answered ||
			(answered == found_answered && entry->packets < found->packets);

		if (entry != keep && is_weaker) {
			found = entry;
			found_answered = answered;
		}
		entry = chain_next(&sessions->in_state, entry);
	}
	return found;
}

/** Names an entry of a service that could go for a reason of its kind, or NULL. */
typedef struct session_entry *candidate_fn(const struct session_table *sessions,
	const struct service *service, const struct session_entry *keep);

/** A soft entry beyond the quota. */
static struct session_entry *soft_beyond(const struct session_table *sessions,
	const struct service *service, const struct session_entry *keep)
{
	if (service->soft_count <= service->soft_quota)
		return NULL;
	return first_but(sessions, &service->soft, keep);
}

/** Any soft entry. */
static struct session_entry *soft_any(const struct session_table *sessions,
	const struct service *service, const struct session_entry *keep)
{
	return first_but(sessions, &service->soft, keep);
}

/** A live ESTABLISHED entry. */
static struct session_entry *live(const struct session_table *sessions,
	const struct service *service, const struct session_entry *keep)
{
	return first_but(sessions, &service->established, keep);
}

/** Of what the services name, the entry that is silent for longest. */
static struct session_entry *oldest(const struct director *director, candidate_fn *candidate,
	const struct session_entry *keep)
{
	struct session_entry *found = NULL;

	for (size_t i = 0; i < director->service_count; i++) {
		struct session_entry *entry =
			candidate(&director->sessions, &director->services[i], keep);

		if (entry && (!found || entry->last_ms < found->last_ms))
			found = entry;
	}
	return found;
}

/** The weakest INITIAL entry of the service that has most of them: a flood at one service
 *  does not push out the handshakes of another. */
static struct session_entry *weakest_of_most(const struct director *director,
	const struct session_entry *keep)
{
	const struct service *most = &director->services[0];

	for (size_t i = 1; i < director->service_count; i++) {
		if (director->services[i].initial_count > most->initial_count)
			most = &director->services[i];
	}
	return weakest(&director->sessions, most, keep);
}

/** What has to go next, or NULL. */
static struct session_entry *victim(const struct director *director,
	const struct session_entry *keep)
{
	const struct config *config = director->config;
	struct session_entry *entry = oldest(director, soft_beyond, keep);

	if (!entry)
		entry = weakest_of_most(director, keep);
	if (!entry)
		entry = oldest(director, soft_any, keep);
	if (!entry && config->drop_entry == SWITCH_ON &&
		pressure_level(director) > high(config))
		entry = oldest(director, live, keep);
	return entry;
}

/** Tells whether something has to go. */
static bool must_go(const struct director *director)
{
	const struct config *config = director->config;

	switch (config->drop_entry) {
	case SWITCH_OFF:
		return false;
	case SWITCH_AUTO:
		return director->defence.pressure.is_on;
	case SWITCH_ON:
		return pressure_level(director) > low(config);
	}
	return false;
}

/** Drops entries. */
size_t pressure_relieve(struct director *director, const struct session_entry *keep,
	size_t max)
{
	size_t dropped = 0;

	pressure_look(director);
	while (dropped < max && must_go(director)) {
		struct session_entry *entry = victim(director, keep);

		if (!entry)
			break;
		session_remove(&director->sessions, entry);
		director->defence.pressure.entries++;
		dropped++;
		pressure_look(director);
	}
	return dropped;
}

/** Throws the dice. */
bool pressure_drops(const struct director *director, const struct packet *packet)
{
	const struct config *config = director->config;
	uint64_t words[4] = { packet->icookie, director->defence.now_ms / 1000 };

	if (config->drop_packet == SWITCH_OFF ||
		(config->drop_packet == SWITCH_AUTO && !director->defence.pressure.is_on))
		return false;
	memcpy(&words[2], packet->flow.client.bytes, sizeof(packet->flow.client.bytes));
	return hash_keyed(&director->defence.key, words, sizeof(words)) %
		       config->drop_packet_one_in ==
		0;
}
