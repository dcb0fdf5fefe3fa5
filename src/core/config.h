/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration as checked values. Immutable once it is made; state lives in
 * director.h and points here, never the other way round.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "core/limit.h"

struct scheduler;

#define CONFIG_NAME_BYTES 32 /**< longest name of a service or server, with its zero */
#define CONFIG_ADDRESSES 8   /**< addresses a service may have */
#define CONFIG_ALSO 16       /**< kinds of other traffic a service may have */
#define CONFIG_SERVERS 256   /**< servers in all: one mark and one routing table each */
#define CONFIG_SERVICES 64
#define CONFIG_INTERFACES 32
#define CONFIG_INTERFACE_BYTES 16 /**< linux/if.h's IFNAMSIZ */
#define CONFIG_TABLE_MAIN 254  /**< linux/rtnetlink.h's RT_TABLE_MAIN */
#define CONFIG_TABLE_LOCAL 255 /**< linux/rtnetlink.h's RT_TABLE_LOCAL */

enum config_method {
	METHOD_DIRECT,
	METHOD_TUNNEL,
	METHOD_NAT,
	METHOD_LOCAL,
};

/** What has one server. */
enum config_affinity {
	AFFINITY_CLIENT,  /**< a client address, with all that comes from it */
	AFFINITY_SESSION, /**< each session behind a NAT that changes ports */
};

/** What a tunnel's outer packet carries between its IP header and the inner packet. */
enum config_encapsulation {
	ENCAPSULATION_IPIP, /**< nothing: IP in IP (RFC 2003, RFC 2473, RFC 4213) */
	ENCAPSULATION_GUE,  /**< UDP and Generic UDP Encapsulation */
};

/** When a defence is up. */
enum config_switch {
	SWITCH_OFF,
	SWITCH_AUTO, /**< while there is need */
	SWITCH_ON,
};

/** What becomes of a first message of an unknown client. */
enum config_initial {
	INITIAL_TABLE,     /**< an INITIAL entry */
	INITIAL_AUTO,      /**< stateless while first messages come as a flood */
	INITIAL_STATELESS, /**< forwarded without an entry, to a server by hash */
};

/** Which IKE daemon a server runs, where that matters. */
enum config_peer {
	PEER_ANY,
	PEER_LIBRESWAN, /**< drops a first message with a cookie that it did not ask for */
};

enum config_ruleset {
	RULESET_NFTABLES, /**< we install our table */
	RULESET_EXTERNAL, /**< the operator queues the packets */
};

/** What carries established clients without the daemon. */
enum config_fast_path {
	FAST_PATH_OFF,  /**< nothing */
	FAST_PATH_AUTO, /**< the best that works, which becomes one of the others */
	FAST_PATH_BPF,  /**< a program where packets come in */
	FAST_PATH_NFT,  /**< maps in our nft table */
};

struct config_server {
	char name[CONFIG_NAME_BYTES];
	struct address address_v4; /**< next hop; family 0: none, as with local */
	struct address address_v6;
	enum config_method method;
	bool replies_seen; /**< what it sends to clients passes the director; always with nat */
	enum config_encapsulation encapsulation; /**< of method tunnel */
	uint16_t gue_port;                       /**< UDP port that its GUE is sent to */
	uint64_t label;      /**< what its IKE SPIs have in the bits of label_mask */
	uint64_t label_mask; /**< 0: no label */
	uint32_t spi_first;  /**< its ESP and AH SPIs are from here */
	uint32_t spi_last;   /**< to here; 0: no range */
	enum config_peer peer;
	uint32_t new_rate;  /**< handshakes begun with it a second; 0: no limit */
	uint32_t half_open; /**< INITIAL entries that it may have; 0: no limit */
	uint32_t weight; /**< at start; the live one is in struct server */
	uint32_t index;  /**< over all services, from 0: gives mark and table */
};

/** Other traffic that goes where its client does. */
struct config_also {
	uint8_t protocol; /**< IP protocol; 0: whatever has the mark */
	uint16_t port;    /**< destination; 0 for protocols without */
	uint32_t mark;    /**< firewall mark of the administrator's own rules */
};

struct config_service {
	char name[CONFIG_NAME_BYTES];
	struct address addresses[CONFIG_ADDRESSES];
	size_t address_count;
	const struct scheduler *scheduler;
	uint64_t timeout_initial_ms;
	uint64_t timeout_established_ms;
	uint32_t soft_entries;
	enum config_affinity affinity;
	uint64_t persistence_ms; /**< 0: no templates */
	uint32_t persistence_prefix_v4;
	uint32_t persistence_prefix_v6;
	struct config_also also[CONFIG_ALSO];
	size_t also_count;
	enum config_initial initial;
	enum config_switch challenge; /**< IKEv2's first messages are answered with a cookie */
	enum config_switch greylist;  /**< only the second copy of a first message passes */
	uint64_t greylist_window_ms;
	uint32_t flood_rate; /**< first messages a second from which the autos are up */
	bool learn_spi; /**< notes servers' ESP SPIs */
	bool sloppy;    /**< unknown pairs of cookies get a server by hash */
	bool ah; /**< AH is forwarded, to servers of methods that leave addresses alone */
	struct config_server *servers; /**< owned by config */
	size_t server_count;
};

struct config {
	char socket_path[104];
	char state_file[256]; /**< what outlives a restart; empty: nothing does */
	uint64_t state_interval_ms; /**< 0: written at the end alone */
	char socket_group[CONFIG_NAME_BYTES]; /**< may read the tables; empty: root alone */
	uint32_t mark_base;
	uint32_t mark_mask;
	uint32_t table_base;
	uint32_t rule_priority;
	uint16_t queue;
	uint32_t queue_length;
	uint32_t socket_buffer_bytes;
	uint32_t limits[LIMITS]; /**< packets a second; 0: none. Changed while we run */
	uint32_t limit_prefix_v4; /**< bits that make two sources one */
	uint32_t limit_prefix_v6;
	uint32_t limit_sources; /**< that are remembered for each limit and family */
	uint32_t max_entries;
	uint32_t max_entries_per_client;
	uint64_t max_memory_bytes; /**< of the ISAKMP table; 0: no limit */
	enum config_switch drop_entry;
	uint32_t drop_entry_low;  /**< per cent of the limits */
	uint32_t drop_entry_high;
	enum config_switch drop_packet;
	uint32_t drop_packet_one_in;
	uint32_t challenge_rate;     /**< cookie challenges a second */
	uint32_t answers_per_source; /**< a second, ICMP and challenges */
	uint32_t first_messages;     /**< that are remembered without an entry */
	uint32_t unreachable_rate;  /**< ICMP answers a second */
	uint32_t unreachable_burst;
	enum config_ruleset ruleset;
	enum config_fast_path fast_path;
	char interfaces[CONFIG_INTERFACES][CONFIG_INTERFACE_BYTES]; /**< that clients'
	                                       packets come in by, for bpf; none: found */
	size_t interface_count;
	struct config_service *services; /**< owned */
	size_t service_count;
	size_t server_count; /**< over all services */
};

/** The method's name as in the file. */
const char *config_method_name(enum config_method method);

/** The fwmark of a server: mark_base for the first, the next ones in steps of the lowest bit
 *  of mark_mask. The configuration check makes sure that it fits. */
uint32_t config_server_mark(const struct config *config, const struct config_server *server);

/** The server's routing table; for method local it is CONFIG_TABLE_LOCAL, for nat
 *  CONFIG_TABLE_MAIN. */
uint32_t config_server_table(const struct config *config, const struct config_server *server);

/** Tells whether routing by mark keeps the servers' packets apart: not where all have method
 *  nat and the ruleset is ours, for that holds them to their servers by itself. */
bool config_routes_by_mark(const struct config *config);

/** The server's own address of that family, or NULL. */
const struct address *config_own_address(const struct config_server *server, uint8_t family);

/** The address that clients' packets of a family are sent to: the server's own in that
 *  family; for method tunnel, whose outer packets need not be of the clients' family, the
 *  other one where it has none. NULL: there is none, or the method needs none. */
const struct address *config_server_address(
	const struct config_server *server, uint8_t family);

/** Fills what a file may leave out. */
void config_defaults(struct config *config);

/** Frees services and servers, and the config itself. Accepts NULL. */
void config_free(struct config *config);
