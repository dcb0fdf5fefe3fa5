/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tunnels.h"

#include <stdlib.h>

#include "fixture.h"

/** The config with both servers behind tunnels. */
struct config *tunnels_config(void)
{
	struct config *config = fixture_config();

	config->services[0].servers[0].method = METHOD_TUNNEL;
	config->services[0].servers[1].method = METHOD_TUNNEL;
	return config;
}

/** Marks what a client sends for a server. */
void tunnels_mark(size_t server)
{
	struct config *config = tunnels_config();

	fixture_shell("nft add table inet marking && nft add chain inet marking c "
		      "'{ type filter hook prerouting priority -300; }' && "
		      "nft flush chain inet marking c && "
		      "nft add rule inet marking c udp dport 500 meta mark set %u",
		config_server_mark(config, &config->services[0].servers[server]));
}

/** All rules, routes and devices, sorted. */
char *tunnels_everything(void)
{
	return fixture_output("{ ip rule; ip -6 rule; ip route show table all; "
			      "ip -6 route show table all; "
			      "ip -o link | sed 's/^[0-9]*: //' | "
			      "grep -v '^tunl0\\|^ip6tnl0\\|^sit0'; "
			      "} | sort");
}

/** Tells whether the kernel has the devices, looking in a namespace of its own. What does
 *  GUE, the kernel does not load by itself. */
bool tunnels_has_kernel(void)
{
	return system("modprobe -a fou fou6 2>/dev/null; "
		      "unshare -n sh -c 'ip link add probe4 type ipip external && "
		      "ip link add probe6 type ip6tnl external && "
		      "ip link add probe type sit remote 10.0.0.1 "
		      "encap gue encap-dport 1' 2>/dev/null") == 0;
}
