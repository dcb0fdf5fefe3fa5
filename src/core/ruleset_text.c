/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rules, and how nft reads them. Only memory is touched.
 *
 * ICMP errors quote the packet they are about, which a real server sent in the virtual
 * address's name: so the quote's source port is the service's. The quote is taken to
 * begin with an IP header without options, as everything that sends IPsec writes it.
 *
 *   ICMP    0 type, code, checksum, 4 unused | 8 quoted IP header ...
 *   IPv4    9 protocol, 20 ports             -> 17, 28 from the ICMP header on
 *   IPv6    6 next header, 40 ports          -> 14, 48
 */
#include "core/ruleset_text.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define DIVERT RULESET_CHAIN_DIVERT
#define QUOTED_V4 RULESET_CHAIN_QUOTED_V4
#define QUOTED_V6 RULESET_CHAIN_QUOTED_V6

/* linux/netfilter.h's NFPROTO_IPV4 and NFPROTO_IPV6 */
#define NFPROTO_V4 2
#define NFPROTO_V6 10

#define IS_V4 { RULESET_LOAD_NFPROTO, 0, 1, 0, RULESET_EQUAL, NFPROTO_V4 }
#define IS_V6 { RULESET_LOAD_NFPROTO, 0, 1, 0, RULESET_EQUAL, NFPROTO_V6 }
#define PROTOCOL(number) { RULESET_LOAD_L4PROTO, 0, 1, 0, RULESET_EQUAL, number }
#define UDP_DPORT(port) { RULESET_LOAD_TRANSPORT, 2, 2, 0, RULESET_EQUAL, port }
#define ICMP_TYPE(number) { RULESET_LOAD_TRANSPORT, 0, 1, 0, RULESET_EQUAL, number }
#define ICMP_FROM(number) { RULESET_LOAD_TRANSPORT, 0, 1, 0, RULESET_AT_LEAST, number }
#define ICMP_TO(number) { RULESET_LOAD_TRANSPORT, 0, 1, 0, RULESET_AT_MOST, number }
#define V4_FRAGMENT { RULESET_LOAD_NETWORK, 6, 2, 0x1fff, RULESET_UNEQUAL, 0 }
#define V6_FRAGMENT { RULESET_LOAD_FRAGMENT, 2, 2, 0xfff8, RULESET_UNEQUAL, 0 }
#define QUOTE_BYTE(offset, number) \
	{ RULESET_LOAD_TRANSPORT, offset, 1, 0, RULESET_EQUAL, number }
#define QUOTE_PORT(offset, port) \
	{ RULESET_LOAD_TRANSPORT, offset, 2, 0, RULESET_EQUAL, port }

const char *const ruleset_chains[] = {
	RULESET_CHAIN_QUEUE,
	QUOTED_V4,
	QUOTED_V6,
	DIVERT,
};
const size_t ruleset_chain_count = sizeof(ruleset_chains) / sizeof(ruleset_chains[0]);

const struct ruleset_rule ruleset_rules[] = {
	{ QUOTED_V4, "@th,136,8 50", { QUOTE_BYTE(17, IPPROTO_ESP) }, NULL, NULL },
	{ QUOTED_V4, "@th,136,8 51", { QUOTE_BYTE(17, IPPROTO_AH) }, NULL, NULL },
	{ QUOTED_V4, "@th,136,8 17 @th,224,16 500",
		{ QUOTE_BYTE(17, IPPROTO_UDP), QUOTE_PORT(28, 500) }, NULL, NULL },
	{ QUOTED_V4, "@th,136,8 17 @th,224,16 4500",
		{ QUOTE_BYTE(17, IPPROTO_UDP), QUOTE_PORT(28, 4500) }, NULL, NULL },

	{ QUOTED_V6, "@th,112,8 50", { QUOTE_BYTE(14, IPPROTO_ESP) }, NULL, NULL },
	{ QUOTED_V6, "@th,112,8 51", { QUOTE_BYTE(14, IPPROTO_AH) }, NULL, NULL },
	{ QUOTED_V6, "@th,112,8 17 @th,384,16 500",
		{ QUOTE_BYTE(14, IPPROTO_UDP), QUOTE_PORT(48, 500) }, NULL, NULL },
	{ QUOTED_V6, "@th,112,8 17 @th,384,16 4500",
		{ QUOTE_BYTE(14, IPPROTO_UDP), QUOTE_PORT(48, 4500) }, NULL, NULL },

	{ DIVERT, "udp dport 4500", { PROTOCOL(IPPROTO_UDP), UDP_DPORT(4500) },
		NULL, NULL },
	{ DIVERT, "udp dport 500", { PROTOCOL(IPPROTO_UDP), UDP_DPORT(500) },
		NULL, NULL },
	{ DIVERT, "meta l4proto esp", { PROTOCOL(IPPROTO_ESP) }, NULL, NULL },
	{ DIVERT, "meta l4proto ah", { PROTOCOL(IPPROTO_AH) }, NULL, NULL },
	/* Later fragments carry no port. They come only where nothing reassembles. */
	{ DIVERT, "meta l4proto udp ip frag-off & 0x1fff != 0",
		{ IS_V4, PROTOCOL(IPPROTO_UDP), V4_FRAGMENT }, NULL, NULL },
	{ DIVERT, "meta l4proto udp frag frag-off != 0",
		{ IS_V6, PROTOCOL(IPPROTO_UDP), V6_FRAGMENT }, NULL, NULL },
	/* Destination unreachable, time exceeded, parameter problem. */
	{ DIVERT, "icmp type 3", { IS_V4, PROTOCOL(IPPROTO_ICMP), ICMP_TYPE(3) },
		NULL, QUOTED_V4 },
	{ DIVERT, "icmp type 11", { IS_V4, PROTOCOL(IPPROTO_ICMP), ICMP_TYPE(11) },
		NULL, QUOTED_V4 },
	{ DIVERT, "icmp type 12", { IS_V4, PROTOCOL(IPPROTO_ICMP), ICMP_TYPE(12) },
		NULL, QUOTED_V4 },
	/* The same, and packet too big. */
	{ DIVERT, "icmpv6 type 1-4",
		{ IS_V6, PROTOCOL(IPPROTO_ICMPV6), ICMP_FROM(1), ICMP_TO(4) },
		NULL, QUOTED_V6 },

	{ RULESET_CHAIN_PREROUTING, "ip daddr @" RULESET_SET_V4, { IS_V4 },
		RULESET_SET_V4, DIVERT },
	{ RULESET_CHAIN_PREROUTING, "ip6 daddr @" RULESET_SET_V6, { IS_V6 },
		RULESET_SET_V6, DIVERT },
};
const size_t ruleset_rule_count = sizeof(ruleset_rules) / sizeof(ruleset_rules[0]);

/** A text that grows. After failed nothing is added any more. */
struct text {
	char *bytes;
	size_t used_bytes; /**< without the closing zero */
	size_t size_bytes;
	bool failed;
};

/** Makes room for more_bytes and the closing zero. */
static bool text_grow(struct text *text, size_t more_bytes)
{
	size_t wanted = text->used_bytes + more_bytes + 1;
	char *bytes;

	if (text->failed)
		return false;
	if (wanted <= text->size_bytes)
		return true;
	bytes = realloc(text->bytes, wanted * 2);
	if (!bytes) {
		text->failed = true;
		return false;
	}
	text->bytes = bytes;
	text->size_bytes = wanted * 2;
	return true;
}

/** Appends formatted text. */
static __attribute__((format(printf, 2, 3))) void text_add(
	struct text *text, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0 || !text_grow(text, (size_t)length))
		return;
	va_start(arguments, format);
	vsnprintf(text->bytes + text->used_bytes, (size_t)length + 1, format, arguments);
	va_end(arguments);
	text->used_bytes += (size_t)length;
}

/** Adds every virtual address of a family, with what stands before the first one and
 *  between them; returns how many there were. */
static size_t add_addresses(struct text *text, const struct config *config, int family,
	const char *before)
{
	char name[ADDRESS_TEXT_BYTES];
	size_t i, j, count = 0;

	for (i = 0; i < config->service_count; i++) {
		const struct config_service *service = &config->services[i];

		for (j = 0; j < service->address_count; j++) {
			if (service->addresses[j].family != family)
				continue;
			text_add(text, "%s%s", count++ ? ", " : before,
				address_format(&service->addresses[j], name));
		}
	}
	return count;
}

/** Adds one set with its addresses; nft does not take an empty list of them. */
static void add_set(struct text *text, const struct config *config, const char *name,
	const char *type, int family)
{
	text_add(text, "\tset %s {\n\t\ttype %s\n", name, type);
	if (add_addresses(text, config, family, "\t\telements = { "))
		text_add(text, " }\n");
	text_add(text, "\t}\n");
}

/** Adds the rules of one chain. */
static void add_rules(struct text *text, const char *chain)
{
	size_t i;

	for (i = 0; i < ruleset_rule_count; i++) {
		const struct ruleset_rule *rule = &ruleset_rules[i];

		if (strcmp(rule->chain, chain) != 0)
			continue;
		text_add(text, "\t\t%s %sgoto %s\n", rule->text,
			rule->next ? "" : "counter ",
			rule->next ? rule->next : RULESET_CHAIN_QUEUE);
	}
}

/** Adds one regular chain. */
static void add_chain(struct text *text, const struct config *config, const char *chain)
{
	text_add(text, "\tchain %s {\n", chain);
	if (strcmp(chain, RULESET_CHAIN_QUEUE) == 0)
		text_add(text, "\t\tnotrack queue num %u\n", config->queue);
	add_rules(text, chain);
	text_add(text, "\t}\n");
}

/** Writes the whole table. */
int ruleset_text(const struct config *config, char **ret_text)
{
	struct text text = { NULL, 0, 0, false };
	size_t i;

	text_add(&text, "table inet %s\ndelete table inet %s\ntable inet %s {\n",
		RULESET_TABLE, RULESET_TABLE, RULESET_TABLE);
	add_set(&text, config, RULESET_SET_V4, "ipv4_addr", AF_INET);
	add_set(&text, config, RULESET_SET_V6, "ipv6_addr", AF_INET6);
	for (i = 0; i < ruleset_chain_count; i++)
		add_chain(&text, config, ruleset_chains[i]);
	text_add(&text,
		"\tchain %s {\n"
		"\t\ttype filter hook prerouting priority %d; policy accept;\n"
		"\t\t# never matches; turns on reassembly of fragments\n"
		"\t\tmeta l4proto udp meta length 0 tproxy to :1\n",
		RULESET_CHAIN_PREROUTING, RULESET_PRIORITY);
	add_rules(&text, RULESET_CHAIN_PREROUTING);
	text_add(&text, "\t}\n}\n");
	if (text.failed) {
		free(text.bytes);
		return -ENOMEM;
	}
	*ret_text = text.bytes;
	return 0;
}
