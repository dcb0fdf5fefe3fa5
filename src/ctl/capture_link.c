/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ctl/capture_link.h"

/* libpcap's numbers, which its files have had for decades (pcap-linktype(7)). */
enum {
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_RAW = 12,
	LINK_RAW_FILE = 101,
	LINK_LOOP = 108,
	LINK_COOKED = 113,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_COOKED_2 = 276,
};

/* Values of an Ethernet type. */
enum {
	TYPE_IPV4 = 0x0800,
	TYPE_VLAN = 0x8100,
	TYPE_IPV6 = 0x86dd,
	TYPE_VLAN_SERVICE = 0x88a8,
};

/** A link layer with a header: where its type stands, and what follows. */
struct layout {
	int link;
	size_t type_offset;
	size_t header_bytes;
};

static const struct layout layouts[] = {
	{ LINK_ETHERNET, 12, 14 },
	{ LINK_COOKED, 14, 16 },
	{ LINK_COOKED_2, 0, 20 },
};

/** The link layer's header, NULL where the packet stands alone. */
static const struct layout *layout_find(int link)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		if (layouts[i].link == link)
			return &layouts[i];
	return NULL;
}

/** Tells whether there is nothing before the IP header. */
static bool is_bare(int link)
{
	return link == LINK_RAW || link == LINK_RAW_FILE || link == LINK_IPV4 ||
		link == LINK_IPV6;
}

/** Tells whether a word with the address family is all that stands before it; each
 *  system has its own numbers in there. */
static bool is_loopback(int link)
{
	return link == LINK_NULL || link == LINK_LOOP;
}

/** Tells whether such frames can be read. */
bool capture_link_known(int link)
{
	return is_bare(link) || is_loopback(link) || layout_find(link);
}

/** The two bytes at offset, 0 where they are not there. */
static unsigned int type_at(const uint8_t *frame, size_t size_bytes, size_t offset)
{
	return offset + 2 <= size_bytes ?
		(unsigned int)frame[offset] << 8 | frame[offset + 1] : 0;
}

/** Goes over the header and its VLAN tags, four bytes each with the next type last. */
bool capture_link_strip(int link, const uint8_t *frame, size_t size_bytes,
	size_t *ret_offset_bytes)
{
	const struct layout *layout = layout_find(link);
	unsigned int type;

	*ret_offset_bytes = is_loopback(link) ? 4 : 0;
	if (!layout)
		return capture_link_known(link) && size_bytes > *ret_offset_bytes;
	type = type_at(frame, size_bytes, layout->type_offset);
	*ret_offset_bytes = layout->header_bytes;
	while (type == TYPE_VLAN || type == TYPE_VLAN_SERVICE) {
		type = type_at(frame, size_bytes, *ret_offset_bytes + 2);
		*ret_offset_bytes += 4;
	}
	return (type == TYPE_IPV4 || type == TYPE_IPV6) && *ret_offset_bytes < size_bytes;
}
