/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The live side of virtual services and their real servers: weights, what is connected,
 * counters. Configuration is in config.h and only pointed to.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/chain.h"
#include "base/list.h"
#include "core/config.h"
#include "core/estimate.h"
#include "core/flood.h"
#include "core/rate.h"
#include "core/reason.h"

#define SERVER_WEIGHT_MAX 65535

struct server {
	const struct config_server *config;
	uint32_t weight;         /**< live; 0: no new clients, known ones stay */
	int64_t credit;          /**< of the scheduler wrr */
	uint32_t clients;        /**< clients that have it */
	uint32_t initial;        /**< their entries in INITIAL */
	uint32_t established;    /**< their entries in ESTABLISHED, soft ones too */
	uint64_t packets;        /**< forwarded to it through the daemon */
	uint64_t bytes;
	uint64_t fast_packets;   /**< by the kernel alone, as it said last */
	uint64_t fast_bytes;
	uint64_t fast_seen_packets; /**< the kernel's own counter; it may begin anew */
	uint64_t fast_seen_bytes;
	struct rate begun;       /**< tokens for handshakes begun with it */
	uint64_t handshakes;     /**< entries of it that became ESTABLISHED */
	struct estimate handshake_rate;
	struct estimate packet_rate;
	struct estimate byte_rate;
};

struct service {
	const struct config_service *config;
	struct server *servers; /**< owned, one for each of config->servers */
	size_t server_count;
	size_t next_server;     /**< of the scheduler rr */
	/* Entries in the order of their last packet, the oldest first: with one timeout
	 * a state this is the order of expiry, so no timer has to be kept for each. */
	struct chain initial;
	struct chain established;
	struct chain soft;
	struct list templates; /**< of core/template.h: those that may expire, in order */
	struct list spis; /**< bindings of core/spi.h, in the order of use */
	size_t initial_count;
	size_t established_count;
	size_t soft_count;
	size_t client_count;
	uint32_t soft_quota; /**< soft entries that may be there now */
	struct flood flood;  /**< of first messages */
	uint64_t counters[REASON_COUNT];
};

/** Makes the state of a service; config must outlive it. -ENOMEM. */
int service_init(struct service *service, const struct config_service *config);

/** Frees the servers; the entries must be gone. */
void service_fini(struct service *service);

/** The place of a server of service among its servers. */
static inline uint8_t service_place(const struct service *service, const struct server *server)
{
	return (uint8_t)(server - service->servers);
}

/** The server of that name, or NULL. */
struct server *service_server(const struct service *service, const char *name);

/** What server has to do for service, for schedulers: clients, or with affinity session
 *  their entries. */
uint64_t service_load(const struct service *service, const struct server *server);

/** Packets forwarded to server, by the daemon and by the kernel alone. */
uint64_t server_packets(const struct server *server);

/** The same in bytes. */
uint64_t server_bytes(const struct server *server);

/** Looks at the counters of all servers of service for their rates; once a second is
 *  right. */
void service_look(struct service *service, uint64_t now_ms);

/** Tells whether a new client of that family may be given to server. */
bool server_takes_new(const struct server *server, uint8_t family);

/** Tells whether server may begin another handshake, by its limits. */
bool server_has_room(const struct server *server);

/** Both of these. */
bool server_is_open(const struct server *server, uint8_t family);

/** Tells whether packets of that family can be forwarded to server at all. */
bool server_reachable(const struct server *server, uint8_t family);
