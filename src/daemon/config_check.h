/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the values of a configuration fit each other: the second step of reading a
 * file, after each value has been found good by itself.
 */
#pragma once

#include "core/config.h"
#include "daemon/config_errors.h"

/** Where in the file a server stands. */
struct server_places {
	unsigned int begin;
	unsigned int address_v4;
	unsigned int address_v6;
	unsigned int method;
	unsigned int replies;
	unsigned int label;
	unsigned int range;
	unsigned int encapsulation;
	unsigned int gue_port;
	unsigned int peer;
};

/** Where in the file a service stands, and what its servers inherit. */
struct service_places {
	unsigned int begin;
	unsigned int addresses[CONFIG_ADDRESSES];
	unsigned int method;
	unsigned int ah;
	unsigned int also;
	unsigned int challenge;
	struct config_server defaults; /**< what servers have that do not say otherwise */
	struct server_places
		*servers; /**< owned, one for each of the service's servers */
};

/** Lines of what the checks have to complain about. */
struct config_places {
	unsigned int mark_base;
	unsigned int mark_mask;
	unsigned int table_base;
	unsigned int max_memory;
	unsigned int drop_entry_low;
	struct service_places *services; /**< owned, one for each service */
	size_t service_count;
};

/** Checks the whole; what is wrong goes to errors. */
void config_check(const struct config *config, const struct config_places *places,
	struct config_errors *errors);

/** Checks what a service says of other traffic; called by config_check(). */
void config_check_also(const struct config *config, const struct config_service *service,
	const struct service_places *places, struct config_errors *errors);

/** Checks that no two servers of the service can have the same SPI by their labels; called
 *  by config_check(). */
void config_check_labels(const struct config_service *service,
	const struct service_places *places, struct config_errors *errors);

/** Checks what method nat asks of one service; called by config_check(). */
void config_check_nat(const struct config *config, const struct config_service *service,
	const struct service_places *places, struct config_errors *errors);

/** Checks what method tunnel asks of one service; called by config_check(). */
void config_check_tunnel(const struct config *config, const struct config_service *service,
	const struct service_places *places, struct config_errors *errors);

/** Checks what the defences against floods ask; called by config_check(). */
void config_check_defence(const struct config *config, const struct config_places *places,
	struct config_errors *errors);

/** Switches a service's challenge off, with a warning, where a server would not have it. */
void config_refuse_challenge(struct config_service *service,
	const struct service_places *places, struct config_errors *errors);

/** Frees what places owns, not places itself. */
void config_places_fini(struct config_places *places);
