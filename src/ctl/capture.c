/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/capture.h"

#include "config.h"

#include <stdio.h>

#ifdef HAVE_PCAP

#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/capture_link.h"

struct capture {
	pcap_t *pcap;
	uint64_t number;
};

/** Opens the file. */
struct capture *capture_open(const char *path, char *message, size_t message_bytes)
{
	char error[PCAP_ERRBUF_SIZE];
	struct capture *capture = calloc(1, sizeof(*capture));

	if (!capture) {
		snprintf(message, message_bytes, "out of memory");
		return NULL;
	}
	capture->pcap = pcap_open_offline(path, error);
	if (!capture->pcap) {
		/* libpcap names the file of some faults and not of others. */
		bool is_named = strncmp(error, path, strlen(path)) == 0;

		snprintf(message, message_bytes, "%.100s%s%s", is_named ? "" : path,
			is_named ? "" : ": ", error);
		goto close;
	}
	if (!capture_link_known(pcap_datalink(capture->pcap))) {
		const char *name = pcap_datalink_val_to_name(pcap_datalink(capture->pcap));

		snprintf(message, message_bytes,
			"%.100s: link type %s; expected Ethernet, raw IP, Linux cooked or "
			"loopback",
			path, name ? name : "unknown");
		goto close;
	}
	return capture;

close:
	capture_close(capture);
	return NULL;
}

/** Reads the next frame. */
int capture_next(struct capture *capture, struct capture_packet *ret_packet, char *message,
	size_t message_bytes)
{
	struct pcap_pkthdr *header;
	const uint8_t *frame;
	size_t offset;
	int rc = pcap_next_ex(capture->pcap, &header, &frame);

	if (rc == PCAP_ERROR_BREAK)
		return 0;
	if (rc != 1) {
		snprintf(message, message_bytes, "%s", pcap_geterr(capture->pcap));
		return -1;
	}
	*ret_packet = (struct capture_packet){ .number = ++capture->number };
	if (!capture_link_strip(
		    pcap_datalink(capture->pcap), frame, header->caplen, &offset))
		return 1;
	ret_packet->data = frame + offset;
	ret_packet->size_bytes = header->caplen - offset;
	ret_packet->wire_bytes = header->len > header->caplen ? header->len - offset
							      : ret_packet->size_bytes;
	return 1;
}

/** Closes the file. */
void capture_close(struct capture *capture)
{
	if (capture && capture->pcap)
		pcap_close(capture->pcap);
	free(capture);
}

#else

/** Says that this cannot be done here. */
struct capture *capture_open(const char *path, char *message, size_t message_bytes)
{
	snprintf(message, message_bytes,
		"%.100s: not built with libpcap; explain hex takes the digits of tcpdump "
		"-x",
		path);
	return NULL;
}

/** There is none. */
int capture_next(struct capture *capture, struct capture_packet *ret_packet, char *message,
	size_t message_bytes)
{
	(void)capture;
	(void)ret_packet;
	snprintf(message, message_bytes, "not built with libpcap");
	return -1;
}

/** Nothing to close. */
void capture_close(struct capture *capture)
{
	(void)capture;
}

#endif
