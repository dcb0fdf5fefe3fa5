/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/routing.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/log.h"
#include "kernel/policy_route.h"
#include "kernel/tunnel_device.h"

/** Says why there is no tunnel device, and what helps. */
static void log_tunnel_error(int error, uint8_t family)
{
	const char *module = family == AF_INET ? "ipip" : "ip6_tunnel";

	if (error == -EOPNOTSUPP)
		log_error("method tunnel: this kernel has no %s devices; modprobe %s "
			  "(CONFIG_%s)",
			module, module,
			family == AF_INET ? "NET_IPIP" : "IPV6_TUNNEL");
	else if (error == -EEXIST)
		log_error("method tunnel: device %s cannot be made, since another one of "
			  "that name or in external mode is there; see ip -d link",
			tunnel_device_name(family));
	else
		log_error("method tunnel: device %s: %s", tunnel_device_name(family),
			strerror(-error));
}

/** Makes routing what the configuration wants. A next hop that is not there yet is no
 *  reason not to serve the others. */
int routing_apply(const struct config *config)
{
	struct policy_route_counters counters;
	int error = policy_route_apply(config, &counters);

	if (error == -EHOSTUNREACH) {
		log_warning("routing: %u next hops are not on a directly connected network "
			    "or, with method tunnel or nat, have no route; the first is "
			    "server %s (IPv%c); their packets are dropped",
			counters.unreachable, counters.first_unreachable->name,
			counters.first_unreachable_family == AF_INET ? '4' : '6');
		return 0;
	}
	if (error && error == counters.tunnel_error)
		log_tunnel_error(error, counters.tunnel_family);
	else if (error)
		log_error("routing: %s", strerror(-error));
	return error;
}

/** Removes our rules and routes. */
void routing_remove(void)
{
	int error = policy_route_remove();

	if (error)
		log_error("routing could not be removed: %s", strerror(-error));
}
