/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The chains, sets and rules.
 *
 * ICMP errors quote the packet they are about, which a real server sent in the virtual
 * address's name: so the quote's source port is the service's. The quote is taken to
 * begin with an IP header without options, as everything that sends IPsec writes it.
 *
 *   ICMP    0 type, code, checksum, 4 unused | 8 quoted IP header ...
 *   IPv4    9 protocol, 20 ports             -> 17, 28 from the ICMP header on
 *   IPv6    6 next header, 40 ports          -> 14, 48
 */
#include "core/ruleset_rules.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "core/ruleset_carry.h"
#include "core/ruleset_limits.h"

#define QUEUE RULESET_CHAIN_QUEUE
#define PREROUTING RULESET_CHAIN_PREROUTING
#define DIVERT "divert"
#define QUOTED_V4 "quoted4"
#define QUOTED_V6 "quoted6"
#define REPLY "reply"
#define BRIDGED_REPLY "bridged-reply"
#define UNTRACKED_REPLY "untracked-reply"
#define MARKED "marked"
#define TRANSLATE "translate"
#define POSTROUTING "postrouting"
#define SOURCE "source"
#define INPUT "input"
#define DELIVERED "delivered"
#define OUTPUT "output"
#define FORWARD "forward"

#define SERVER_V4 "server4"
#define SERVER_V6 "server6"
#define VIRTUAL_OF_V4 "virtual-of4"
#define VIRTUAL_OF_V6 "virtual-of6"
#define WAY_V4 "way4"
#define WAY_V6 "way6"
#define OTHER_MARKS "other-marks"
#define SEEN_V4 "seen4"
#define SEEN_V6 "seen6"
#define REPLY_V4 "reply4"
#define REPLY_V6 "reply6"
#define BRIDGED_V4 "bridged4"
#define BRIDGED_V6 "bridged6"
#define ALSO_TCP_V4 "also-tcp4"
#define ALSO_TCP_V6 "also-tcp6"
#define ALSO_UDP_V4 "also-udp4"
#define ALSO_UDP_V6 "also-udp6"
#define ALSO_SCTP_V4 "also-sctp4"
#define ALSO_SCTP_V6 "also-sctp6"
#define ALSO_ECHO_V4 "also-echo4"
#define ALSO_ECHO_V6 "also-echo6"
#define ALSO_GRE_V4 "also-gre4"
#define ALSO_GRE_V6 "also-gre6"
#define ALSO_MARKS "also-marks"

#define NAT RULESET_WITH_NAT
#define GUARD RULESET_WITH_GUARD
#define SEEN RULESET_WITH_SEEN
#define REPLIES RULESET_WITH_REPLIES
#define UNTRACKED RULESET_WITH_UNTRACKED
#define ALSO RULESET_WITH_ALSO
#define FAST_MARKED RULESET_WITH_FAST_MARKED
#define NAT_AND_OTHERS (RULESET_WITH_NAT | RULESET_WITH_OTHERS)

/* linux/netfilter.h's NFPROTO_IPV4 and NFPROTO_IPV6, linux/if_ether.h's types */
#define NFPROTO_V4 2
#define NFPROTO_V6 10
#define ETHERTYPE_V4 0x0800
#define ETHERTYPE_V6 0x86dd

#define IS_V4 { RULESET_LOAD_NFPROTO, 0, 1, 0, RULESET_EQUAL, NFPROTO_V4 }
#define IS_V6 { RULESET_LOAD_NFPROTO, 0, 1, 0, RULESET_EQUAL, NFPROTO_V6 }
#define FRAME_V4 { RULESET_LOAD_ETHERTYPE, 0, 2, 0, RULESET_EQUAL, ETHERTYPE_V4 }
#define FRAME_V6 { RULESET_LOAD_ETHERTYPE, 0, 2, 0, RULESET_EQUAL, ETHERTYPE_V6 }
#define PROTOCOL(number) { RULESET_LOAD_L4PROTO, 0, 1, 0, RULESET_EQUAL, number }
#define UDP_SPORT(port) { RULESET_LOAD_TRANSPORT, 0, 2, 0, RULESET_EQUAL, port }
#define UDP_DPORT(port) { RULESET_LOAD_TRANSPORT, 2, 2, 0, RULESET_EQUAL, port }
#define NON_ESP_MARKER { RULESET_LOAD_TRANSPORT, 8, 4, 0, RULESET_EQUAL, 0 }
#define ICMP_TYPE(number) { RULESET_LOAD_TRANSPORT, 0, 1, 0, RULESET_EQUAL, number }
#define ICMP_FROM(number) { RULESET_LOAD_TRANSPORT, 0, 1, 0, RULESET_AT_LEAST, number }
#define ICMP_TO(number) { RULESET_LOAD_TRANSPORT, 0, 1, 0, RULESET_AT_MOST, number }
#define V4_FRAGMENT { RULESET_LOAD_NETWORK, 6, 2, 0x1fff, RULESET_UNEQUAL, 0 }
#define V6_FRAGMENT { RULESET_LOAD_FRAGMENT, 2, 2, 0xfff8, RULESET_UNEQUAL, 0 }
#define QUOTE_BYTE(offset, number) \
	{ RULESET_LOAD_TRANSPORT, offset, 1, 0, RULESET_EQUAL, number }
#define QUOTE_PORT(offset, port) \
	{ RULESET_LOAD_TRANSPORT, offset, 2, 0, RULESET_EQUAL, port }

#define IN_INET RULESET_TABLE_INET
#define IN_BRIDGE RULESET_TABLE_BRIDGE
#define REGULAR RULESET_HOOK_NONE, NULL, 0, 0

const struct ruleset_chain ruleset_chains[] = {
	{ QUEUE, 0, IN_INET, REGULAR },
	{ RULESET_CHAIN_REASSEMBLY, 0, IN_INET, REGULAR },
	{ QUOTED_V4, 0, IN_INET, REGULAR },
	{ QUOTED_V6, 0, IN_INET, REGULAR },
	RULESET_LIMIT_CHAINS,
	{ DIVERT, 0, IN_INET, REGULAR },
	{ REPLY, REPLIES, IN_INET, REGULAR },
	{ UNTRACKED_REPLY, UNTRACKED, IN_INET, REGULAR },
	/* After defragmentation (-400), before conntrack (-200): nft's "raw". */
	{ PREROUTING, 0, IN_INET, RULESET_HOOK_PREROUTING, "filter", -300, 0 },
	{ MARKED, NAT_AND_OTHERS, IN_INET, RULESET_HOOK_PREROUTING, "filter", -299, 0 },
	RULESET_LIMIT_HOOKS,
	{ TRANSLATE, NAT, IN_INET, RULESET_HOOK_PREROUTING, "nat", -100, 0 },
	{ INPUT, RULESET_WITH_LOCAL, IN_INET, RULESET_HOOK_INPUT, "filter", -150, 0 },
	{ DELIVERED, GUARD, IN_INET, RULESET_HOOK_INPUT, "filter", -150, 0 },
	{ OUTPUT, RULESET_WITH_OUTPUT, IN_INET, RULESET_HOOK_OUTPUT, "filter", -300, 0 },
	{ POSTROUTING, REPLIES, IN_INET, RULESET_HOOK_POSTROUTING, "filter", 90, 0 },
	{ SOURCE, NAT, IN_INET, RULESET_HOOK_POSTROUTING, "nat", 100, 0 },

	{ BRIDGED_REPLY, SEEN, IN_BRIDGE, REGULAR },
	{ FORWARD, SEEN, IN_BRIDGE, RULESET_HOOK_FORWARD, "filter", 0, 0 },

	RULESET_CARRY_CHAINS,
};
const size_t ruleset_chain_count = sizeof(ruleset_chains) / sizeof(ruleset_chains[0]);

#define FAMILY_V4 AF_INET
#define FAMILY_V6 AF_INET6
#define SET_OF_V4 RULESET_TYPE_V4, RULESET_TYPE_NONE
#define SET_OF_V6 RULESET_TYPE_V6, RULESET_TYPE_NONE
#define SET_OF_MARKS RULESET_TYPE_MARK, RULESET_TYPE_NONE
#define SET_OF_WAYS(bits) RULESET_TYPE_WAY_##bits, RULESET_TYPE_NONE
#define MARK_TO_V4 RULESET_TYPE_MARK, RULESET_TYPE_V4
#define MARK_TO_V6 RULESET_TYPE_MARK, RULESET_TYPE_V6
#define V4_TO_V4 RULESET_TYPE_V4, RULESET_TYPE_V4
#define V6_TO_V6 RULESET_TYPE_V6, RULESET_TYPE_V6

const struct ruleset_set ruleset_sets[] = {
	{ RULESET_SET_V4, 0, IN_INET, SET_OF_V4, RULESET_VIRTUAL, AF_INET, 0, 0 },
	{ RULESET_SET_V6, 0, IN_INET, SET_OF_V6, RULESET_VIRTUAL, AF_INET6, 0, 0 },
	{ SERVER_V4, NAT, IN_INET, MARK_TO_V4, RULESET_SERVER_OF_MARK, AF_INET, 0, 0 },
	{ SERVER_V6, NAT, IN_INET, MARK_TO_V6, RULESET_SERVER_OF_MARK, AF_INET6, 0, 0 },
	{ VIRTUAL_OF_V4, NAT, IN_INET, V4_TO_V4, RULESET_VIRTUAL_OF_SERVER, AF_INET, 0, 0 },
	{ VIRTUAL_OF_V6, NAT, IN_INET, V6_TO_V6, RULESET_VIRTUAL_OF_SERVER, AF_INET6, 0, 0 },
	{ WAY_V4, GUARD, IN_INET, SET_OF_WAYS(V4), RULESET_WAYS, AF_INET, 0, 0 },
	{ WAY_V6, GUARD, IN_INET, SET_OF_WAYS(V6), RULESET_WAYS, AF_INET6, 0, 0 },
	{ OTHER_MARKS, NAT_AND_OTHERS, IN_INET, SET_OF_MARKS, RULESET_OTHER_MARKS, 0, 0, 0 },
	{ SEEN_V4, SEEN, IN_INET, SET_OF_V4, RULESET_SEEN_SOURCES, AF_INET, 0, 0 },
	{ SEEN_V6, SEEN, IN_INET, SET_OF_V6, RULESET_SEEN_SOURCES, AF_INET6, 0, 0 },
	{ REPLY_V4, REPLIES, IN_INET, SET_OF_V4, RULESET_REPLY_SOURCES, AF_INET, 0, 0 },
	{ REPLY_V6, REPLIES, IN_INET, SET_OF_V6, RULESET_REPLY_SOURCES, AF_INET6, 0, 0 },
	{ RULESET_SET_SERVERS, RULESET_WITH_FAST, IN_INET, SET_OF_MARKS,
		RULESET_SERVER_MARKS, 0, 0, 0 },
	RULESET_LIMIT_SETS,
#define ALSO_PORTS(bits, name, number) \
	{ name, ALSO, IN_INET, RULESET_TYPE_##bits##_PORT, RULESET_TYPE_NONE, \
		RULESET_ALSO, FAMILY_##bits, number, 0 }
#define ALSO_ADDRESSES(bits, name, number) \
	{ name, ALSO, IN_INET, SET_OF_##bits, RULESET_ALSO, FAMILY_##bits, number, 0 }
	ALSO_PORTS(V4, ALSO_TCP_V4, IPPROTO_TCP),
	ALSO_PORTS(V6, ALSO_TCP_V6, IPPROTO_TCP),
	ALSO_PORTS(V4, ALSO_UDP_V4, IPPROTO_UDP),
	ALSO_PORTS(V6, ALSO_UDP_V6, IPPROTO_UDP),
	ALSO_PORTS(V4, ALSO_SCTP_V4, IPPROTO_SCTP),
	ALSO_PORTS(V6, ALSO_SCTP_V6, IPPROTO_SCTP),
	ALSO_ADDRESSES(V4, ALSO_ECHO_V4, IPPROTO_ICMP),
	ALSO_ADDRESSES(V6, ALSO_ECHO_V6, IPPROTO_ICMPV6),
	ALSO_ADDRESSES(V4, ALSO_GRE_V4, IPPROTO_GRE),
	ALSO_ADDRESSES(V6, ALSO_GRE_V6, IPPROTO_GRE),
	{ ALSO_MARKS, ALSO, IN_INET, SET_OF_MARKS, RULESET_ALSO_MARKS, 0, 0, 0 },

	{ BRIDGED_V4, SEEN, IN_BRIDGE, SET_OF_V4, RULESET_SEEN_SOURCES, AF_INET, 0, 0 },
	{ BRIDGED_V6, SEEN, IN_BRIDGE, SET_OF_V6, RULESET_SEEN_SOURCES, AF_INET6, 0, 0 },

	RULESET_CARRY_SETS,
};
const size_t ruleset_set_count = sizeof(ruleset_sets) / sizeof(ruleset_sets[0]);

/* What a rule ends with, behind its matches. */
#define NO_KEY RULESET_KEY_NONE, NULL
#define COUNT_AND_DIVERT NO_KEY, RULESET_DIVERT, NULL, 0, 0
#define GO_TO(chain) NO_KEY, RULESET_GOTO, chain, 0, 0
#define IF_TO(bits, set, chain) \
	RULESET_KEY_DESTINATION_##bits, set, RULESET_GOTO, chain, 0, 0
#define IF_TO_PORT(bits, set) \
	RULESET_KEY_DESTINATION_PORT_##bits, set, RULESET_GOTO, QUEUE, 0, 0
#define IF_FROM(bits, set, chain) \
	RULESET_KEY_SOURCE_##bits, set, RULESET_GOTO, chain, 0, 0
#define DO(statement) NO_KEY, statement, NULL, 0, 0
#define SNAT(bits, port) \
	RULESET_KEY_SOURCE_##bits, VIRTUAL_OF_##bits, RULESET_SNAT_##bits, NULL, port, 0

#define UDP_FROM(port) { PROTOCOL(IPPROTO_UDP), UDP_SPORT(port) }
#define UDP_FROM_IN(port, family) { PROTOCOL(IPPROTO_UDP), UDP_SPORT(port), family }
#define IKE_FROM_4500 { PROTOCOL(IPPROTO_UDP), UDP_SPORT(4500), NON_ESP_MARKER }

const struct ruleset_rule ruleset_rules[] = {
	{ QUEUE, RULESET_WITHOUT_NAT, NULL, { { 0 } }, DO(RULESET_NOTRACK_QUEUE) },
	{ QUEUE, NAT, NULL, { { 0 } }, DO(RULESET_QUEUE) },

	{ QUOTED_V4, 0, "@th,136,8 50", { QUOTE_BYTE(17, IPPROTO_ESP) },
		COUNT_AND_DIVERT },
	{ QUOTED_V4, 0, "@th,136,8 51", { QUOTE_BYTE(17, IPPROTO_AH) },
		COUNT_AND_DIVERT },
	{ QUOTED_V4, 0, "@th,136,8 17 @th,224,16 500",
		{ QUOTE_BYTE(17, IPPROTO_UDP), QUOTE_PORT(28, 500) }, COUNT_AND_DIVERT },
	{ QUOTED_V4, 0, "@th,136,8 17 @th,224,16 4500",
		{ QUOTE_BYTE(17, IPPROTO_UDP), QUOTE_PORT(28, 4500) }, COUNT_AND_DIVERT },

	{ QUOTED_V6, 0, "@th,112,8 50", { QUOTE_BYTE(14, IPPROTO_ESP) },
		COUNT_AND_DIVERT },
	{ QUOTED_V6, 0, "@th,112,8 51", { QUOTE_BYTE(14, IPPROTO_AH) },
		COUNT_AND_DIVERT },
	{ QUOTED_V6, 0, "@th,112,8 17 @th,384,16 500",
		{ QUOTE_BYTE(14, IPPROTO_UDP), QUOTE_PORT(48, 500) }, COUNT_AND_DIVERT },
	{ QUOTED_V6, 0, "@th,112,8 17 @th,384,16 4500",
		{ QUOTE_BYTE(14, IPPROTO_UDP), QUOTE_PORT(48, 4500) }, COUNT_AND_DIVERT },

	/* What is known at ingress but not carried from there has its mark. AH of a nat
	 * server's client is the daemon's to refuse. */
	{ DIVERT, FAST_MARKED | NAT, "meta l4proto ah", { PROTOCOL(IPPROTO_AH) },
		COUNT_AND_DIVERT },
	{ DIVERT, FAST_MARKED, NULL, { { 0 } }, DO(RULESET_MARKED) },
	RULESET_LIMIT_RULES,
	RULESET_LIMIT_DIVERSIONS,
	{ DIVERT, 0, "udp dport 4500", { PROTOCOL(IPPROTO_UDP), UDP_DPORT(4500) },
		COUNT_AND_DIVERT },
	{ DIVERT, 0, "udp dport 500", { PROTOCOL(IPPROTO_UDP), UDP_DPORT(500) },
		COUNT_AND_DIVERT },
	{ DIVERT, 0, "meta l4proto esp", { PROTOCOL(IPPROTO_ESP) }, COUNT_AND_DIVERT },
	{ DIVERT, 0, "meta l4proto ah", { PROTOCOL(IPPROTO_AH) }, COUNT_AND_DIVERT },
	/* Later fragments carry no port. They come only where nothing reassembles. */
	{ DIVERT, 0, "meta l4proto udp ip frag-off & 0x1fff != 0",
		{ IS_V4, PROTOCOL(IPPROTO_UDP), V4_FRAGMENT }, COUNT_AND_DIVERT },
	{ DIVERT, 0, "meta l4proto udp frag frag-off != 0",
		{ IS_V6, PROTOCOL(IPPROTO_UDP), V6_FRAGMENT }, COUNT_AND_DIVERT },
	/* Destination unreachable, time exceeded, parameter problem. */
	{ DIVERT, 0, "icmp type 3", { IS_V4, PROTOCOL(IPPROTO_ICMP), ICMP_TYPE(3) },
		GO_TO(QUOTED_V4) },
	{ DIVERT, 0, "icmp type 11", { IS_V4, PROTOCOL(IPPROTO_ICMP), ICMP_TYPE(11) },
		GO_TO(QUOTED_V4) },
	{ DIVERT, 0, "icmp type 12", { IS_V4, PROTOCOL(IPPROTO_ICMP), ICMP_TYPE(12) },
		GO_TO(QUOTED_V4) },
	/* The same, and packet too big. */
	{ DIVERT, 0, "icmpv6 type 1-4",
		{ IS_V6, PROTOCOL(IPPROTO_ICMPV6), ICMP_FROM(1), ICMP_TO(4) },
		GO_TO(QUOTED_V6) },

	{ DIVERT, ALSO, "meta l4proto tcp", { IS_V4, PROTOCOL(IPPROTO_TCP) },
		IF_TO_PORT(V4, ALSO_TCP_V4) },
	{ DIVERT, ALSO, "meta l4proto tcp", { IS_V6, PROTOCOL(IPPROTO_TCP) },
		IF_TO_PORT(V6, ALSO_TCP_V6) },
	{ DIVERT, ALSO, "meta l4proto udp", { IS_V4, PROTOCOL(IPPROTO_UDP) },
		IF_TO_PORT(V4, ALSO_UDP_V4) },
	{ DIVERT, ALSO, "meta l4proto udp", { IS_V6, PROTOCOL(IPPROTO_UDP) },
		IF_TO_PORT(V6, ALSO_UDP_V6) },
	{ DIVERT, ALSO, "meta l4proto sctp", { IS_V4, PROTOCOL(IPPROTO_SCTP) },
		IF_TO_PORT(V4, ALSO_SCTP_V4) },
	{ DIVERT, ALSO, "meta l4proto sctp", { IS_V6, PROTOCOL(IPPROTO_SCTP) },
		IF_TO_PORT(V6, ALSO_SCTP_V6) },
	/* Echo requests. */
	{ DIVERT, ALSO, "icmp type 8", { IS_V4, PROTOCOL(IPPROTO_ICMP), ICMP_TYPE(8) },
		IF_TO(V4, ALSO_ECHO_V4, QUEUE) },
	{ DIVERT, ALSO, "icmpv6 type 128",
		{ IS_V6, PROTOCOL(IPPROTO_ICMPV6), ICMP_TYPE(128) },
		IF_TO(V6, ALSO_ECHO_V6, QUEUE) },
	{ DIVERT, ALSO, "meta l4proto gre", { IS_V4, PROTOCOL(IPPROTO_GRE) },
		IF_TO(V4, ALSO_GRE_V4, QUEUE) },
	{ DIVERT, ALSO, "meta l4proto gre", { IS_V6, PROTOCOL(IPPROTO_GRE) },
		IF_TO(V6, ALSO_GRE_V6, QUEUE) },

	/* ESP in UDP and keepalives prove no cookie: they are not shown to the daemon. */
	{ REPLY, REPLIES, "udp sport 500", UDP_FROM(500), DO(RULESET_QUEUE_BYPASS) },
	{ REPLY, REPLIES, "udp sport 4500 @th,64,32 0", IKE_FROM_4500,
		DO(RULESET_QUEUE_BYPASS) },

	/* Their requests were kept out, so conntrack would take them for a beginning. */
	{ UNTRACKED_REPLY, UNTRACKED, "udp sport 4500", UDP_FROM(4500), DO(RULESET_NOTRACK) },
	{ UNTRACKED_REPLY, UNTRACKED, "udp sport 500", UDP_FROM(500), DO(RULESET_NOTRACK) },
	{ UNTRACKED_REPLY, UNTRACKED, "meta l4proto esp", { PROTOCOL(IPPROTO_ESP) },
		DO(RULESET_NOTRACK) },
	{ UNTRACKED_REPLY, UNTRACKED, "meta l4proto ah", { PROTOCOL(IPPROTO_AH) },
		DO(RULESET_NOTRACK) },

	{ PREROUTING, ALSO, NULL, { { 0 } }, RULESET_KEY_WHOLE_MARK, ALSO_MARKS,
		RULESET_GOTO, QUEUE, 0, 0 },
	{ PREROUTING, 0, NULL, { IS_V4 }, IF_TO(V4, RULESET_SET_V4, DIVERT) },
	{ PREROUTING, 0, NULL, { IS_V6 }, IF_TO(V6, RULESET_SET_V6, DIVERT) },
	{ PREROUTING, SEEN, NULL, { IS_V4 }, IF_FROM(V4, SEEN_V4, UNTRACKED_REPLY) },
	{ PREROUTING, SEEN, NULL, { IS_V6 }, IF_FROM(V6, SEEN_V6, UNTRACKED_REPLY) },

	RULESET_LEARN_RULES,

	{ MARKED, NAT_AND_OTHERS, NULL, { { 0 } }, RULESET_KEY_MARK, OTHER_MARKS,
		RULESET_NOTRACK, NULL, 0, 0 },

	{ TRANSLATE, NAT, NULL, { { 0 } }, RULESET_KEY_MARK, SERVER_V4, RULESET_DNAT_V4,
		NULL, 0, 0 },
	{ TRANSLATE, NAT, NULL, { { 0 } }, RULESET_KEY_MARK, SERVER_V6, RULESET_DNAT_V6,
		NULL, 0, 0 },

	/* What the director's own kernel decrypts goes on as if it had just come. */
	{ INPUT, RULESET_WITH_LOCAL, NULL, { { 0 } }, DO(RULESET_CLEAR_MARK) },

	{ OUTPUT, RULESET_WITH_OUTPUT, NULL, { IS_V4 },
		IF_FROM(V4, RULESET_SET_V4, UNTRACKED_REPLY) },
	{ OUTPUT, RULESET_WITH_OUTPUT, NULL, { IS_V6 },
		IF_FROM(V6, RULESET_SET_V6, UNTRACKED_REPLY) },

	{ DELIVERED, GUARD, NULL, { { 0 } }, DO(RULESET_DROP_MARKED) },

	{ POSTROUTING, GUARD, NULL, { IS_V4 }, RULESET_KEY_WAY_V4, WAY_V4, RULESET_ACCEPT,
		NULL, 0, 0 },
	{ POSTROUTING, GUARD, NULL, { IS_V6 }, RULESET_KEY_WAY_V6, WAY_V6, RULESET_ACCEPT,
		NULL, 0, 0 },
	{ POSTROUTING, GUARD, NULL, { { 0 } }, DO(RULESET_DROP_MARKED) },
	{ POSTROUTING, REPLIES, NULL, { IS_V4 }, IF_FROM(V4, REPLY_V4, REPLY) },
	{ POSTROUTING, REPLIES, NULL, { IS_V6 }, IF_FROM(V6, REPLY_V6, REPLY) },

	/* The port stays: without one in the rule conntrack may take another. */
	{ SOURCE, NAT, "udp sport 500", UDP_FROM_IN(500, IS_V4), SNAT(V4, 500) },
	{ SOURCE, NAT, "udp sport 4500", UDP_FROM_IN(4500, IS_V4), SNAT(V4, 4500) },
	{ SOURCE, NAT, "meta l4proto esp", { PROTOCOL(IPPROTO_ESP), IS_V4 }, SNAT(V4, 0) },
	{ SOURCE, NAT, "udp sport 500", UDP_FROM_IN(500, IS_V6), SNAT(V6, 500) },
	{ SOURCE, NAT, "udp sport 4500", UDP_FROM_IN(4500, IS_V6), SNAT(V6, 4500) },
	{ SOURCE, NAT, "meta l4proto esp", { PROTOCOL(IPPROTO_ESP), IS_V6 }, SNAT(V6, 0) },

	{ BRIDGED_REPLY, SEEN, "udp sport 500", UDP_FROM(500), DO(RULESET_QUEUE_BYPASS) },
	{ BRIDGED_REPLY, SEEN, "udp sport 4500 @th,64,32 0", IKE_FROM_4500,
		DO(RULESET_QUEUE_BYPASS) },

	{ FORWARD, SEEN, NULL, { FRAME_V4 }, IF_FROM(V4, BRIDGED_V4, BRIDGED_REPLY) },
	{ FORWARD, SEEN, NULL, { FRAME_V6 }, IF_FROM(V6, BRIDGED_V6, BRIDGED_REPLY) },

	RULESET_CARRY_RULES,
};
const size_t ruleset_rule_count = sizeof(ruleset_rules) / sizeof(ruleset_rules[0]);

/** Looks a chain up; every name in the rules is one. */
const struct ruleset_chain *ruleset_chain(const char *name)
{
	size_t i = 0;

	while (strcmp(ruleset_chains[i].name, name) != 0)
		i++;
	return &ruleset_chains[i];
}
