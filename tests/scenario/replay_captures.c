/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Real traffic: captures through classify and decide, on their own timestamps. Once with
 * the client-side packets alone, as where servers answer past the director, and once with
 * the servers' ISAKMP as well. The folder is $IPB_CAPTURES, or ../shared/captures from the
 * source tree; where it is absent the test is skipped. What each file must give stands in
 * the table.
 */
#include <errno.h>
#include <stdarg.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/classify.h"
#include "core/decide.h"
#include "core/handshake.h"
#include "tests/lib/invariants.h"
#include "tests/lib/test_config.h"

#define SKIPPED 77
#define SERVERS 3
#define KINDS_BYTES 256

/** What all packets of a file must come to. */
enum outcome {
	ONE_SERVER, /**< every packet forwarded, to the same server */
	NO_SERVER, /**< all but other traffic dropped or answered, for the reason given */
};

/** One file. kinds has one letter a client-side packet, in order: F ike-first, I ike, K
 *  keepalive, U ESP in UDP, E ESP, A AH, G later fragment, M malformed, O other. */
struct capture {
	const char *file;
	const char *virtual; /**< the server's address: what goes there is the client's */
	enum outcome outcome;
	enum reason reason; /**< for NO_SERVER */
	const char *kinds;
	unsigned int established; /**< entries that are ESTABLISHED at the end */
	unsigned int pairs;       /**< known at the end, counted at each of their addresses */
	unsigned int unanswered;  /**< of the pairs: not shown by the server yet */
	unsigned int moves;       /**< known pairs that came from a flow not theirs */
};

static const struct capture captures[] = {
	/* first message and AUTH, three ESP, child rekey, IKE rekey in two fragments, the
	 * same by the server, the move to another address, re-authentication on 4500,
	 * delete */
	{ "own_ikev2_full_nat_mobike_rekey.pcap", "10.1.0.2", ONE_SERVER, REASON_COUNT,
		"FIUUUIIUUIIIKIIIUIIUIIIIIIUUKIFIKI",
		.established = 2, .pairs = 5, .moves = 1 },
	/* fragments of payload 132, rekey by the client on 4500, then by the server: MM2
	   first */
	{ "own_ikev1_main_rekey.pcap", "10.1.0.2", ONE_SERVER, REASON_COUNT,
		"FIIIIIUUUIIUUFIIIKKIIIIIIIIKKUUIIIIII",
		.established = 2, .pairs = 4, .moves = 1 },
	{ "own_ikev1_aggressive_rekey.pcap", "10.1.0.2", ONE_SERVER, REASON_COUNT,
		"FIIIUUUIIUUFIKKIIIIKUKUIIIIII",
		.established = 1, .pairs = 4 },
	/* the first message twice, the second with the cookie that was asked for */
	{ "own_ikev2_balancer_cookie.pcap", "10.1.0.2", ONE_SERVER, REASON_COUNT,
		"FFIUUI",
		.established = 1, .pairs = 1 },
	/* ends with the first packet of a rekeyed SA */
	{ "tcpdump_ikev2four.pcap", "192.168.1.1", ONE_SERVER, REASON_COUNT,
		"FFIIIIIIIII",
		.established = 1, .pairs = 2, .unanswered = 1 },
	{ "tcpdump_isakmp4500.pcap", "192.1.2.23", ONE_SERVER, REASON_COUNT,
		"FIIIIUIUKUIUKUUKUUK",
		.established = 2, .pairs = 1, .moves = 1 },
	{ "tcpdump_ISAKMP_sa_setup.pcap", "10.0.0.2", ONE_SERVER, REASON_COUNT, "FIIII",
		.established = 1, .pairs = 1 },
	/* IKE_AUTH in three IP fragments, sent three times */
	{ "spicy-ipsec_ipsec_client.pcap", "144.76.154.114", ONE_SERVER, REASON_COUNT,
		"FIGGIGGIGG",
		.established = 1, .pairs = 1 },
	/* the second packet is an informational in clear without responder cookie */
	{ "spicy-ipsec_ipsec.cap", "192.168.140.200", ONE_SERVER, REASON_COUNT,
		"FIIIIIEEEEEEEEE",
		.established = 1, .pairs = 1 },
	{ "suricata-verify_ikev1-isakmp-main-mode.pcap", "192.168.12.2", ONE_SERVER,
		REASON_COUNT, "FIIII",
		.established = 1, .pairs = 1 },
	/* captures that begin in the middle: nothing is known of the client */
	{ "tcpdump_espudp1.pcap", "192.1.2.45", NO_SERVER, REASON_UNKNOWN_ESP_IN_UDP,
		.kinds = "UUUUUUUU" },
	{ "tcpdump_02-sunrise-sunset-esp.pcap", "192.1.2.45", NO_SERVER, REASON_ORPHAN,
		.kinds = "EEEEEEEE" },
	/* malformed: a source in 0/8, length 0, ESP without a body, ::1 on a wire, AH of
	   length 0 */
	{ "tcpdump_esp_truncated.pcap", "255.127.255.121", NO_SERVER, REASON_IP_SOURCE,
		.kinds = "M" },
	{ "spicy-ipsec_ipsec-ikev1-zero-length.pcap", "192.168.12.2", NO_SERVER,
		REASON_ISAKMP_LENGTH_SHORT, .kinds = "M" },
	{ "suricata-verify_eve-flow-esp.pcap", "190.0.0.2", NO_SERVER,
		REASON_ESP_TRUNCATED, .kinds = "MMMM" },
	{ "suricata-verify_eve-flow-esp.pcap", "::2", NO_SERVER, REASON_IP_SOURCE, .kinds = "MM" },
	{ "zeek_ipv6_zero_len_ah.pcap", "2000:1300::2", NO_SERVER, REASON_AH_LENGTH,
		.kinds = "OOMOO" },
};

/** A capture while it is replayed. */
struct replay {
	const struct capture *capture;
	struct config *config;
	struct director *director;
	struct address virtual;
	uint64_t now_ms;
	uint64_t packets;   /**< the client's */
	uint64_t committed; /**< with those of strangers and of the server */
	unsigned int lost;  /**< ESTABLISHED entries that ended */
	bool seen;                   /**< the server's ISAKMP is shown as well */
	const struct server *server; /**< of the first packet that was forwarded */
	char kinds[KINDS_BYTES];
	unsigned int failures;
};

/** The letter of a kind. */
static char kind_letter(enum packet_kind kind)
{
	static const char letters[] = "MOFIKUDEACG";

	return letters[kind];
}

/** Prints and counts a failure. */
__attribute__((format(printf, 2, 3))) static void fail(
	struct replay *replay, const char *format, ...)
{
	va_list arguments;

	replay->failures++;
	fprintf(stderr, "%s: packet %lu: ", replay->capture->file,
		(unsigned long)replay->packets);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

/** How many bytes stand before the IP header; -1 for a link that is not known. */
static int link_bytes(int link, const uint8_t *data, size_t size_bytes)
{
	switch (link) {
	case DLT_EN10MB:
		if (size_bytes >= 14 && data[12] == 0x81 && data[13] == 0)
			return 18;
		return 14;
	case DLT_RAW:
		return 0;
	case DLT_NULL:
	case DLT_LOOP:
		return 4;
	case DLT_LINUX_SLL:
		return 16;
	}
	return -1;
}

/** The decision must be as the table says. */
static void judge(struct replay *replay, const struct packet *packet,
	const struct decision *decision)
{
	const char *reason = reason_name(decision->reason);
	const char *kind = packet_kind_name(packet->kind);

	if (packet->kind == PACKET_OTHER) {
		if (decision->action != DECISION_PASS)
			fail(replay, "%s: expected pass, found %s", kind, reason);
		return;
	}
	if (replay->capture->outcome == NO_SERVER) {
		if (decision->action == DECISION_FORWARD ||
			decision->reason != replay->capture->reason)
			fail(replay, "%s: expected %s, found %s", kind,
				reason_name(replay->capture->reason), reason);
		return;
	}
	if (decision->action != DECISION_FORWARD) {
		fail(replay, "%s: expected forward, found %s %s", kind,
			decision_action_name(decision->action), reason);
		return;
	}
	if (replay->server != NULL && decision->server != replay->server)
		fail(replay, "%s: expected server %s, found %s", kind,
			replay->server->config->name, decision->server->config->name);
	replay->server = decision->server;
}

/** After ISAKMP with both cookies their pair must be known as that of an ESTABLISHED session
 *  at the one server. Where the server's are seen, it has to show it first. */
static void judge_pair(struct replay *replay, const struct packet *packet,
	const struct decision *decision)
{
	const struct session_table *sessions = &replay->director->sessions;
	const struct handshake *pair;
	const struct server *server;

	if (packet->kind != PACKET_IKE || packet->rcookie == 0 || replay->seen ||
		replay->capture->outcome == NO_SERVER)
		return;
	pair = handshake_find_pair(sessions, decision->service,
		packet->icookie, packet->rcookie);
	if (pair == NULL)
		fail(replay, "the pair was not learned");
	else if ((server = session_server(handshake_entry(sessions, pair))) != replay->server)
		fail(replay, "the pair is %s's", server->config->name);
}

/** Gives strangers a turn, so that the one server is not the only one that comes to mind.
 */
static void let_stranger_in(struct replay *replay)
{
	struct decision decision;
	struct packet packet;

	memset(&packet, 0, sizeof(packet));
	packet.kind = PACKET_IKE_FIRST;
	packet.flow.client = test_address("198.51.100.1");
	packet.flow.client.bytes[3] = (uint8_t)(replay->packets % 200 + 1);
	packet.flow.virtual = test_address("192.0.2.77");
	packet.flow.client_port = 500;
	packet.flow.virtual_port = 500;
	packet.icookie = replay->packets + 1;
	decide(replay->director, &packet, &decision);
	decide_commit(replay->director, &packet, replay->now_ms, 100, &decision);
	replay->committed++;
}

/** Decides and commits one packet; what must always be true must be so still. */
static void commit(struct replay *replay, const struct packet *packet, size_t wire_bytes,
	struct decision *ret_decision)
{
	const char *broken;

	decide(replay->director, packet, ret_decision);
	decide_commit(replay->director, packet, replay->now_ms, wire_bytes, ret_decision);
	replay->committed++;
	broken = invariants_broken(replay->director, replay->committed);
	if (broken != NULL)
		fail(replay, "no longer true: %s", broken);
}

/** One packet that came for the virtual address. */
static void pass(struct replay *replay, const struct packet *packet, size_t wire_bytes)
{
	struct decision decision;
	size_t used = strlen(replay->kinds);

	if (used + 1 < KINDS_BYTES)
		replay->kinds[used] = kind_letter(packet->kind);
	while (director_expire(replay->director, replay->now_ms, 10) == 10)
		continue;
	let_stranger_in(replay);
	replay->packets++;
	commit(replay, packet, wire_bytes, &decision);
	judge(replay, packet, &decision);
	judge_pair(replay, packet, &decision);
}

/** One packet from the virtual address. Of those only ISAKMP is ever shown to a director,
 *  and it goes its way whatever is thought of it. */
static void pass_reply(struct replay *replay, const struct packet *packet, size_t wire_bytes)
{
	struct decision decision;

	if (packet->kind != PACKET_IKE && packet->kind != PACKET_IKE_FIRST)
		return;
	commit(replay, packet, wire_bytes, &decision);
	if (decision.action != DECISION_PASS)
		fail(replay, "reply: expected pass, found %s",
			decision_action_name(decision.action));
}

/** Classifies a copy that ends where the captured bytes end. */
static void classify_exact(const uint8_t *data, size_t size_bytes, size_t wire_bytes,
	enum packet_direction direction, struct packet *ret_packet)
{
	uint8_t *exact = malloc(size_bytes + (size_bytes == 0));

	if (exact == NULL)
		abort();
	memcpy(exact, data, size_bytes);
	classify(exact, size_bytes, wire_bytes, direction, ret_packet);
	free(exact);
}

/** One frame: its IP packet, if it is the client's, or the server's where that is seen. */
static void read_frame(struct replay *replay, int link, const struct pcap_pkthdr *header,
	const uint8_t *data)
{
	int skip = link_bytes(link, data, header->caplen);
	size_t size_bytes = header->caplen - (size_t)skip;
	size_t wire_bytes = header->len - (size_t)skip;
	struct packet packet, reply;

	if (skip < 0 || (size_t)skip > header->caplen) {
		fail(replay, "unknown link type %d", link);
		return;
	}
	if (link == DLT_EN10MB && data[skip - 2] == 0x08 && data[skip - 1] == 0x06)
		return;
	replay->now_ms =
		(uint64_t)header->ts.tv_sec * 1000 + (uint64_t)header->ts.tv_usec / 1000;
	classify_exact(data + skip, size_bytes, wire_bytes, PACKET_TO_SERVER, &packet);
	classify_exact(data + skip, size_bytes, wire_bytes, PACKET_TO_CLIENT, &reply);
	if (address_equal(&packet.flow.virtual, &replay->virtual))
		pass(replay, &packet, header->len);
	else if (replay->seen && address_equal(&reply.flow.virtual, &replay->virtual))
		pass_reply(replay, &reply, header->len);
}

/** Notes that an ESTABLISHED entry has gone: none may in such short times. */
static void note_removed(void *user, struct session_entry *entry)
{
	struct replay *replay = user;

	if (entry->state == SESSION_ESTABLISHED)
		replay->lost++;
}

/** Makes the director: the file's server is the virtual address. */
static void begin(struct replay *replay)
{
	static const struct hash_key key = { { 11, 12 } };
	struct session_events events = { .removed = note_removed, .user = replay };

	replay->virtual = test_address(replay->capture->virtual);
	replay->config = test_config(SERVERS);
	replay->config->services[0].addresses[0] = replay->virtual;
	replay->config->services[0].addresses[1] = test_address("192.0.2.77");
	for (size_t i = 0; i < SERVERS; i++)
		replay->config->services[0].servers[i].replies_seen = replay->seen;
	if (director_new(replay->config, &key, &events, &replay->director) != 0)
		abort();
}

/** Claims that a figure at the end is as the table says. */
static void judge_figure(struct replay *replay, const char *what, uint64_t expected,
	uint64_t found)
{
	if (found != expected)
		fail(replay, "%s at the end: expected %lu, found %lu", what,
			(unsigned long)expected, (unsigned long)found);
}

/** What must be so when all packets have passed. */
static void judge_end(struct replay *replay)
{
	const struct capture *capture = replay->capture;
	const struct director *director = replay->director;

	if (strcmp(replay->kinds, capture->kinds) != 0)
		fail(replay, "expected kinds %s, found %s", capture->kinds,
			replay->kinds);
	judge_figure(replay, "ESTABLISHED entries", capture->established,
		director->services[0].established_count);
	judge_figure(replay, "pairs",
		capture->pairs - (replay->seen ? capture->unanswered : 0),
		director->sessions.pairs.count);
	judge_figure(replay, "moves", capture->moves,
		director_count(director, REASON_MOVED) +
			director_count(director, REASON_MOVE_UNCONFIRMED));
	judge_figure(replay, "lost ESTABLISHED entries", 0, replay->lost);
}

/** Replays one file, with the server's ISAKMP or without; returns its failures. */
static unsigned int replay_file(const char *folder, const struct capture *capture,
	bool seen)
{
	struct replay replay = { .capture = capture, .seen = seen };
	char error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const uint8_t *data;
	pcap_t *file;
	char *path;

	if (asprintf(&path, "%s/%s", folder, capture->file) == -1)
		abort();
	file = pcap_open_offline(path, error);
	free(path);
	if (file == NULL) {
		fprintf(stderr, "%s\n", error);
		return 1;
	}
	begin(&replay);
	while (pcap_next_ex(file, &header, &data) == 1)
		read_frame(&replay, pcap_datalink(file), header, data);
	pcap_close(file);
	judge_end(&replay);
	printf("%s (%s)%s: %lu packets, %u failures\n", capture->file, capture->virtual,
		seen ? " and replies" : "", (unsigned long)replay.packets,
		replay.failures);
	director_free(replay.director);
	config_free(replay.config);
	return replay.failures;
}

/** Replays all. */
int main(void)
{
	const char *folder = getenv("IPB_CAPTURES");
	const char *srcdir = getenv("srcdir");
	unsigned int failures = 0;
	char *path;

	if (asprintf(&path, "%s/../shared/captures", srcdir == NULL ? "." : srcdir) == -1)
		abort();
	if (folder == NULL)
		folder = path;
	if (access(folder, R_OK) != 0) {
		printf("no captures at %s (%s): set IPB_CAPTURES\n", folder,
			strerror(errno));
		free(path);
		return SKIPPED;
	}
	for (size_t i = 0; i < sizeof(captures) / sizeof(*captures); i++)
		failures += replay_file(folder, &captures[i], false) +
			replay_file(folder, &captures[i], true);
	free(path);
	return failures == 0 ? 0 : 1;
}
