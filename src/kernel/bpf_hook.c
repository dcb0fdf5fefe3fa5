/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * By libbpf's rtnetlink requests; whether other filters are there it does not tell, so that is
 * asked here.
 */
#include "kernel/bpf_hook.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "kernel/netlink.h"

/** The hook of an interface. */
#define HOOK_AT(number)                                         \
	{                                                       \
		.sz = sizeof(struct bpf_tc_hook),               \
		.ifindex = (int)(number),                       \
		.attach_point = BPF_TC_INGRESS,                 \
	}

/** Our place there. */
#define PLACE                                                   \
	{                                                       \
		.sz = sizeof(struct bpf_tc_opts),               \
		.handle = BPF_HOOK_HANDLE,                      \
		.priority = BPF_HOOK_PRIORITY,                  \
	}

/** Tells whether frames of an interface begin with an Ethernet header. 0 if so. */
static int check_ethernet(uint32_t interface)
{
	struct ifreq request = { .ifr_ifindex = (int)interface };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int error = 0;

	if (fd == -1)
		return -errno;
	if (ioctl(fd, SIOCGIFNAME, &request) == -1 ||
		ioctl(fd, SIOCGIFHWADDR, &request) == -1)
		error = -errno;
	else if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		error = -EOPNOTSUPP;
	close(fd);
	return error;
}

/** What has our place. */
struct found {
	bool any;
	bool ours;
	uint32_t program;
};

/** Takes what a filter by BPF says of itself. libbpf gives it the program's name, with its
 *  number behind; to ask for the name by the number takes more rights than we keep. */
static void options_see(const struct nlattr *options, struct found *found)
{
	static const char ours[] = BPF_HOOK_PROGRAM ":[";
	const struct nlattr *attribute;

	mnl_attr_for_each_nested (attribute, options) {
		uint16_t size_bytes = mnl_attr_get_payload_len(attribute);
		const char *value = mnl_attr_get_payload(attribute);

		if (mnl_attr_get_type(attribute) == TCA_BPF_NAME)
			found->ours = size_bytes >= sizeof(ours) &&
				strncmp(value, ours, sizeof(ours) - 1) == 0;
		if (mnl_attr_get_type(attribute) == TCA_BPF_ID && size_bytes == 4)
			found->program = mnl_attr_get_u32(attribute);
	}
}

/** Takes a filter. */
static int place_see(const struct nlmsghdr *message, void *user_data)
{
	struct found *found = user_data;
	const struct nlattr *attribute;
	bool by_bpf = false;

	if (message->nlmsg_type != RTM_NEWTFILTER)
		return 0;
	found->any = true;
	mnl_attr_for_each (attribute, message, sizeof(struct tcmsg)) {
		if (mnl_attr_get_type(attribute) == TCA_KIND)
			by_bpf = strcmp(mnl_attr_get_str(attribute), "bpf") == 0;
		if (mnl_attr_get_type(attribute) == TCA_OPTIONS && by_bpf)
			options_see(attribute, found);
	}
	return 0;
}

/** Asks what has our place. */
int bpf_hook_find(uint32_t interface, uint32_t *ret_program)
{
	struct found found = { .any = false };
	union {
		struct nlmsghdr header;
		char bytes[NETLINK_REQUEST_BYTES];
	} request;
	struct netlink netlink;
	struct tcmsg *header;
	struct nlmsghdr *message;
	int error = netlink_open(&netlink, NETLINK_ROUTE, 0);

	*ret_program = 0;
	if (error)
		return error;
	message = netlink_request(&netlink, &request, RTM_GETTFILTER, 0);
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->tcm_ifindex = (int)interface;
	header->tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
	header->tcm_handle = BPF_HOOK_HANDLE;
	header->tcm_info = TC_H_MAKE(BPF_HOOK_PRIORITY << 16, htons(ETH_P_ALL));
	error = netlink_talk(&netlink, message, place_see, &found);
	netlink_close(&netlink);
	/* -EINVAL: there is no clsact. */
	if (error == -ENOENT || error == -EINVAL)
		return 0;
	if (error)
		return error;
	if (found.any && !found.ours)
		return -EEXIST;
	*ret_program = found.program;
	return 0;
}

/** Attaches, making clsact if it is missing. */
int bpf_hook_attach(uint32_t interface, int program_fd, bool *ret_made)
{
	struct bpf_tc_hook hook = HOOK_AT(interface);
	struct bpf_tc_opts place = PLACE;
	uint32_t present = 0;
	int error = check_ethernet(interface);

	*ret_made = false;
	if (error)
		return error;
	error = bpf_tc_hook_create(&hook);
	if (error && error != -EEXIST)
		return error;
	*ret_made = !error;
	error = bpf_hook_find(interface, &present);
	if (error)
		return error;
	place.prog_fd = program_fd;
	place.flags = present ? BPF_TC_F_REPLACE : 0;
	return bpf_tc_attach(&hook, &place);
}

/** Counts a filter. */
static int filter_see(const struct nlmsghdr *message, void *user_data)
{
	unsigned int *count = user_data;

	if (message->nlmsg_type == RTM_NEWTFILTER)
		(*count)++;
	return 0;
}

/** Forgets what an interrupted dump brought. */
static void filters_begin(void *user_data)
{
	unsigned int *count = user_data;

	*count = 0;
}

/** Counts the filters of one direction. Negative errno. */
static int count_filters(
	struct netlink *netlink, uint32_t interface, uint32_t parent, unsigned int *ret_count)
{
	union {
		struct nlmsghdr header;
		char bytes[NETLINK_REQUEST_BYTES];
	} request;
	struct nlmsghdr *message = netlink_request(netlink, &request, RTM_GETTFILTER, 0);
	struct tcmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->tcm_family = AF_UNSPEC;
	header->tcm_ifindex = (int)interface;
	header->tcm_parent = TC_H_MAKE(TC_H_CLSACT, parent);
	return netlink_dump(netlink, message, filter_see, filters_begin, ret_count);
}

/** Takes clsact away if nothing hangs on it. */
static int remove_unused(uint32_t interface)
{
	struct bpf_tc_hook hook = HOOK_AT(interface);
	unsigned int ingress = 0, egress = 0;
	struct netlink netlink;
	int error = netlink_open(&netlink, NETLINK_ROUTE, 0);

	if (error)
		return error;
	error = count_filters(&netlink, interface, TC_H_MIN_INGRESS, &ingress);
	if (!error)
		error = count_filters(&netlink, interface, TC_H_MIN_EGRESS, &egress);
	netlink_close(&netlink);
	if (error || ingress || egress)
		return error;
	hook.attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS;
	return bpf_tc_hook_destroy(&hook);
}

/** Detaches. */
int bpf_hook_detach(uint32_t interface, bool made)
{
	struct bpf_tc_hook hook = HOOK_AT(interface);
	struct bpf_tc_opts place = PLACE;
	uint32_t present;
	int error = bpf_hook_find(interface, &present);

	/* Somebody else's, or the interface has gone. */
	if (error == -EEXIST || error == -ENODEV)
		return 0;
	if (!error && present)
		error = bpf_tc_detach(&hook, &place);
	if (!error && made)
		error = remove_unused(interface);
	return error;
}
