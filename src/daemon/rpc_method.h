/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one method of the control protocol is made of. For rpc.c and the files of the
 * methods, nobody else.
 */
#pragma once

#include "daemon/rpc.h"
#include "ipsec-balancer/control.h"

/** One call under way. */
struct rpc_call {
	const struct rpc_context *context;
	const json_t *params; /**< an object, or NULL when there were none */
	uint64_t now_ms;
	json_t *result;    /**< new, of the handler */
	char message[256]; /**< of the error */
};

/** A method: returns 0 with result set, or an error code with message set. */
struct rpc_method {
	const char *name;
	bool needs_write;
	const char *const *params; /**< names it takes, NULL behind the last */
	int (*handler)(struct rpc_call *call);
};

/** Sets the message and returns code. */
int rpc_fail(struct rpc_call *call, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** Takes result as the call's; an error without memory when it is NULL. */
int rpc_done(struct rpc_call *call, json_t *result);

/** A parameter that must be a string. *ret_text is NULL where it is left out. */
int rpc_text_param(struct rpc_call *call, const char *name, const char **ret_text);

/** A parameter that must be a number from min to max; untouched where it is left out. */
int rpc_number_param(struct rpc_call *call, const char *name, uint64_t min, uint64_t max,
	uint64_t *ret_number);

/** The service of the parameter "service"; *ret_service is NULL where it is left out. */
int rpc_service_param(struct rpc_call *call, struct service **ret_service);

/** Where the defences against floods stand. NULL without memory. */
json_t *rpc_defence_json(const struct director *director);

/** What a service does about floods, and whether there is one. NULL without memory. */
json_t *rpc_flood_json(const struct service *service, uint64_t now_ms);

/** Addresses as a list of texts. NULL without memory. */
json_t *rpc_address_list(const struct address *const *addresses, size_t count);

/** An entry as show.entries has it. NULL without memory. */
json_t *rpc_entry_json(const struct session_table *sessions,
	const struct session_entry *entry, uint64_t now_ms);

/** Seconds until the entry expires; negative: how long a soft one is past it. */
json_int_t rpc_expires_s(const struct session_entry *entry, uint64_t now_ms);

/* The methods. */
extern const char *const rpc_no_params[];
extern const char *const rpc_entries_params[];
extern const char *const rpc_clients_params[];
extern const char *const rpc_services_params[];
extern const char *const rpc_servers_params[];
extern const char *const rpc_server_set_params[];
extern const char *const rpc_limit_set_params[];
extern const char *const rpc_entry_delete_params[];
extern const char *const rpc_counts_params[];
extern const char *const rpc_count_begin_params[];
extern const char *const rpc_count_end_params[];
extern const char *const rpc_explain_params[];

/* Those that show. */
int rpc_show_entries(struct rpc_call *call);
int rpc_show_clients(struct rpc_call *call);
int rpc_show_services(struct rpc_call *call);
int rpc_show_servers(struct rpc_call *call);
int rpc_show_rates(struct rpc_call *call);
int rpc_show_counts(struct rpc_call *call);
int rpc_show_stats(struct rpc_call *call);
int rpc_show_ruleset(struct rpc_call *call);
int rpc_show_version(struct rpc_call *call);

/* Those that change something, and explain. */
int rpc_server_set(struct rpc_call *call);
int rpc_limit_set(struct rpc_call *call);
int rpc_entry_delete(struct rpc_call *call);
int rpc_count_begin(struct rpc_call *call);
int rpc_count_end(struct rpc_call *call);
int rpc_explain(struct rpc_call *call);
int rpc_state_save(struct rpc_call *call);
