/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that the director knows at run time: services with their servers, the session
 * table, the limit on ICMP answers, counters. Owned by the daemon, or by a test.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/defence.h"
#include "core/rate.h"
#include "core/session.h"
#include "core/spi.h"

struct director {
	const struct config *config;
	struct service *services; /**< owned, one for each of config->services */
	size_t service_count;
	struct session_table sessions;
	struct template_table templates;  /**< empty unless a service has persistence */
	struct spi_table spis;            /**< empty unless a service learns SPIs */
	struct memory memory;             /**< of these three */
	struct rate unreachable;          /**< ICMP answers */
	struct defence defence;
	uint64_t counters[REASON_COUNT];  /**< packets of no service */
};

/**
 * Makes a director for config, which must outlive it. key is random, from the caller;
 * events may be NULL. -ENOMEM.
 */
int director_new(const struct config *config, const struct hash_key *key,
	const struct session_events *events, struct director **ret_director);

/** Bytes of all hash tables of a director for config. */
uint64_t director_width_bytes(const struct config *config);

/** Frees everything; entries are announced as removed. Accepts NULL. */
void director_free(struct director *director);

/** The service that has this virtual address, or NULL. */
struct service *director_service_at(const struct director *director,
	const struct address *virtual);

/** The service whose other traffic the packet is, by its firewall mark or by destination,
 *  protocol and port, or NULL. */
struct service *director_service_also(const struct director *director,
	const struct packet *packet);

/** Names the sender of a packet to a client: if it has the address of a server of method
 *  nat, that server, and the virtual address becomes its service's. */
void director_name_sender(const struct director *director, struct packet *packet);

/** The server with that index (struct config_server), or NULL. */
struct server *director_server_at(const struct director *director, uint32_t index);

/** The server that sent the packet, NULL when that is not known. */
struct server *director_sender(const struct director *director, const struct packet *packet);

/** The service of that name, or NULL. */
struct service *director_service(const struct director *director, const char *name);

/** Handles up to max_entries entries whose time is over; returns how many. */
size_t director_time_out(struct director *director, uint64_t now_ms, size_t max_entries);

/** Handles up to max_entries entries that have to make room (core/pressure.h), or whose time is
 *  over; returns how many. */
size_t director_expire(struct director *director, uint64_t now_ms, size_t max_entries);

/** When the next entry expires, UINT64_MAX if there is none. */
uint64_t director_next_expiry_ms(const struct director *director);

/** A reason's counter over all services and what belongs to none. */
uint64_t director_count(const struct director *director, enum reason reason);
