/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "daemon/routing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/log.h"
#include "kernel/policy_route.h"
#include "kernel/policy_tunnel.h"
#include "kernel/tunnel_device.h"

/** The kernel's name for what makes a kind of device, with what a module needs to be
 *  configured as. */
static const char *module_of(const char *kind, const char **ret_option)
{
	if (strcmp(kind, "ip6tnl") == 0) {
		*ret_option = "IPV6_TUNNEL";
		return "ip6_tunnel";
	}
	*ret_option = strcmp(kind, "sit") == 0 ? "IPV6_SIT" : "NET_IPIP";
	return kind;
}

/** Says why there is no tunnel device, and what helps. */
static void log_tunnel_error(int error, const struct tunnel_device *device)
{
	const char *kind = tunnel_device_kind(device), *option;
	const char *module = module_of(kind, &option);
	bool v4 = device->family == AF_INET;

	if (error == -EOPNOTSUPP)
		log_error("method tunnel: this kernel has no %s devices; modprobe %s "
			  "(CONFIG_%s)",
			kind, module, option);
	else if (error == -EINVAL && device->gue_port)
		log_error("method tunnel: device %s cannot do encapsulation gue; "
			  "modprobe %s (CONFIG_%s)",
			device->name, v4 ? "fou" : "fou6",
			v4 ? "NET_FOU_IP_TUNNELS" : "IPV6_FOU_TUNNEL");
	else if (error == -EEXIST)
		log_error("method tunnel: device %s cannot be made, since another one of "
			  "that name %s is there; see ip -d link",
			device->name,
			device->remote.family ? "or to that address"
					      : "or in external mode");
	else
		log_error("method tunnel: device %s: %s", device->name, strerror(-error));
}

struct routing {
	bool for_each; /**< each server of method tunnel has a device of its own */
	struct policy_route_counters counters;
	struct policy_route *change; /**< owned */
};

/** Says what is wrong. A next hop that is not there yet is no reason not to serve the
 *  others. */
static int judge(const struct policy_route_counters *counters, int error)
{
	if (error == -EHOSTUNREACH) {
		log_warning("routing: %u next hops are not on a directly connected network "
			    "or, with method tunnel or nat, have no route; the first is "
			    "server %s (IPv%c); their packets are dropped",
			counters->unreachable, counters->first_unreachable->name,
			counters->first_unreachable_family == AF_INET ? '4' : '6');
		return 0;
	}
	if (error && error == counters->tunnel_error)
		log_tunnel_error(error, &counters->tunnel_device);
	else if (error)
		log_error("routing: %s", strerror(-error));
	return error;
}

/** Plans. */
int routing_prepare(const struct config *config, struct routing **ret_routing)
{
	struct routing *routing = calloc(1, sizeof(*routing));
	int error;

	if (!routing)
		return -ENOMEM;
	routing->for_each = policy_tunnel_is_for_each(config);
	error = policy_route_prepare(config, &routing->counters, &routing->change);
	error = judge(&routing->counters, error);
	if (error)
		routing_close(routing);
	else
		*ret_routing = routing;
	return error;
}

/** Plans again. */
int routing_renew(const struct config *config, struct routing **routing)
{
	if ((*routing)->for_each == policy_tunnel_is_for_each(config))
		return 0;
	routing_close(*routing);
	*routing = NULL;
	return routing_prepare(config, routing);
}

/** Does what was planned. */
int routing_commit(struct routing *routing)
{
	return judge(&routing->counters, policy_route_commit(routing->change));
}

/** Frees. */
void routing_close(struct routing *routing)
{
	if (!routing)
		return;
	policy_route_close(routing->change);
	free(routing);
}

/** Plans and does it. */
int routing_apply(const struct config *config)
{
	struct routing *routing = NULL;
	int error = routing_prepare(config, &routing);

	if (!error)
		error = routing_commit(routing);
	routing_close(routing);
	return error;
}

/** Tells whether packets go into GUE. */
static bool has_gue(const struct config *config)
{
	for (size_t s = 0; s < config->service_count; s++) {
		const struct config_service *service = &config->services[s];

		for (size_t i = 0; i < service->server_count; i++)
			if (service->servers[i].method == METHOD_TUNNEL &&
				service->servers[i].encapsulation == ENCAPSULATION_GUE)
				return true;
	}
	return false;
}

/** IP in IP needs nothing. */
int routing_hear_errors(const struct config *config)
{
	int fd;

	if (!has_gue(config))
		return -1;
	fd = tunnel_device_hear_errors();
	if (fd >= 0)
		return fd;
	log_warning("encapsulation gue: where the way to a server gets narrower, clients "
		    "will not be told: %s",
		strerror(-fd));
	return -1;
}
