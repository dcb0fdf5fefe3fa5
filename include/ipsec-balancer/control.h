/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How another program talks to the director: JSON-RPC 2.0 over a Unix stream socket, one
 * object a line, one answer a line, in the order of the requests. Only constants; what
 * each method takes and returns is in ipsec-balancerctl(8) under PROTOCOL.
 */
#pragma once

/** Grows when an answer changes so that an old reader would misunderstand it. New members
 *  and new methods do not count. show.version tells it. */
#define IPB_CONTROL_PROTOCOL 1

/** Where the daemon listens unless its configuration says otherwise. */
#ifdef IPB_RUNSTATEDIR
#define IPB_CONTROL_SOCKET IPB_RUNSTATEDIR "/ipsec-balancer/control.sock"
#else
#define IPB_CONTROL_SOCKET "/run/ipsec-balancer/control.sock"
#endif

/* Methods. Those that show may be called by root, the daemon's own user and the group
 * `socket-group`; those that change by root and the daemon's own user. */
#define IPB_SHOW_ENTRIES "show.entries"
#define IPB_SHOW_CLIENTS "show.clients"
#define IPB_SHOW_SERVICES "show.services"
#define IPB_SHOW_SERVERS "show.servers"
#define IPB_SHOW_RATES "show.rates"
#define IPB_SHOW_COUNTS "show.counts"
#define IPB_SHOW_STATS "show.stats"
#define IPB_SHOW_RULESET "show.ruleset"
#define IPB_SHOW_VERSION "show.version"
#define IPB_EXPLAIN "explain"
#define IPB_SERVER_SET "server.set"
#define IPB_LIMIT_SET "limit.set"
#define IPB_ENTRY_DELETE "entry.delete"
#define IPB_COUNT_BEGIN "count.begin"
#define IPB_COUNT_END "count.end"
#define IPB_STATE_SAVE "state.save"

/* Error codes of JSON-RPC 2.0. */
#define IPB_ERROR_PARSE (-32700)   /**< the line is no JSON */
#define IPB_ERROR_REQUEST (-32600) /**< JSON, but no request */
#define IPB_ERROR_METHOD (-32601)  /**< no such method */
#define IPB_ERROR_PARAMS (-32602)  /**< params are not what the method takes */
#define IPB_ERROR_INTERNAL (-32603)

/* Our own. */
#define IPB_ERROR_FAILED (-32000)     /**< could not be done; the message says why */
#define IPB_ERROR_NOT_FOUND (-32001)  /**< no service, server or entry of that name */
#define IPB_ERROR_PERMISSION (-32002) /**< not with this user */
#define IPB_ERROR_BUSY (-32003)       /**< too many connections; this one is closed */
#define IPB_ERROR_TOO_LONG                                                               \
	(-32004) /**< request line too long; the connection is closed */

/* Limits. */
#define IPB_REQUEST_BYTES 65536   /**< longest request line */
#define IPB_PAGE_ITEMS 1000       /**< most that params.limit may say; a page may have fewer */
#define IPB_PAGE_ITEMS_DEFAULT 200
#define IPB_EXPLAIN_BYTES 2048    /**< most of a packet that explain takes */
#define IPB_EXPLAIN_ENTRIES 32    /**< most entries of a client that explain lists */
#define IPB_COUNT_CLIENTS 1024    /**< most clients that are counted at once */
#define IPB_COUNT_S_DEFAULT 600   /**< how long, unless params.seconds says otherwise */
#define IPB_COUNT_S_MAX 86400
#define IPB_CONNECTIONS 16        /**< in all; the last four are root's */
#define IPB_CONNECTIONS_PER_USER 4 /**< of any user but root */
#define IPB_IDLE_S 30             /**< a connection without a whole request is closed */
