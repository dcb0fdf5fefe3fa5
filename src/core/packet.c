/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "core/packet.h"

/** The kind's name. */
const char *packet_kind_name(enum packet_kind kind)
{
	switch (kind) {
	case PACKET_MALFORMED:
		return "malformed";
	case PACKET_OTHER:
		return "other";
	case PACKET_IKE_FIRST:
		return "ike-first";
	case PACKET_IKE:
		return "ike";
	case PACKET_KEEPALIVE:
		return "keepalive";
	case PACKET_ESP_IN_UDP:
		return "esp-in-udp";
	case PACKET_DRAFT_ESP:
		return "draft-esp";
	case PACKET_ESP:
		return "esp";
	case PACKET_AH:
		return "ah";
	case PACKET_ICMP_ERROR:
		return "icmp-error";
	case PACKET_FRAGMENT:
		return "fragment";
	}
	return "?";
}
