/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a configuration asks of the ruleset, and what makes two configurations the same to it.
 */
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "core/ruleset_limits.h"
#include "core/ruleset_rules.h"

#define NAT_AND_LOCAL (RULESET_WITH_NAT | RULESET_WITH_LOCAL)

/** What one server asks for. */
static unsigned int features_of(const struct config_server *server)
{
	unsigned int features;

	if (server->method == METHOD_NAT)
		return RULESET_WITH_NAT | RULESET_WITH_REPLIES;
	features = RULESET_WITH_OTHERS;
	if (server->replies_seen)
		features |= RULESET_WITH_SEEN | RULESET_WITH_REPLIES;
	if (server->method == METHOD_LOCAL)
		features |= RULESET_WITH_LOCAL;
	return features;
}

/** What one service and its servers ask for. */
static unsigned int service_features(const struct config_service *service)
{
	unsigned int features = service->also_count ? RULESET_WITH_ALSO : 0;
	size_t i;

	if (service->challenge != SWITCH_OFF)
		features |= RULESET_WITH_OUTPUT;

	for (i = 0; i < service->server_count; i++)
		features |= features_of(&service->servers[i]);
	return features;
}

/** What the fast path asks for, whose AH a service may refuse. */
static unsigned int fast_path_features(const struct config *config)
{
	switch (config->fast_path) {
	case FAST_PATH_OFF:
		return 0;
	case FAST_PATH_BPF:
		return RULESET_WITH_FAST | RULESET_WITH_FAST_MARKED;
	case FAST_PATH_AUTO:
	case FAST_PATH_NFT:
		break;
	}
	return RULESET_WITH_FAST | RULESET_WITH_FAST_MARKED | RULESET_WITH_FAST_MAPS |
		RULESET_WITH_FAST_AH;
}

/** Tells whether a server has labels in SPIs. */
static bool has_labels(const struct config_service *service)
{
	size_t i = 0;

	while (i < service->server_count && !service->servers[i].spi_last)
		i++;
	return i < service->server_count;
}

/** Tells whether no service looks for labels in SPIs. */
static unsigned int label_features(const struct config *config)
{
	for (size_t i = 0; i < config->service_count; i++) {
		if (has_labels(&config->services[i]))
			return 0;
	}
	return RULESET_WITHOUT_LABELS;
}

/** Limits know established clients by sets. */
static unsigned int limit_features(const struct config *config)
{
	return limit_is_any(config->limits) ? RULESET_WITH_LIMITS | RULESET_WITH_KNOWN : 0;
}

/** What all ask for. */
unsigned int ruleset_features(const struct config *config)
{
	unsigned int features = fast_path_features(config);
	size_t i;

	for (i = 0; i < config->service_count; i++) {
		features |= service_features(&config->services[i]);
		if (!config->services[i].ah)
			features &= ~(unsigned int)RULESET_WITH_FAST_AH;
	}
	/* AH of a nat server's client is the daemon's to refuse. */
	if (features & RULESET_WITH_NAT)
		features &= ~(unsigned int)RULESET_WITH_FAST_AH;
	else
		features |= RULESET_WITHOUT_NAT;
	features |= label_features(config);
	features |= limit_features(config);
	if (features & RULESET_WITH_NAT && !config_routes_by_mark(config))
		features |= RULESET_WITH_GUARD;
	if (!(NAT_AND_LOCAL & ~features))
		features |= RULESET_WITH_OUTPUT;
	if (features & (RULESET_WITH_SEEN | RULESET_WITH_OUTPUT))
		features |= RULESET_WITH_UNTRACKED;
	return features;
}

/** The same without the maps of the fast path, which nobody else can fill. */
unsigned int ruleset_features_plain(const struct config *config)
{
	return ruleset_features(config) & ~RULESET_WITH_ANY_FAST;
}

/** The longest time of a service. */
uint64_t ruleset_known_s(const struct config *config)
{
	uint64_t longest_ms = 0;
	size_t i;

	for (i = 0; i < config->service_count; i++)
		if (config->services[i].timeout_established_ms > longest_ms)
			longest_ms = config->services[i].timeout_established_ms;
	return longest_ms / 1000;
}

/** Looks at both. */
bool ruleset_wants(const struct config *config, unsigned int features, unsigned int needs,
	uint8_t limit)
{
	return !(needs & ~features) && (!limit || config->limits[limit - 1]);
}

/** Looks for a chain of the table that is wanted. */
bool ruleset_has_table(unsigned int features, enum ruleset_table table)
{
	size_t i;

	for (i = 0; i < ruleset_chain_count; i++) {
		const struct ruleset_chain *chain = &ruleset_chains[i];

		if (chain->table == table && !(chain->needs & ~features))
			return true;
	}
	return false;
}

/** The maps of the fast path, or the sets of the limits. */
bool ruleset_lasts(unsigned int features, enum ruleset_table table)
{
	switch (table) {
	case RULESET_TABLE_INET:
		return features & RULESET_WITH_KNOWN;
	case RULESET_TABLE_NETDEV:
		return features & RULESET_WITH_FAST_MAPS;
	case RULESET_TABLE_BRIDGE:
		break;
	}
	return false;
}

/** Adds one server to what makes a configuration's identity. */
static uint64_t mix_server(const struct config *config, const struct config_service *service,
	const struct config_server *server, uint64_t so_far)
{
	static const struct hash_key public_key;
	struct {
		uint64_t so_far;
		char service[CONFIG_NAME_BYTES];
		char server[CONFIG_NAME_BYTES];
		uint32_t mark;
		uint32_t mask;
	} key = { .so_far = so_far,
		.mark = config_server_mark(config, server),
		.mask = config->mark_mask };

	memcpy(key.service, service->name, sizeof(key.service));
	memcpy(key.server, server->name, sizeof(key.server));
	return hash_keyed(&public_key, &key, sizeof(key));
}

/** Names and marks of all servers and the maps' size, in a number; where marks lead nowhere
 *  by themselves another one, for elements must not be there before the rules are. */
void ruleset_identity(const struct config *config, char out[static RULESET_IDENTITY_BYTES])
{
	uint64_t identity = config->max_entries;
	size_t i, j;

	if (!config_routes_by_mark(config))
		identity = ~identity;
	for (i = 0; i < config->service_count; i++)
		for (j = 0; j < config->services[i].server_count; j++)
			identity = mix_server(config, &config->services[i],
				&config->services[i].servers[j], identity);
	snprintf(out, RULESET_IDENTITY_BYTES, "servers-%016llx",
		(unsigned long long)identity);
}
