/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Real traffic: the client-side packets of captures through classify and decide, on their
 * own timestamps. The folder is $IPB_CAPTURES, or ../shared/captures from the source
 * tree; where it is absent the test is skipped. What each file must give stands in the
 * table.
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
};

static const struct capture captures[] = {
	/* first message and AUTH, three ESP, child rekey, IKE rekey in two fragments, the
	 * same by the server, the move to another address, re-authentication on 4500,
	 * delete */
	{ "own_ikev2_full_nat_mobike_rekey.pcap", "10.1.0.2", ONE_SERVER, REASON_COUNT,
		"FIUUUIIUUIIIKIIIUIIUIIIIIIUUKIFIKI" },
	/* fragments of payload 132, rekey by the client on 4500, then by the server: MM2
	   first */
	{ "own_ikev1_main_rekey.pcap", "10.1.0.2", ONE_SERVER, REASON_COUNT,
		"FIIIIIUUUIIUUFIIIKKIIIIIIIIKKUUIIIIII" },
	{ "own_ikev1_aggressive_rekey.pcap", "10.1.0.2", ONE_SERVER, REASON_COUNT,
		"FIIIUUUIIUUFIKKIIIIKUKUIIIIII" },
	/* the first message twice, the second with the cookie that was asked for */
	{ "own_ikev2_balancer_cookie.pcap", "10.1.0.2", ONE_SERVER, REASON_COUNT,
		"FFIUUI" },
	{ "tcpdump_ikev2four.pcap", "192.168.1.1", ONE_SERVER, REASON_COUNT,
		"FFIIIIIIIII" },
	{ "tcpdump_isakmp4500.pcap", "192.1.2.23", ONE_SERVER, REASON_COUNT,
		"FIIIIUIUKUIUKUUKUUK" },
	{ "tcpdump_ISAKMP_sa_setup.pcap", "10.0.0.2", ONE_SERVER, REASON_COUNT, "FIIII" },
	/* IKE_AUTH in three IP fragments, sent three times */
	{ "spicy-ipsec_ipsec_client.pcap", "144.76.154.114", ONE_SERVER, REASON_COUNT,
		"FIGGIGGIGG" },
	/* the second packet is an informational in clear without responder cookie */
	{ "spicy-ipsec_ipsec.cap", "192.168.140.200", ONE_SERVER, REASON_COUNT,
		"FIIIIIEEEEEEEEE" },
	{ "suricata-verify_ikev1-isakmp-main-mode.pcap", "192.168.12.2", ONE_SERVER,
		REASON_COUNT, "FIIII" },
	/* captures that begin in the middle: nothing is known of the client */
	{ "tcpdump_espudp1.pcap", "192.1.2.45", NO_SERVER, REASON_UNKNOWN_ESP_IN_UDP,
		"UUUUUUUU" },
	{ "tcpdump_02-sunrise-sunset-esp.pcap", "192.1.2.45", NO_SERVER, REASON_ORPHAN,
		"EEEEEEEE" },
	/* malformed: a source in 0/8, length 0, ESP without a body, ::1 on a wire, AH of
	   length 0 */
	{ "tcpdump_esp_truncated.pcap", "255.127.255.121", NO_SERVER, REASON_IP_SOURCE,
		"M" },
	{ "spicy-ipsec_ipsec-ikev1-zero-length.pcap", "192.168.12.2", NO_SERVER,
		REASON_ISAKMP_LENGTH_SHORT, "M" },
	{ "suricata-verify_eve-flow-esp.pcap", "190.0.0.2", NO_SERVER,
		REASON_ESP_TRUNCATED, "MMMM" },
	{ "suricata-verify_eve-flow-esp.pcap", "::2", NO_SERVER, REASON_IP_SOURCE, "MM" },
	{ "zeek_ipv6_zero_len_ah.pcap", "2000:1300::2", NO_SERVER, REASON_AH_LENGTH,
		"OOMOO" },
};

/** A capture while it is replayed. */
struct replay {
	const struct capture *capture;
	struct config *config;
	struct director *director;
	struct address virtual;
	uint64_t now_ms;
	uint64_t packets;
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
}

/** One packet that came for the virtual address. */
static void pass(struct replay *replay, const struct packet *packet, size_t wire_bytes)
{
	struct decision decision;
	size_t used = strlen(replay->kinds);
	const char *broken;

	if (used + 1 < KINDS_BYTES)
		replay->kinds[used] = kind_letter(packet->kind);
	while (director_expire(replay->director, replay->now_ms, 10) == 10)
		continue;
	let_stranger_in(replay);
	decide(replay->director, packet, &decision);
	decide_commit(replay->director, packet, replay->now_ms, wire_bytes, &decision);
	replay->packets++;
	judge(replay, packet, &decision);
	broken = invariants_broken(replay->director, 2 * replay->packets);
	if (broken != NULL)
		fail(replay, "no longer true: %s", broken);
}

/** One frame: its IP packet, if it is the client's. */
static void read_frame(struct replay *replay, int link, const struct pcap_pkthdr *header,
	const uint8_t *data)
{
	int skip = link_bytes(link, data, header->caplen);
	size_t size_bytes = header->caplen - (size_t)skip;
	struct packet packet;
	uint8_t *exact;

	if (skip < 0 || (size_t)skip > header->caplen) {
		fail(replay, "unknown link type %d", link);
		return;
	}
	if (link == DLT_EN10MB && data[skip - 2] == 0x08 && data[skip - 1] == 0x06)
		return;
	exact = malloc(size_bytes + (size_bytes == 0));
	if (exact == NULL)
		abort();
	memcpy(exact, data + skip, size_bytes);
	classify(exact, size_bytes, header->len - (size_t)skip, PACKET_TO_SERVER, &packet);
	free(exact);
	replay->now_ms =
		(uint64_t)header->ts.tv_sec * 1000 + (uint64_t)header->ts.tv_usec / 1000;
	if (address_equal(&packet.flow.virtual, &replay->virtual))
		pass(replay, &packet, header->len);
}

/** Makes the director: the file's server is the virtual address. */
static void begin(struct replay *replay)
{
	static const struct hash_key key = { { 11, 12 } };

	replay->virtual = test_address(replay->capture->virtual);
	replay->config = test_config(SERVERS);
	replay->config->services[0].addresses[0] = replay->virtual;
	replay->config->services[0].addresses[1] = test_address("192.0.2.77");
	if (director_new(replay->config, &key, NULL, &replay->director) != 0)
		abort();
}

/** Replays one file; returns its failures. */
static unsigned int replay_file(const char *folder, const struct capture *capture)
{
	struct replay replay = { .capture = capture };
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
	if (strcmp(replay.kinds, capture->kinds) != 0)
		fail(&replay, "expected kinds %s, found %s", capture->kinds,
			replay.kinds);
	printf("%s (%s): %lu packets, %u failures\n", capture->file, capture->virtual,
		(unsigned long)replay.packets, replay.failures);
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
		failures += replay_file(folder, &captures[i]);
	free(path);
	return failures == 0 ? 0 : 1;
}
