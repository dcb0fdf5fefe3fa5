/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our nft tables as data: chains, sets and rules, each with what a configuration must have
 * for it to be there. kernel/ruleset.c installs them and ruleset_text.c prints them for
 * operators who keep their own ruleset (`ruleset = external`): one source for both, so
 * they cannot differ. Knows no netlink and no nft syntax but that of a rule's matches.
 *
 * A packet for a virtual address, by hook and priority:
 *
 *   prerouting -300  reassembled; IPsec is queued, and comes back with its server's mark
 *   prerouting -299  marks of servers that are not nat: kept out of conntrack
 *   prerouting -298  passed by the daemon: its sender is known, where limits have to know
 *   prerouting -100  marks of nat servers: the mark's server becomes the destination
 *   input      -150  delivered to the director: our bits of the mark are cleared
 *
 * Where routing does not look at marks, as with nat alone, two chains see to it that a
 * packet goes to its mark's server or nowhere:
 *
 *   input      -150  what has a mark is dropped
 *   postrouting  90  the same, unless its destination is the mark's server
 *
 * A packet that a server sends to a client by way of the director:
 *
 *   prerouting -300  from a virtual address, so not by nat: kept out of conntrack
 *   output     -300  the same of the director's own: local beside nat, and challenges
 *   postrouting  90  ISAKMP is queued, before conntrack gives it the virtual address
 *   postrouting 100  of which conntrack knows no client: gets it from the source map
 *   (bridge) forward the same queueing where the director is a bridge for it
 *
 * Before all that, at the ingress of interfaces, what is established can go on to its server
 * by core/ruleset_carry.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"

#define RULESET_TABLE "ipsec-balancer"
#define RULESET_CHAIN_PREROUTING "prerouting"
#define RULESET_CHAIN_QUEUE "to-daemon" /**< queues; the others go here */
#define RULESET_SET_V4 "virtual4"
#define RULESET_SET_V6 "virtual6"

#define RULESET_SET_SERVERS "servers" /**< marks; counts what came up with each */
#define RULESET_MAP_CLIENT_V4 "client4" /**< client and virtual address to mark */
#define RULESET_MAP_CLIENT_V6 "client6"
#define RULESET_MAP_SESSION_V4 "session4" /**< the same with the client's port */
#define RULESET_MAP_SESSION_V6 "session6"
#define RULESET_CHAIN_LINK "at-" /**< then an interface's name */
#define RULESET_CHAIN_CARRY_V4 "carry4" /**< where an interface's chain sends IPv4 */
#define RULESET_CHAIN_CARRY_V6 "carry6"
#define RULESET_MAP_HOP_V4 "hop4" /**< mark to the chain that sends to its server */
#define RULESET_MAP_HOP_V6 "hop6"
#define RULESET_MAP_ERROR_V4 "error4" /**< nat server's address to the chain that hides it */
#define RULESET_MAP_ERROR_V6 "error6"
/** How long servers' chains are trusted when nobody follows next hops any more. */
#define RULESET_HOP_MS 30000

/** Never entered: the presence of its rule has fragments put together. */
#define RULESET_CHAIN_REASSEMBLY "reassembly"

#define RULESET_CHAIN_OVER "over-" /**< counts what a limit drops; then its name */
#define RULESET_IDENTITY_BYTES 32
/** How long a source that sends nothing more is remembered. */
#define RULESET_LIMIT_S 10

#define RULESET_SET_KNOWN_V4 "known4" /**< clients and virtual addresses, of established ones */
#define RULESET_SET_KNOWN_V6 "known6"
/** How often the kernel looks for known clients whose time is over. */
#define RULESET_KNOWN_LOOK_MS 60000

#define RULESET_MATCHES 5 /**< most matches of a rule */

/** What a configuration asks of the ruleset. Bits; a piece of the ruleset is there when the
 *  configuration has all bits of its needs. */
enum ruleset_feature {
	RULESET_WITHOUT_NAT = 1 << 0,
	RULESET_WITH_NAT = 1 << 1,
	RULESET_WITH_OTHERS = 1 << 2,  /**< servers of other methods */
	RULESET_WITH_SEEN = 1 << 3,    /**< of those, some whose replies pass the director */
	RULESET_WITH_REPLIES = 1 << 4, /**< nat or seen: replies are queued */
	RULESET_WITH_LOCAL = 1 << 5,   /**< a server of method local */
	RULESET_WITH_FAST = 1 << 7,    /**< the kernel carries what is established */
	RULESET_WITH_FAST_AH = 1 << 8, /**< AH too: no service refuses it */
	RULESET_WITH_FAST_MAPS = 1 << 10,   /**< by maps in a table of nft's, at ingress */
	RULESET_WITH_FAST_MARKED = 1 << 11, /**< by who has marked what comes up to us */
	RULESET_WITH_ALSO = 1 << 6,    /**< other traffic of a service */
	/** seen, or nat beside local: replies that conntrack would take for a beginning */
	RULESET_WITH_UNTRACKED = 1 << 9,
	/** what leaves here as a virtual address: local beside nat, or challenges */
	RULESET_WITH_OUTPUT = 1 << 12,
	RULESET_WITH_LIMITS = 1 << 14, /**< what is queued is limited */
	RULESET_WITH_KNOWN = 1 << 15,  /**< by sets that tell established clients */
	/** no routing rules: what has a mark and is not on its server's way is dropped */
	RULESET_WITH_GUARD = 1 << 18,
	RULESET_WITHOUT_LABELS = 1 << 16, /**< ESP is never forwarded by its SPI's label */
};

/** All that has to do with the fast path. */
#define RULESET_WITH_ANY_FAST                                                  \
	(unsigned int)(RULESET_WITH_FAST | RULESET_WITH_FAST_AH | RULESET_WITH_FAST_MAPS |       \
		RULESET_WITH_FAST_MARKED)

enum ruleset_table {
	RULESET_TABLE_INET,
	RULESET_TABLE_BRIDGE,
	RULESET_TABLE_NETDEV,
};

enum ruleset_hook {
	RULESET_HOOK_NONE, /**< a regular chain: others go to it */
	RULESET_HOOK_PREROUTING,
	RULESET_HOOK_INPUT,
	RULESET_HOOK_OUTPUT,
	RULESET_HOOK_FORWARD,
	RULESET_HOOK_POSTROUTING,
};

/** One chain. */
struct ruleset_chain {
	const char *name;
	unsigned int needs;
	enum ruleset_table table;
	enum ruleset_hook hook;
	const char *type;
	int32_t priority;
	uint8_t limit; /**< that must be set, its number plus 1; 0: none need be */
};

/** What a set is filled with. */
enum ruleset_content {
	RULESET_VIRTUAL,           /**< all virtual addresses */
	RULESET_SERVER_OF_MARK,    /**< map: a nat server's mark to its address */
	RULESET_VIRTUAL_OF_SERVER, /**< map: a nat server's address to the virtual one */
	RULESET_WAYS,              /**< nat servers' marks, each with the server's address */
	RULESET_OTHER_MARKS,       /**< marks of servers that are not nat */
	RULESET_SEEN_SOURCES,      /**< sources of replies that nobody translates */
	RULESET_REPLY_SOURCES,     /**< those, and nat servers' addresses */
	RULESET_ALSO,              /**< virtual addresses whose other traffic has the set's
	                                protocol, each with its port if there are ports */
	RULESET_FILLED_LATER,      /**< map: by the fast path's backend, kept over a restart */
	RULESET_LIMITED_SOURCES,   /**< by packets: what a limit has of each source */
	RULESET_LIMITED_VIRTUALS,  /**< the same of each virtual address */
	RULESET_KNOWN,             /**< by packets that the daemon has let through; kept over a
	                                restart */
	RULESET_HOPS,              /**< chains by who follows next hops; for RULESET_HOP_MS */
	RULESET_HIDDEN,            /**< map: a nat server's address to its chain; likewise */
	RULESET_SERVER_MARKS,      /**< marks of all servers, each with a counter */
	RULESET_ALSO_MARKS,        /**< marks of other traffic */
};

/** A type of keys and of what maps lead to. */
enum ruleset_type {
	RULESET_TYPE_NONE, /**< as data: no map */
	RULESET_TYPE_V4,
	RULESET_TYPE_V6,
	RULESET_TYPE_MARK, /**< in the CPU's byte order */
	RULESET_TYPE_WAY_V4, /**< mark, address */
	RULESET_TYPE_WAY_V6,
	RULESET_TYPE_V4_PORT,
	RULESET_TYPE_V6_PORT,
	RULESET_TYPE_CLIENT_V4,  /**< client's address, virtual address */
	RULESET_TYPE_CLIENT_V6,
	RULESET_TYPE_SESSION_V4, /**< and the client's port */
	RULESET_TYPE_SESSION_V6,
	RULESET_TYPE_CHAIN, /**< as data: the packet goes there, for good */
};

struct ruleset_set {
	const char *name;
	unsigned int needs;
	enum ruleset_table table;
	enum ruleset_type key;
	enum ruleset_type data;
	enum ruleset_content content;
	int family; /**< AF_INET or AF_INET6; not for marks alone */
	uint8_t protocol; /**< of RULESET_ALSO */
	uint8_t limit;    /**< as in struct ruleset_chain */
};

/** Where a value is loaded from. */
enum ruleset_load {
	RULESET_LOAD_END, /**< no match: the ones before were all */
	RULESET_LOAD_NFPROTO,
	RULESET_LOAD_ETHERTYPE, /**< in a bridge */
	RULESET_LOAD_L4PROTO, /**< IPv6: behind the extension headers, AH not being one */
	RULESET_LOAD_NETWORK, /**< offset from the IP header on */
	RULESET_LOAD_TRANSPORT,
	RULESET_LOAD_FRAGMENT, /**< offset in IPv6's fragment header */
	RULESET_LOAD_KIND, /**< linux/if_packet.h's PACKET_* */
	RULESET_LOAD_LINK, /**< offset from the link's header on; none there: no match */
	RULESET_LOAD_LINK_KIND, /**< linux/if_arp.h's ARPHRD_*; in the CPU's byte order */
	RULESET_LOAD_SAME, /**< what the match before has loaded */
};

enum ruleset_compare {
	RULESET_EQUAL,
	RULESET_UNEQUAL,
	RULESET_AT_LEAST,
	RULESET_AT_MOST,
};

struct ruleset_match {
	enum ruleset_load load;
	uint8_t offset_bytes;
	uint8_t size_bytes; /**< 1, 2 or 4 */
	uint32_t mask;      /**< 0: all bits */
	enum ruleset_compare compare;
	uint32_t value; /**< host order */
};

/** What is looked up in a set, after the matches. */
enum ruleset_key {
	RULESET_KEY_NONE,
	RULESET_KEY_DESTINATION_V4,
	RULESET_KEY_DESTINATION_V6,
	RULESET_KEY_SOURCE_V4,
	RULESET_KEY_SOURCE_V6,
	RULESET_KEY_SOURCE_PREFIX_V4, /**< as many bits as limits look at */
	RULESET_KEY_SOURCE_PREFIX_V6,
	RULESET_KEY_MARK, /**< our bits of it */
	RULESET_KEY_WHOLE_MARK,
	RULESET_KEY_WAY_V4, /**< our bits of the mark, destination address */
	RULESET_KEY_WAY_V6,
	RULESET_KEY_DESTINATION_PORT_V4, /**< destination address and port */
	RULESET_KEY_DESTINATION_PORT_V6,
	RULESET_KEY_CLIENT_V4, /**< source and destination address */
	RULESET_KEY_CLIENT_V6,
	RULESET_KEY_SESSION_V4, /**< and source port */
	RULESET_KEY_SESSION_V6,
	RULESET_KEY_QUOTED_V4, /**< destination address in what an ICMP error quotes */
	RULESET_KEY_QUOTED_V6,
};

/** What is done with a packet that matches. */
enum ruleset_statement {
	RULESET_DIVERT,          /**< counted, then to RULESET_CHAIN_QUEUE */
	RULESET_GOTO,            /**< to next, for good */
	RULESET_QUEUE,           /**< dropped while nobody listens */
	RULESET_NOTRACK_QUEUE,   /**< the same, and kept out of conntrack */
	RULESET_QUEUE_BYPASS,    /**< counted; goes on while nobody listens */
	RULESET_NOTRACK,
	RULESET_DNAT_V4,         /**< to what the map has */
	RULESET_DNAT_V6,
	RULESET_SNAT_V4,         /**< the same, from port where it is not 0 */
	RULESET_SNAT_V6,
	RULESET_CLEAR_MARK,      /**< our bits of it */
	RULESET_LIMIT_EACH,      /**< to next, if the key is over the rule's limit */
	RULESET_LIMIT_ALL,       /**< to next, if all together are over it */
	RULESET_UPDATE,          /**< the key is put into the set, or stays from now on */
	RULESET_ADD,             /**< the key is put into the set if it is not there */
	RULESET_COUNT_DROP,
	RULESET_DROP_MARKED, /**< counted; if it has any of our bits */
	RULESET_ACCEPT,
	RULESET_MARK,            /**< by the map */
	RULESET_CARRY,           /**< the same, and by the map next to that server's chain */
	RULESET_GOTO_MAPPED,     /**< to the chain that the map has */
	RULESET_MARKED,          /**< if its mark is a server's: counted for it, accepted */
};

/** One rule. All matches must hold, and the key must be in the set. */
struct ruleset_rule {
	const char *chain;
	unsigned int needs;
	const char *text; /**< the matches as nft reads them; NULL: there are none, or they
	                       are implied by the key */
	struct ruleset_match matches[RULESET_MATCHES];
	enum ruleset_key key;
	const char *set;
	enum ruleset_statement statement;
	const char *next; /**< of RULESET_GOTO and those like it, and of RULESET_CARRY */
	uint16_t port;    /**< of RULESET_SNAT_V4 and RULESET_SNAT_V6 */
	uint8_t limit;    /**< as in struct ruleset_chain */
};

/** The chains, those that others go to first. */
extern const struct ruleset_chain ruleset_chains[];
extern const size_t ruleset_chain_count;

extern const struct ruleset_set ruleset_sets[];
extern const size_t ruleset_set_count;

/** The rules in their order, chain by chain. */
extern const struct ruleset_rule ruleset_rules[];
extern const size_t ruleset_rule_count;

/** Tells whether something is there that needs these features and this limit. */
bool ruleset_wants(const struct config *config, unsigned int features, unsigned int needs,
	uint8_t limit);

/** What config asks for: bits of enum ruleset_feature. */
unsigned int ruleset_features(const struct config *config);

/** The same without a fast path: what can be had of somebody else who installs it. */
unsigned int ruleset_features_plain(const struct config *config);

/** How long a client is known that sends no more ISAKMP, in seconds. */
uint64_t ruleset_known_s(const struct config *config);

/** True when the table has anything in it. */
bool ruleset_has_table(unsigned int features, enum ruleset_table table);

/** True when there is something in the table that outlives the daemon. */
bool ruleset_lasts(unsigned int features, enum ruleset_table table);

/** Writes the name of an empty chain that tells what servers the table is made for, so that
 *  the marks in its maps can be trusted. */
void ruleset_identity(const struct config *config, char out[static RULESET_IDENTITY_BYTES]);

/** Writes a mask of the first bits of an address. */
void ruleset_prefix(int family, uint32_t bits, struct address *ret_mask);

/** The chain of that name. */
const struct ruleset_chain *ruleset_chain(const char *name);

/** One element; which members hold something is told by the set's types. */
struct ruleset_element {
	uint32_t mark;                /**< the key, if it is one, or what it begins with */
	const struct address *key;
	uint16_t port;                /**< behind the key's address */
	const struct address *data;
	const struct config_server *server; /**< of RULESET_SERVER_MARKS */
};

typedef void ruleset_element_fn(const struct ruleset_element *element, void *user);

/** How many elements a set may have; 0: no limit. The kernel looks them up with fewer
 *  instructions if it knows. */
uint32_t ruleset_set_size(const struct config *config, const struct ruleset_set *set);

/** Shows each element of a set to see. */
void ruleset_elements(const struct config *config, const struct ruleset_set *set,
	ruleset_element_fn *see, void *user);
