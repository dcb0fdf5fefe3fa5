/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/rtnl_attribute.h"

/** An attribute's number; 0 if it is too short for one. */
uint32_t rtnl_attribute_u32(const struct nlattr *attribute)
{
	if (mnl_attr_get_payload_len(attribute) < sizeof(uint32_t))
		return 0;
	return mnl_attr_get_u32(attribute);
}

/** An attribute's address; none if its size is not the family's. */
struct address rtnl_attribute_address(const struct nlattr *attribute, uint8_t family)
{
	const uint8_t *bytes = mnl_attr_get_payload(attribute);
	struct address none = { .family = 0 };

	if (family == AF_INET && mnl_attr_get_payload_len(attribute) == 4)
		return address_v4(bytes);
	if (family == AF_INET6 && mnl_attr_get_payload_len(attribute) == 16)
		return address_v6(bytes);
	return none;
}

/** Puts an address, unless there is none. */
void rtnl_attribute_put_address(
	struct nlmsghdr *message, uint16_t type, const struct address *address)
{
	if (address->family)
		mnl_attr_put(message, type, address_size_bytes(address), address->bytes);
}
