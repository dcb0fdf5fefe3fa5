/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chains, maps and rules that carry what is established from the ingress of interfaces, as
 * rows for the tables of ruleset_rules.c alone. The chains of interfaces and of servers are
 * kernel/nft_carry.h's, for links and next hops come and go:
 *
 *   at-INTERFACE -> carry4, carry6     by the Ethernet type, or what other links say it is
 *   carry4       -> hop4-N             plain ESP, AH and ESP in UDP: by the client's map to a
 *                                      mark, by the mark to the chain of its server
 *   hop4-N                             sent to the server's next hop
 *   carry4       -> error4-N           ICMP errors about ESP that went to a nat server
 *
 * What is known but cannot be sent from here, since it is too long for the way, at the end of
 * its hops, in pieces, or has options, goes up with its mark, by which the other table lets it
 * pass the queue.
 *
 * Each expression costs some thirty instructions. So flags, offset, time to live and
 * protocol of IPv4 are loaded at once, and so are UDP's destination port and length. ESP in
 * UDP comes before ESP: it is what most clients send.
 *
 *   IPv4    6 flags and offset (2), 8 time to live, 9 protocol
 *   IPv6    4 payload length (2), 6 next header, 7 hop limit
 *   UDP     0 source, 2 destination, 4 length, 6 checksum, 8 SPI or the non-ESP marker
 */
#pragma once

#define CARRY RULESET_WITH_FAST_MAPS
#define CARRY_AH (RULESET_WITH_FAST_MAPS | RULESET_WITH_FAST_AH)
#define CARRY_NAT (RULESET_WITH_FAST_MAPS | RULESET_WITH_NAT)
#define IN_NETDEV RULESET_TABLE_NETDEV
#define CARRY_V4 RULESET_CHAIN_CARRY_V4
#define CARRY_V6 RULESET_CHAIN_CARRY_V6

#define RULESET_CARRY_CHAINS \
	{ CARRY_V4, CARRY, IN_NETDEV, REGULAR }, \
	{ CARRY_V6, CARRY, IN_NETDEV, REGULAR }

#define CARRY_MAP(name, type, family) \
	{ name, CARRY, IN_NETDEV, RULESET_TYPE_##type, RULESET_TYPE_MARK, \
		RULESET_FILLED_LATER, family, 0, 0 }
#define RULESET_CARRY_SETS \
	CARRY_MAP(RULESET_MAP_CLIENT_V4, CLIENT_V4, AF_INET), \
	CARRY_MAP(RULESET_MAP_CLIENT_V6, CLIENT_V6, AF_INET6), \
	CARRY_MAP(RULESET_MAP_SESSION_V4, SESSION_V4, AF_INET), \
	CARRY_MAP(RULESET_MAP_SESSION_V6, SESSION_V6, AF_INET6), \
	{ RULESET_MAP_HOP_V4, CARRY, IN_NETDEV, RULESET_TYPE_MARK, RULESET_TYPE_CHAIN, \
		RULESET_HOPS, 0, 0, 0 }, \
	{ RULESET_MAP_HOP_V6, CARRY, IN_NETDEV, RULESET_TYPE_MARK, RULESET_TYPE_CHAIN, \
		RULESET_HOPS, 0, 0, 0 }, \
	{ RULESET_MAP_ERROR_V4, CARRY_NAT, IN_NETDEV, RULESET_TYPE_V4, RULESET_TYPE_CHAIN, \
		RULESET_HIDDEN, AF_INET, 0, 0 }, \
	{ RULESET_MAP_ERROR_V6, CARRY_NAT, IN_NETDEV, RULESET_TYPE_V6, RULESET_TYPE_CHAIN, \
		RULESET_HIDDEN, AF_INET6, 0, 0 }

/* Of a packet that is whole; its time to live does not matter here. */
#define WHOLE_V4(protocol) \
	{ RULESET_LOAD_NETWORK, 6, 4, 0x3fff00ff, RULESET_EQUAL, protocol }
#define PIECE_V4 { RULESET_LOAD_NETWORK, 6, 2, 0x3fff, RULESET_UNEQUAL, 0 }
#define V4_PROTOCOL(number) { RULESET_LOAD_NETWORK, 9, 1, 0, RULESET_EQUAL, number }
#define V6_NEXT(number) { RULESET_LOAD_NETWORK, 6, 1, 0, RULESET_EQUAL, number }
#define NOT_V6_NEXT(number) { RULESET_LOAD_NETWORK, 6, 1, 0, RULESET_UNEQUAL, number }
/* An SPI that is not reserved (RFC 4303 2.1). */
#define SPI_AT(offset) { RULESET_LOAD_TRANSPORT, offset, 4, 0, RULESET_AT_LEAST, 256 }
/* To port 4500 with more than ESP's eight bytes, so no keepalive, and what begins with an SPI,
 * so no ISAKMP (RFC 3948 2). */
#define ESP_IN_UDP \
	{ RULESET_LOAD_TRANSPORT, 2, 4, 0, RULESET_AT_LEAST, 4500 << 16 | 17 }, \
		{ RULESET_LOAD_SAME, 0, 4, 0, RULESET_AT_MOST, 4500 << 16 | 0xffff }, SPI_AT(8)

#define CARRY_BY(key, map, bits) \
	RULESET_KEY_##key##_##bits, map##_##bits, RULESET_CARRY, RULESET_MAP_HOP_##bits, 0, 0
#define MARK_BY_CLIENT(bits) \
	RULESET_KEY_CLIENT_##bits, RULESET_MAP_CLIENT_##bits, RULESET_MARK, NULL, 0, 0
#define HIDE(bits) \
	RULESET_KEY_QUOTED_##bits, RULESET_MAP_ERROR_##bits, RULESET_GOTO_MAPPED, NULL, 0, 0
#define ERROR_V4(type) \
	{ CARRY_V4, CARRY_NAT, NULL, { WHOLE_V4(IPPROTO_ICMP), ICMP_TYPE(type), \
		QUOTE_BYTE(17, IPPROTO_ESP) }, HIDE(V4) }

#define RULESET_CARRY_RULES \
	{ CARRY_V4, CARRY, NULL, { WHOLE_V4(IPPROTO_UDP), ESP_IN_UDP }, \
		CARRY_BY(SESSION, RULESET_MAP_SESSION, V4) }, \
	{ CARRY_V4, CARRY, NULL, { WHOLE_V4(IPPROTO_ESP), SPI_AT(0) }, \
		CARRY_BY(CLIENT, RULESET_MAP_CLIENT, V4) }, \
	{ CARRY_V4, CARRY_AH, NULL, { WHOLE_V4(IPPROTO_AH), SPI_AT(4) }, \
		CARRY_BY(CLIENT, RULESET_MAP_CLIENT, V4) }, \
	{ CARRY_V4, CARRY, NULL, { V4_PROTOCOL(IPPROTO_ESP), PIECE_V4 }, MARK_BY_CLIENT(V4) }, \
	{ CARRY_V4, CARRY_AH, NULL, { V4_PROTOCOL(IPPROTO_AH), PIECE_V4 }, \
		MARK_BY_CLIENT(V4) }, \
	ERROR_V4(3), ERROR_V4(11), ERROR_V4(12), \
	{ CARRY_V6, CARRY, NULL, { V6_NEXT(IPPROTO_UDP), ESP_IN_UDP }, \
		CARRY_BY(SESSION, RULESET_MAP_SESSION, V6) }, \
	{ CARRY_V6, CARRY, NULL, { V6_NEXT(IPPROTO_ESP), SPI_AT(0) }, \
		CARRY_BY(CLIENT, RULESET_MAP_CLIENT, V6) }, \
	{ CARRY_V6, CARRY_AH, NULL, { V6_NEXT(IPPROTO_AH), SPI_AT(4) }, \
		CARRY_BY(CLIENT, RULESET_MAP_CLIENT, V6) }, \
	{ CARRY_V6, CARRY, NULL, { NOT_V6_NEXT(IPPROTO_ESP), PROTOCOL(IPPROTO_ESP) }, \
		MARK_BY_CLIENT(V6) }, \
	{ CARRY_V6, CARRY_AH, NULL, { NOT_V6_NEXT(IPPROTO_AH), PROTOCOL(IPPROTO_AH) }, \
		MARK_BY_CLIENT(V6) }, \
	{ CARRY_V6, CARRY_NAT, NULL, { V6_NEXT(IPPROTO_ICMPV6), ICMP_FROM(1), ICMP_TO(4), \
		QUOTE_BYTE(14, IPPROTO_ESP) }, HIDE(V6) }
