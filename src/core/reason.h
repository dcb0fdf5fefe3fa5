/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a packet was treated as it was. Every packet ends with exactly one reason and
 * every reason is a counter, so the counters add up to the packets seen. The names
 * are what `ipsec-balancerctl show stats` prints and scripts read: they stay.
 */
#pragma once

/* X(enumerator, name, what it tells an operator) */
#define REASON_LIST(X)                                                                    \
	/* forwarded */                                                                   \
	X(NEW_CLIENT, "new-client", "first message, a server was chosen")                 \
	X(NEW_ENTRY, "new-entry", "first message of a known client")                      \
	X(NEW_SESSION, "new-session", "first message of a known client, a server was chosen") \
	X(RETRANSMIT, "first-message-again", "first message of a handshake under way")    \
	X(ESTABLISH, "established", "both cookies seen, entry became established")        \
	X(KNOWN_ENTRY, "isakmp", "ISAKMP of a known entry")                               \
	X(KNOWN_CLIENT, "isakmp-of-client", "ISAKMP of an established client, new cookies") \
	X(STATELESS, "stateless", "first message forwarded without an entry")             \
	X(MOVED, "moved", "known pair of cookies from another address or port")           \
	X(MOVE_UNCONFIRMED, "move-unconfirmed", "the same, the server has not answered yet") \
	X(SLOPPY, "sloppy", "unknown cookies, a server was chosen by hash")               \
	X(LABEL, "label", "an SPI that bears a server's label")                           \
	X(SPI, "spi", "ESP from an unknown address, its SPI is known")                    \
	X(ALSO, "also", "other traffic that goes where its client does")                  \
	X(KEEPALIVE, "keepalive", "NAT keepalive of a known entry")                       \
	X(ESP_IN_UDP, "esp-in-udp", "ESP in UDP of an established entry")                 \
	X(DRAFT_ESP, "draft-esp", "ESP behind a zero cookie on port 500")                 \
	X(SLAVE, "slave", "ESP or AH of an established client")                           \
	X(ICMP_RELATED, "icmp-related", "ICMP error about a known client's packet")       \
	X(FRAGMENT_RELATED, "fragment", "later fragment of an established client")        \
	/* passed: what servers send */                                                   \
	X(REPLY, "reply", "server's ISAKMP with nothing new in it")                       \
	X(REPLY_COOKIE, "reply-cookie", "server's ISAKMP, its cookie was noted")          \
	X(REPLY_BEGINS, "reply-begins", "server's ISAKMP of a handshake not known yet")   \
	X(REPLY_CONFIRMS, "reply-confirms", "server's answer where a client has moved to") \
	X(REPLY_UNKNOWN, "reply-unknown", "server's ISAKMP to an unknown client")         \
	/* passed unmarked: nothing of ours */                                            \
	X(NOT_OURS, "not-ours", "no IPsec for a virtual service")                         \
	/* dropped by the decision */                                                     \
	X(NO_SERVICE, "no-service", "IPsec to an address of no service")                  \
	X(NO_SERVER, "no-server", "no server with a weight and an address of the family") \
	X(UNKNOWN_COOKIES, "unknown-cookies", "both cookies set but nothing known")       \
	X(WRONG_COOKIE, "wrong-cookie", "responder cookie that the server did not send")  \
	X(AH_REFUSED, "ah-refused", "AH to a service that does not take it")              \
	X(AH_NAT, "ah-nat", "AH of a client whose server has method nat")                 \
	X(SPI_AMBIGUOUS, "spi-ambiguous", "ESP from an unknown address, several servers have its SPI") \
	X(UNKNOWN_KEEPALIVE, "unknown-keepalive", "keepalive without an entry")           \
	X(UNKNOWN_ESP_IN_UDP, "unknown-esp-in-udp", "ESP in UDP without established entry") \
	X(UNKNOWN_DRAFT_ESP, "unknown-draft-esp", "zero cookie without established entry") \
	X(UNKNOWN_FRAGMENT, "unknown-fragment", "later fragment of an unknown client")    \
	X(UNKNOWN_ICMP, "unknown-icmp", "ICMP error about an unknown client")             \
	X(NOT_FIRST, "not-first-message", "no responder cookie, yet no first message")    \
	X(LIMIT_ENTRIES, "limit-entries", "max-entries reached")                          \
	X(LIMIT_MEMORY, "limit-memory", "max-memory reached")                             \
	X(LIMIT_SERVER, "limit-server", "new-rate or half-open of every server reached")  \
	X(GREYLISTED, "greylisted", "first message held until its next copy comes")       \
	X(CHALLENGE_LIMITED, "challenge-limited", "over challenge-rate or too short: no cookie sent") \
	X(DROP_PACKET, "drop-packet", "first message that droppacket hit")                \
	X(LIMIT_CLIENT, "limit-client", "max-entries-per-client reached")                 \
	X(NO_MEMORY, "no-memory", "out of memory")                                        \
	/* dropped and answered */                                                        \
	X(ORPHAN, "orphan", "ESP or AH without established client, ICMP sent")            \
	X(CHALLENGED, "challenged", "first message answered with a cookie")               \
	X(ORPHAN_LIMITED, "orphan-limited", "the same, over the rate: no ICMP")           \
	/* malformed */                                                                   \
	X(IP_TRUNCATED, "ip-truncated", "shorter than its IP header")                     \
	X(IP_VERSION, "ip-version", "neither IPv4 nor IPv6")                              \
	X(IP_HEADER_LENGTH, "ip-header-length", "IPv4 header length below 20")            \
	X(IP_TOTAL_LENGTH, "ip-total-length", "total length lies")                        \
	X(IP_EXTENSIONS, "ip-extensions", "IPv6 extension chain broken or too long")      \
	X(IP_SOURCE, "ip-source", "source address that no host can have")                 \
	X(UDP_TRUNCATED, "udp-truncated", "shorter than its UDP header")                  \
	X(UDP_LENGTH, "udp-length", "UDP length lies")                                    \
	X(UDP_EMPTY, "udp-empty", "no payload")                                           \
	X(UDP_SOURCE_PORT, "udp-source-port", "source port 0")                            \
	X(NATT_SHORT, "natt-short", "on 4500: too short for marker or ESP")               \
	X(ISAKMP_TRUNCATED, "isakmp-truncated", "shorter than the 28-byte header")        \
	X(ISAKMP_LENGTH_SHORT, "isakmp-length-short", "length field below 28")            \
	X(ISAKMP_LENGTH_LONG, "isakmp-length-long", "length field beyond the datagram")   \
	X(ISAKMP_VERSION, "isakmp-version", "major version neither 1 nor 2")              \
	X(ISAKMP_EXCHANGE, "isakmp-exchange", "exchange type of the other version")       \
	X(ISAKMP_ZERO_COOKIE, "isakmp-zero-cookie", "initiator cookie zero")              \
	X(ESP_TRUNCATED, "esp-truncated", "shorter than SPI and sequence")                \
	X(AH_TRUNCATED, "ah-truncated", "shorter than its header")                        \
	X(AH_LENGTH, "ah-length", "payload length below the fixed header")                \
	X(SPI_ZERO, "spi-zero", "SPI 0")                                                  \
	X(SPI_RESERVED, "spi-reserved", "SPI 1 to 255")                                   \
	X(ICMP_TRUNCATED, "icmp-truncated", "ICMP error without enough of its quote")

enum reason {
#define REASON_ENUM(enumerator, name, text) REASON_##enumerator,
	REASON_LIST(REASON_ENUM)
#undef REASON_ENUM
	REASON_COUNT
};

/** The reason's name, for people and scripts. Never NULL. */
const char *reason_name(enum reason reason);

/** One phrase of explanation. Never NULL. */
const char *reason_text(enum reason reason);
