/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks the kernel harmless questions and turns its refusals into words.
 */
#include "kernel/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/capability.h>
#include <linux/fib_rules.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/rtnl_link.h"

/* An old header of the same name, which libnetfilter_queue brings, hides the number. */
#ifndef NFNL_SUBSYS_NFTABLES
#define NFNL_SUBSYS_NFTABLES 10
#endif

/** A request buffer, aligned as netlink wants it. */
union request {
	struct nlmsghdr header;
	char bytes[NETLINK_REQUEST_BYTES];
};

/** One thing to look at: true when it is there. */
struct probe {
	bool (*there)(void);
	struct probe_finding finding;
	bool for_nat; /**< needed by method nat alone */
};

/** Tells whether the process has a capability now. */
static bool has_capability(unsigned int number)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { { 0, 0, 0 } };

	if (syscall(SYS_capget, &header, data) == -1)
		return false;
	return data[CAP_TO_INDEX(number)].effective & CAP_TO_MASK(number);
}

/** CAP_NET_ADMIN */
static bool has_net_admin(void)
{
	return has_capability(CAP_NET_ADMIN);
}

/** CAP_NET_RAW */
static bool has_net_raw(void)
{
	return has_capability(CAP_NET_RAW);
}

/** Puts a question to netfilter. A missing privilege is not a missing subsystem. */
static bool netfilter_answers(void (*ask)(struct nlmsghdr *message), uint16_t type)
{
	struct netlink netlink;
	union request request;
	struct nlmsghdr *message;
	int error = netlink_open(&netlink, NETLINK_NETFILTER, 0);

	if (error)
		return false;
	message = netlink_request(&netlink, &request, type, 0);
	ask(message);
	error = netlink_talk(&netlink, message, NULL, NULL);
	netlink_close(&netlink);
	return !error || error == -EPERM;
}

/** A command of nfnetlink_queue that does nothing any more. */
static void ask_queue(struct nlmsghdr *message)
{
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->nfgen_family = AF_UNSPEC;
	header->version = NFNETLINK_V0;
	nfq_nlmsg_cfg_put_cmd(message, AF_INET, NFQNL_CFG_CMD_PF_BIND);
}

/** Only the header, which says it all: which generation is the ruleset, and the like. */
static void ask_tables(struct nlmsghdr *message)
{
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->nfgen_family = AF_UNSPEC;
	header->version = NFNETLINK_V0;
}

/** conntrack's tables over netlink; the question is how many connections there are */
static bool has_conntrack(void)
{
	return netfilter_answers(
		ask_tables, (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_GET_STATS);
}

/** nfnetlink_queue */
static bool has_queue(void)
{
	return netfilter_answers(
		ask_queue, (NFNL_SUBSYS_QUEUE << 8) | NFQNL_MSG_CONFIG);
}

/** nf_tables */
static bool has_tables(void)
{
	return netfilter_answers(
		ask_tables, (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETGEN);
}

/** Tells whether a family's rules can be listed. */
static bool has_rules(uint8_t family)
{
	struct netlink netlink;
	union request request;
	struct nlmsghdr *message;
	struct fib_rule_hdr *header;
	int error = netlink_open(&netlink, NETLINK_ROUTE, 0);

	if (error)
		return false;
	message = netlink_request(&netlink, &request, RTM_GETRULE, 0);
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->family = family;
	error = netlink_dump(&netlink, message, NULL, NULL, NULL);
	netlink_close(&netlink);
	return !error;
}

/** Policy routing for IPv4 */
static bool has_rules_v4(void)
{
	return has_rules(AF_INET);
}

/** Policy routing for IPv6, unless there is no IPv6 at all */
static bool has_rules_v6(void)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return true;
	close(fd);
	return has_rules(AF_INET6);
}

/** Tells whether a switch under /proc/sys is on; one that is not there is no fault. */
static bool switched_on(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char value = '1';

	if (fd == -1)
		return true;
	if (read(fd, &value, 1) != 1)
		value = '1';
	close(fd);
	return value != '0';
}

/** Forwarding of IPv4 */
static bool forwards_v4(void)
{
	return switched_on("/proc/sys/net/ipv4/ip_forward");
}

/** Forwarding of IPv6 */
static bool forwards_v6(void)
{
	return switched_on("/proc/sys/net/ipv6/conf/all/forwarding");
}

static const struct probe probes[] = {
	{ has_net_admin,
		{ "CAP_NET_ADMIN", "no queue, no rules, no routes",
			"run as root, or with AmbientCapabilities=CAP_NET_ADMIN",
			true }, false },
	{ has_net_raw,
		{ "CAP_NET_RAW", "no ICMP answers to stray ESP and AH",
			"run as root, or with AmbientCapabilities=CAP_NET_RAW", true }, false },
	{ has_queue,
		{ "nfnetlink_queue", "no packets reach the daemon",
			"modprobe nfnetlink_queue (CONFIG_NETFILTER_NETLINK_QUEUE)",
			true }, false },
	{ has_tables,
		{ "nf_tables", "no rules that divert packets",
			"modprobe nf_tables (CONFIG_NF_TABLES, CONFIG_NF_TABLES_INET)",
			true }, false },
	{ has_rules_v4,
		{ "IPv4 policy routing", "marks do not lead to servers",
			"a kernel with CONFIG_IP_MULTIPLE_TABLES", true }, false },
	{ has_rules_v6,
		{ "IPv6 policy routing", "marks do not lead to IPv6 servers",
			"a kernel with CONFIG_IPV6_MULTIPLE_TABLES", false }, false },
	{ forwards_v4,
		{ "IPv4 forwarding", "IPv4 packets go to no server",
			"sysctl -w net.ipv4.ip_forward=1", false }, false },
	{ forwards_v6,
		{ "IPv6 forwarding", "IPv6 packets go to no server",
			"sysctl -w net.ipv6.conf.all.forwarding=1", false }, false },
	{ has_conntrack,
		{ "nf_conntrack_netlink", "connections of method nat outlive their entries",
			"modprobe nf_conntrack_netlink (CONFIG_NF_CT_NETLINK)", true },
		true },
};

_Static_assert(sizeof(probes) / sizeof(probes[0]) <= PROBE_FINDINGS,
	"PROBE_FINDINGS has room for all");

/** Looks at everything. */
size_t probe_kernel(bool nat, struct probe_finding *findings, size_t max)
{
	size_t i, count = 0;

	for (i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		if ((probes[i].for_nat && !nat) || probes[i].there())
			continue;
		if (count < max)
			findings[count] = probes[i].finding;
		count++;
	}
	return count;
}

/** Tells whether rules of IP are shown what is bridged. */
static bool bridges_are_shown(void)
{
	static const char *const paths[] = {
		"/proc/sys/net/bridge/bridge-nf-call-iptables",
		"/proc/sys/net/bridge/bridge-nf-call-ip6tables",
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (access(paths[i], F_OK) == -1 || !switched_on(paths[i]))
			return false;
	}
	return true;
}

/** Notes that a link is a bridge. */
static int note_bridge(const struct rtnl_link *link, void *user)
{
	*(bool *)user |= link->bridge;
	return 0;
}

/** Looks for bridges. */
bool probe_hidden_bridge(void)
{
	struct netlink netlink;
	bool any = false;

	if (bridges_are_shown() || netlink_open(&netlink, NETLINK_ROUTE, 0))
		return false;
	rtnl_link_walk(&netlink, note_bridge, &any);
	netlink_close(&netlink);
	return any;
}
