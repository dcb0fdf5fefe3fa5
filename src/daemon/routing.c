/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/routing.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/log.h"
#include "kernel/policy_route.h"

/** Makes routing what the configuration wants. A next hop that is not there yet is no
 *  reason not to serve the others. */
int routing_apply(const struct config *config)
{
	struct policy_route_counters counters;
	int error = policy_route_apply(config, &counters);

	if (error == -EHOSTUNREACH) {
		log_warning("routing: %u next hops are not on a directly connected network, "
			    "the first is server %s (IPv%c); their packets are dropped",
			counters.unreachable, counters.first_unreachable->name,
			counters.first_unreachable_family == AF_INET ? '4' : '6');
		return 0;
	}
	if (error)
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
